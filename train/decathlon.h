#pragma once
#include <filesystem>

#include "integrad/train/dataset.h"

namespace integrad {

/// A task of the Medical Segmentation Decathlon (Antonelli et al., Nature Communications 2022):
/// volumes imagesTr/NAME.nii or .nii.gz with labels of the same name in labelsTr. Where the task
/// has a dataset.json, its list of training images counts, and labels and modalities must be among
/// those that it names.
struct DecathlonOptions {
  std::int32_t axis = 2;      ///< slices are cut across x, y or z: 0, 1, 2
  std::int32_t modality = 0;  ///< of a 4-D volume
  std::int32_t label = 0;     ///< which label is sought; 0: any but the background
  /// Of all volumes a fifth, chosen by the seed, is for testing. True: those are not read; a
  /// quarter of the others tests settings instead.
  bool hold_out = false;
  bool foreground_only = false;  ///< leave out slices without the label
  std::uint64_t seed = 1;
  Index size = 0;  ///< of the slices, a side; 0: the largest extent, rounded up to a multiple of 32
};

/// True when the folder has the folders imagesTr and labelsTr.
bool is_decathlon(const std::filesystem::path& folder);

/// Slices in the order of their volumes' names, called NAME/0, NAME/1 ...: grey in three channels.
/// A volume's values between its 1st and its 99th percentile become 0 to 255 (as the device will
/// see them), each modality by itself. Slices lie in the middle of the square; one that is larger
/// is scaled down to fit. Volumes, not slices, are split. Throws Error naming the file: one that is
/// missing, damaged, of other extents than its label, a label that is no whole number, a modality
/// or axis that does not exist.
Dataset load_decathlon(const std::filesystem::path& folder, const DecathlonOptions& options = {});

}  // namespace integrad

#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "integrad/train/dataset.h"

namespace integrad {

/// A folder of image and mask files. Patterns are relative to the folder, with / between folders.
struct FolderOptions {
  /// Which files are images: * stands for any text without /, ** for any text. Only JPEG, PNG, PGM
  /// and PPM files are considered, and never one that is the mask or field of view of another.
  std::string image_pattern = "**";
  /// An image's mask: {dir} is its folder with the / after it (or nothing), {stem} its name without
  /// the extension.
  std::string mask_pattern = "{dir}{stem}_mask.png";
  /// Its field of view; the whole image where that file is missing.
  std::string field_of_view_pattern = "{dir}{stem}_fov.png";
  /// A mask is 1 where its value exceeds this, of 255.
  int mask_threshold = 127;
  /// Patterns of the names (path without extension) to test on. Empty: those called test_* or in a
  /// folder test; when there are none, the last `test_fraction` of the sorted names, rounded up.
  std::vector<std::string> test;
  double test_fraction = 0.2;
  /// Resized to this by box averages, masks at > 0.5; 0 keeps each image's size.
  Index height = 0, width = 0;
  ImageLimits limits;
};

/// True when the whole text fits the pattern (* and ** as above).
bool matches_pattern(std::string_view pattern, std::string_view text);

/// Samples in the order of their names, byte by byte. Throws Error naming the folder or the files:
/// no folder, no image in it, a missing mask, sizes that differ between an image and its mask, a
/// mask whose values all lie below the threshold without being 0, a test pattern that fits nothing.
Dataset load_folder(const std::filesystem::path& folder, const FolderOptions& options = {});

}  // namespace integrad

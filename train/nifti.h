#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "integrad/tensor/shape.h"

namespace integrad {

/// An image of a body as NIfTI-1 stores it (https://nifti.nimh.nih.gov/nifti-1): x varies fastest,
/// then y, z and the modality.
struct Volume {
  std::array<Index, 4> extents{};  ///< x, y, z and modalities; 1 modality in a 3-D file
  std::array<float, 3> spacing{};  ///< mm between voxels along x, y, z, as the file says
  std::vector<float> voxels;       ///< value * scl_slope + scl_inter

  float at(Index x, Index y, Index z, Index modality) const {
    const Index place = ((modality * extents[2] + z) * extents[1] + y) * extents[0] + x;
    return voxels[static_cast<std::size_t>(place)];
  }
};

struct VolumeLimits {
  std::uint64_t file_bytes = std::uint64_t{1} << 31;
  Index voxels = Index{1} << 28;
};

/// Reads .nii and .nii.gz with header and voxels in one file, 3-D or 4-D, of either byte order,
/// with integer voxels of 1 to 8 bytes or real ones of 4 or 8. As in other readers, scl_slope 0 or
/// not finite means unscaled. Throws Error, naming the file, the field and its value: every size is
/// checked before memory is taken for it, and compressed data is expanded no further than the
/// header announces. A voxel that is not finite is an error too.
Volume load_nifti(const std::filesystem::path& path, const VolumeLimits& limits = {});
/// The same for a file's bytes, compressed or not.
Volume decode_nifti(std::span<const std::uint8_t> bytes, const VolumeLimits& limits = {});

}  // namespace integrad

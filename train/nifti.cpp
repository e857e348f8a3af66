#include "integrad/train/nifti.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "integrad/tensor/files.h"
#include "integrad/train/gunzip.h"

namespace integrad {

namespace {

constexpr std::size_t kNiftiHeader = 348;
// Places of the header's fields, in bytes.
constexpr std::size_t kDim = 40, kDatatype = 70, kBitpix = 72, kPixdim = 76, kVoxOffset = 108,
                      kSlope = 112, kInter = 116, kMagic = 344;

template <class T>
T number_at(std::span<const std::uint8_t> bytes, std::size_t place, bool swapped) {
  std::array<std::uint8_t, sizeof(T)> raw;
  std::memcpy(raw.data(), bytes.data() + place, sizeof(T));
  if (swapped) std::ranges::reverse(raw);
  return std::bit_cast<T>(raw);
}

/// Voxels as the header announces them.
struct Announced {
  bool swapped;
  std::array<Index, 4> extents;
  std::array<float, 3> spacing;
  const struct VoxelType* type;
  Index voxel_bytes, voxels;
  std::uint64_t offset;
  double slope, inter;

  std::uint64_t file_bytes() const {
    return offset + static_cast<std::uint64_t>(voxels) * static_cast<std::uint64_t>(voxel_bytes);
  }
};

void read_extents(std::span<const std::uint8_t> header, const VolumeLimits& limits, Announced& a) {
  const auto dim = [&](std::size_t i) {
    return Index{number_at<std::int16_t>(header, kDim + 2 * i, a.swapped)};
  };
  const Index rank = dim(0);
  require(rank >= 3 && rank <= 7, "dim[0] is ", rank, "; a volume has 3 or 4 dimensions");
  a.extents.fill(1);
  a.voxels = 1;
  for (std::size_t i = 1; i <= static_cast<std::size_t>(rank); ++i) {
    const Index extent = dim(i);
    require(extent >= 1, "dim[", i, "] is ", extent, "; an extent is at least 1");
    require(i <= 4 || extent == 1, "dim[", i, "] is ", extent, "; a volume has 3 or 4 dimensions");
    require(extent <= limits.voxels / a.voxels, "the volume has more than ", limits.voxels,
            " voxels");
    a.voxels *= extent;
    if (i <= 4) a.extents[i - 1] = extent;
  }
}

template <class T>
void convert(const Announced& a, std::span<const std::uint8_t> bytes, std::vector<float>& voxels) {
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    const auto stored = number_at<T>(bytes, i * sizeof(T), a.swapped);
    voxels[i] = static_cast<float>(static_cast<double>(stored) * a.slope + a.inter);
    require(std::isfinite(voxels[i]), "voxel ", i, " is not a finite number");
  }
}

/// The format's datatypes that are numbers.
struct VoxelType {
  int datatype;
  Index bytes;
  void (*convert)(const Announced& a, std::span<const std::uint8_t> bytes,
                  std::vector<float>& voxels);
};
template <class T>
constexpr VoxelType voxel_type(int datatype) {
  return {datatype, Index{sizeof(T)}, convert<T>};
}
constexpr VoxelType kVoxelTypes[] = {
    voxel_type<std::uint8_t>(2),    voxel_type<std::int16_t>(4),    voxel_type<std::int32_t>(8),
    voxel_type<float>(16),          voxel_type<double>(64),         voxel_type<std::int8_t>(256),
    voxel_type<std::uint16_t>(512), voxel_type<std::uint32_t>(768), voxel_type<std::int64_t>(1024),
    voxel_type<std::uint64_t>(1280)};

const VoxelType& find_voxel_type(int datatype) {
  for (const VoxelType& type : kVoxelTypes)
    if (type.datatype == datatype) return type;
  fail("datatype ", datatype, " is not one of integers or real numbers");
}

Announced read_nifti_header(std::span<const std::uint8_t> header, const VolumeLimits& limits) {
  require(header.size() >= kNiftiHeader, "a NIfTI-1 header has ", kNiftiHeader,
          " bytes; the file has ", header.size());
  Announced a{};
  const auto size = number_at<std::int32_t>(header, 0, false);
  a.swapped = size != static_cast<std::int32_t>(kNiftiHeader);
  require(!a.swapped ||
              number_at<std::int32_t>(header, 0, true) == static_cast<std::int32_t>(kNiftiHeader),
          "this is no NIfTI-1 file: its first number is ", size, ", not ", kNiftiHeader);
  const std::string_view magic(reinterpret_cast<const char*>(header.data()) + kMagic, 4);
  require(magic != std::string_view("ni1\0", 4),
          "the voxels are in another file (a pair .hdr and .img); convert it to one .nii");
  require(magic == std::string_view("n+1\0", 4), "this is no NIfTI-1 file: its magic is not n+1");
  read_extents(header, limits, a);
  a.type = &find_voxel_type(number_at<std::int16_t>(header, kDatatype, a.swapped));
  a.voxel_bytes = a.type->bytes;
  const auto bits = number_at<std::int16_t>(header, kBitpix, a.swapped);
  require(bits == 8 * a.voxel_bytes, "bitpix is ", bits, "; datatype ", a.type->datatype, " has ",
          8 * a.voxel_bytes);
  const auto offset = number_at<float>(header, kVoxOffset, a.swapped);
  require(
      offset >= static_cast<float>(kNiftiHeader) && offset < 1e9f && offset == std::floor(offset),
      "vox_offset is ", offset, "; voxels begin at a whole byte behind the header's ",
      kNiftiHeader);
  a.offset = static_cast<std::uint64_t>(offset);
  for (std::size_t i = 0; i < 3; ++i)
    a.spacing[i] = number_at<float>(header, kPixdim + 4 * (i + 1), a.swapped);
  a.slope = static_cast<double>(number_at<float>(header, kSlope, a.swapped));
  a.inter = static_cast<double>(number_at<float>(header, kInter, a.swapped));
  if (a.slope == 0 || !std::isfinite(a.slope)) {
    a.slope = 1;
    a.inter = 0;
  }
  require(std::isfinite(a.inter), "scl_inter is not a number");
  return a;
}

}  // namespace

Volume decode_nifti(std::span<const std::uint8_t> bytes, const VolumeLimits& limits) {
  const bool compressed = is_gzip(bytes);
  std::vector<std::uint8_t> expanded;
  if (compressed) expanded = gunzip(bytes, kNiftiHeader, false);
  const Announced a =
      read_nifti_header(compressed ? std::span<const std::uint8_t>(expanded) : bytes, limits);
  if (compressed) {
    require(a.file_bytes() <= limits.file_bytes, "the header announces ", a.file_bytes(),
            " bytes; at most ", limits.file_bytes, " are read");
    // No deflated byte becomes more than 1032: memory is taken only for what may be there.
    require(a.file_bytes() / 1032 <= bytes.size(), "the header announces ", a.file_bytes(),
            " bytes; ", bytes.size(), " compressed ones cannot hold them");
    expanded = gunzip(bytes, a.file_bytes(), true);
    bytes = expanded;
  }
  require(bytes.size() >= a.file_bytes(), "the header announces ", a.file_bytes(),
          " bytes; the file has ", bytes.size());
  Volume volume{a.extents, a.spacing, std::vector<float>(static_cast<std::size_t>(a.voxels))};
  a.type->convert(a, bytes.subspan(a.offset), volume.voxels);
  return volume;
}

Volume load_nifti(const std::filesystem::path& path, const VolumeLimits& limits) {
  const auto bytes = read_file(path, limits.file_bytes);
  return with_context("volume '" + path.string() + "'",
                      [&] { return decode_nifti(bytes, limits); });
}

}  // namespace integrad

#include "integrad/train/nifti.h"

#include <doctest/doctest.h>

#include <limits>

#include "../support/nifti_file.h"
#include "../support/temporary_folder.h"
#include "integrad/tensor/error.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

/// 2 x 3 x 2 voxels of 0, 1, 2 ...
template <class T>
NiftiFile small(std::int16_t datatype, bool swapped = false) {
  NiftiFile file(swapped);
  file.dims({2, 3, 2});
  file.type(datatype, 8 * sizeof(T));
  std::vector<T> values;
  for (int i = 0; i < 12; ++i) values.push_back(static_cast<T>(i));
  file.voxels(values);
  return file;
}

template <class T>
void check_type(std::int16_t datatype) {
  CAPTURE(datatype);
  for (bool swapped : {false, true})
    for (bool compressed : {false, true}) {
      const NiftiFile file = small<T>(datatype, swapped);
      const Volume v = decode_nifti(compressed ? gzipped(file.bytes) : file.bytes);
      CHECK(v.extents == std::array<Index, 4>{2, 3, 2, 1});
      CHECK(v.spacing == std::array<float, 3>{0.5f, 1.0f, 1.5f});
      for (Index z = 0; z < 2; ++z)
        for (Index y = 0; y < 3; ++y)
          for (Index x = 0; x < 2; ++x)
            CHECK(v.at(x, y, z, 0) == static_cast<float>(6 * z + 2 * y + x));
    }
}

std::string refusal(const FileBytes& bytes, const VolumeLimits& limits = {}) {
  return message_of<Error>([&] { decode_nifti(bytes, limits); });
}
std::string refusal(const NiftiFile& file) {
  return refusal(file.bytes);
}

}  // namespace

TEST_CASE("volumes of every type, in both byte orders, compressed or not") {
  check_type<std::uint8_t>(2);
  check_type<std::int16_t>(4);
  check_type<std::int32_t>(8);
  check_type<float>(16);
  check_type<double>(64);
  check_type<std::int8_t>(256);
  check_type<std::uint16_t>(512);
  check_type<std::uint32_t>(768);
  check_type<std::int64_t>(1024);
  check_type<std::uint64_t>(1280);
}

TEST_CASE("the sign of a voxel is its type's") {
  NiftiFile file;
  file.dims({1, 1, 2});
  file.type(4, 16);
  file.voxels<std::int16_t>({-300, 300});
  CHECK(decode_nifti(file.bytes).voxels == std::vector<float>{-300, 300});
  file.type(512, 16);
  CHECK(decode_nifti(file.bytes).voxels == std::vector<float>{65236, 300});
}

TEST_CASE("modalities follow one another, and voxels are scaled") {
  NiftiFile file;
  file.dims({2, 1, 1, 3, 1, 1});
  file.type(2, 8);
  file.scale(0.5f, -1);
  file.voxels<std::uint8_t>({0, 1, 2, 3, 4, 5});
  const Volume v = decode_nifti(file.bytes);
  CHECK(v.extents == std::array<Index, 4>{2, 1, 1, 3});
  CHECK(v.at(0, 0, 0, 0) == -1);
  CHECK(v.at(1, 0, 0, 2) == 1.5f);
  for (const float unscaled : {0.0f, std::numeric_limits<float>::quiet_NaN()}) {
    file.scale(unscaled, 7);
    CHECK(decode_nifti(file.bytes).voxels[5] == 5);
  }
}

TEST_CASE("voxels may begin behind extensions of the header") {
  NiftiFile file = small<std::uint8_t>(2);
  file.put<float>(108, 368);
  file.bytes.insert(file.bytes.begin() + 352, 16, 99);
  CHECK(decode_nifti(file.bytes).voxels[11] == 11);
}

TEST_CASE("headers that lie are refused, with the field and its value") {
  CHECK(refusal(FileBytes(100)) == "a NIfTI-1 header has 348 bytes; the file has 100");
  CHECK(refusal(FileBytes(400)) == "this is no NIfTI-1 file: its first number is 0, not 348");
  const auto with = [](auto change) {
    NiftiFile file = small<std::uint8_t>(2);
    change(file);
    return refusal(file);
  };
  CHECK(with([](NiftiFile& f) { f.bytes[344] = 'x'; }) ==
        "this is no NIfTI-1 file: its magic is not n+1");
  CHECK(with([](NiftiFile& f) { f.bytes[345] = 'i'; }) ==
        "the voxels are in another file (a pair .hdr and .img); convert it to one .nii");
  CHECK(with([](NiftiFile& f) { f.put<std::int16_t>(40, 2); }) ==
        "dim[0] is 2; a volume has 3 or 4 dimensions");
  CHECK(with([](NiftiFile& f) { f.put<std::int16_t>(40, -1); }) ==
        "dim[0] is -1; a volume has 3 or 4 dimensions");
  CHECK(with([](NiftiFile& f) { f.put<std::int16_t>(44, 0); }) ==
        "dim[2] is 0; an extent is at least 1");
  CHECK(with([](NiftiFile& f) {
          f.dims({2, 3, 1, 1, 2});
        }) == "dim[5] is 2; a volume has 3 or 4 dimensions");
  CHECK(with([](NiftiFile& f) {
          f.dims({32767, 32767, 32767, 32767});
        }) == "the volume has more than 268435456 voxels");
  CHECK(with([](NiftiFile& f) { f.type(128, 24); }) ==
        "datatype 128 is not one of integers or real numbers");
  CHECK(with([](NiftiFile& f) { f.type(2, 16); }) == "bitpix is 16; datatype 2 has 8");
  for (const float offset : {0.0f, -352.0f, 352.5f, 1e30f, std::numeric_limits<float>::quiet_NaN()})
    CHECK(with([=](NiftiFile& f) { f.put<float>(108, offset); }).starts_with("vox_offset is "));
  CHECK(with([](NiftiFile& f) { f.bytes.pop_back(); }) ==
        "the header announces 364 bytes; the file has 363");
  CHECK(with([](NiftiFile& f) { f.scale(1, std::numeric_limits<float>::infinity()); }) ==
        "scl_inter is not a number");
  NiftiFile infinite = small<float>(16);
  infinite.put<float>(352 + 4 * 7, std::numeric_limits<float>::infinity());
  CHECK(refusal(infinite) == "voxel 7 is not a finite number");
}

TEST_CASE("compressed files that are cut, changed or lie are refused") {
  const FileBytes whole = gzipped(small<std::uint8_t>(2).bytes);
  for (std::size_t length = 2; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(
        refusal(FileBytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)))
            .empty());
  }
  FileBytes changed = whole;
  changed[changed.size() - 6] ^= 1;  // the checksum
  CHECK(refusal(changed) == "the gzip data is damaged (incorrect data check)");
  NiftiFile longer = small<std::uint8_t>(2);
  longer.bytes.resize(1 << 20);
  CHECK(refusal(gzipped(longer.bytes)) ==
        "the gzip data holds more than the 364 bytes that its header announces");
  NiftiFile large = small<std::uint8_t>(2);
  large.dims({600, 600, 600});
  const std::string message = refusal(gzipped(large.bytes));
  CHECK(message.find("compressed ones cannot hold them") != std::string::npos);
  VolumeLimits few;
  few.file_bytes = 100;
  CHECK(refusal(whole, few) == "the header announces 364 bytes; at most 100 are read");
  few.voxels = 11;
  CHECK(refusal(whole, few) == "the volume has more than 11 voxels");
}

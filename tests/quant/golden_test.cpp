#include "integrad/quant/golden.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "../support/kernel_cases.h"

#include "integrad/tensor/error.h"

using namespace integrad;
namespace fs = std::filesystem;

namespace {

const fs::path kGolden = fs::path(INTEGRAD_SOURCE_DIR) / "tests/golden";

/// A folder of this process's own that goes with the test.
class ScratchFolder {
 public:
  ScratchFolder() : path_(fs::temp_directory_path() / ("golden_test_" + std::to_string(getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void copy_operator(const std::string& op, const fs::path& to) {
  for (const char* extension : {".idx", ".bin"})
    fs::copy_file(kGolden / (op + extension), to / (op + extension));
}

/// The message of the Error that running `folder` throws; empty when it throws none.
std::string error_of(const fs::path& folder) {
  try {
    run_golden(folder);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

// (10, -20, 29, 127) * (2, 2, -3, 127) at scale 1/4.
const std::string kIndex =
    "GOLDEN 1 mul_s8 mul_s8.bin\n"
    "case small raw,upshift\n"
    "p zp1 0\n"
    "p zp2 0\n"
    "p out_zp 0\n"
    "p mult_out 1073741824\n"
    "p shift_out -1\n"
    "p act_min -128\n"
    "p act_max 127\n"
    "f scale1 0x1p-1\n"
    "f scale2 0x1p-1\n"
    "f scale_out 0x1p+0\n"
    "t input1 i8 1 4 0\n"
    "t input2 i8 1 4 4\n"
    "t out_double i8 1 4 8\n"
    "p single_equals_double 1\n"
    "end\n"
    "eof 1 12\n";
// Not straight from numbers: char is unsigned on Arm.
constexpr std::array<std::int8_t, 12> kCodes{10, -20, 29, 127, 2, 2, -3, 127, 5, -10, -22, 127};
const std::string kBinary(kCodes.begin(), kCodes.end());

}  // namespace

TEST_CASE("every recorded output is matched, byte for byte, in both roundings") {
  const GoldenReport report = run_golden(kGolden);
  CHECK(report.operators.size() == 17);
  CHECK(report.cases() == 1783);
  CHECK(report.compared_bytes() > 2'000'000);
  INFO(to_string(report));
  for (const GoldenOperatorReport& each : report.operators) {
    CAPTURE(each.op);
    CHECK(each.compared_bytes > 0);
    CHECK(each.differences == 0);
    CHECK(each.derivation_differences == 0);
    CHECK(each.refusals.empty());
  }
  CHECK(report.differences() == 0);
  const GoldenReport single = run_golden(kGolden, INTEGRAD_ROUNDING_SINGLE);
  CHECK(single.compared_bytes() == report.compared_bytes() / 2);
}

TEST_CASE("the host's kernels match the recorded outputs in every instruction set") {
  const testing::Settings settings;
  for (const Isa each : available_isas()) {
    CAPTURE(name(each));
    set_isa(each);
    const GoldenReport report = run_golden(kGolden, std::nullopt, GoldenKernels::host);
    INFO(to_string(report));
    CHECK(report.differences() == 0);
    for (const GoldenOperatorReport& op : report.operators) {
      const bool has_kernels =
          op.op == "conv_s8" || op.op == "conv1x1_s8" || op.op == "dwconv_s8" || op.op == "add_s8";
      CAPTURE(op.op);
      // Groups and depth multipliers stay with the portable kernels.
      CHECK((op.host_bytes > op.compared_bytes / 4) == (has_kernels && each != Isa::baseline));
    }
  }
}

TEST_CASE("a corrupted output is reported with its place and values") {
  ScratchFolder scratch;
  copy_operator("maxpool_s8", scratch.path());
  const fs::path binary = scratch.path() / "maxpool_s8.bin";
  std::string bytes = read(binary);
  const std::size_t place = 1144 + 17;  // element 17 of the first case's output
  const int before = static_cast<signed char>(bytes[place]);
  bytes[place] = static_cast<char>(before ^ 1);
  write(binary, bytes);
  const GoldenReport report = run_golden(scratch.path());
  REQUIRE(report.operators.size() == 1);
  const GoldenOperatorReport& pool = report.operators[0];
  CHECK(pool.differences == 2);  // once in each rounding
  REQUIRE(pool.first_difference.has_value());
  CHECK(pool.first_difference->case_name == "maxpool_s8_0000");
  CHECK(pool.first_difference->what == "output, double rounding");
  CHECK(pool.first_difference->position == 17);
  CHECK(pool.first_difference->expected == std::to_string(before ^ 1));
  CHECK(pool.first_difference->actual == std::to_string(before));
  CHECK(to_string(report).find("case 'maxpool_s8_0000'") != std::string::npos);
}

TEST_CASE("a multiplier that does not follow from its scales is reported") {
  ScratchFolder scratch;
  copy_operator("add_s8", scratch.path());
  const fs::path index = scratch.path() / "add_s8.idx";
  write(index, replaced(read(index), "p mult2 1991295788", "p mult2 1991295789"));
  const GoldenReport report = run_golden(scratch.path(), INTEGRAD_ROUNDING_DOUBLE);
  CHECK(report.operators[0].derivation_differences == 1);
  REQUIRE(report.operators[0].first_difference.has_value());
  CHECK(report.operators[0].first_difference->actual == "1991295788");
}

TEST_CASE("scales outside the contract refuse the derivation and are named") {
  ScratchFolder scratch;
  write(scratch.path() / "mul_s8.bin", kBinary);
  write(scratch.path() / "mul_s8.idx",
        replaced(kIndex, "f scale_out 0x1p+0", "f scale_out 0x1p-40"));
  const GoldenReport report = run_golden(scratch.path());
  CHECK(report.differences() == 0);
  REQUIRE(report.refusals() == 1);
  CHECK(report.operators[0].refusals[0].case_name == "small");
  CHECK(report.operators[0].refusals[0].reason.find("must be below 2^30") != std::string::npos);
  CHECK(to_string(report).find("refused: case 'small'") != std::string::npos);
}

TEST_CASE("broken index files are refused with the file, the line and the reason") {
  struct Broken {
    const char *from, *to, *where, *reason;
  };
  const Broken cases[] = {
      {"GOLDEN 1 mul_s8 mul_s8.bin\n", "", ".idx:1: ", "begins with 'GOLDEN"},
      {"GOLDEN 1", "GOLDEN 2", ".idx:1: ", "version must be 1; got 2"},
      {"GOLDEN 1 mul_s8", "GOLDEN 1 add_s8", ".idx:1: ", "differs from the file's name"},
      {"mul_s8.bin", "../mul_s8.bin", ".idx:1: ", "the binary file must be 'mul_s8.bin'"},
      {"case small raw", "case small", ".idx:2: ", "expected 'case <name> <tags>'"},
      {"p zp1 0", "p zp1 0x", ".idx:3: ", "'0x' is not a 64-bit decimal integer"},
      {"p zp1 0", "p zp1 99999999999999999999", ".idx:3: ", "is not a 64-bit decimal integer"},
      {"p zp1 0", "p zp1  0", ".idx:3: ", "separated by one space"},
      {"p zp1 0", "q zp1 0", ".idx:3: ", "expected p, f, t or end; got 'q'"},
      {"p zp2 0", "p zp1 0", ".idx:4: ", "'zp1' is given twice"},
      {"0x1p-1", "0.5", ".idx:10: ", "'0.5' is not a C hexadecimal floating-point number"},
      {"0x1p-1", "0x1p99999", ".idx:10: ", "is not a C hexadecimal floating-point number"},
      {"i8 1 4 0", "i9 1 4 0", ".idx:13: ", "'i9' is no element type"},
      {"i8 1 4 0", "i8 5 4 0", ".idx:13: ", "1 to 4 extents; got 5"},
      {"i8 1 4 0", "i8 1 -4 0", ".idx:13: ", "an extent must be at least 1; got -4"},
      {"i8 1 4 0", "i8 1 4 2", ".idx:13: ", "an offset is a multiple of 4; got 2"},
      {"i8 1 4 0", "i8 1 4 -4", ".idx:13: ", "an offset is a multiple of 4; got -4"},
      {"i8 1 4 0", "i8 1 4 12", ".idx:13: ", "leaves the binary file's 12 bytes"},
      {"i8 1 4 0", "i8 1 4 9223372036854775804", ".idx:13: ", "leaves the binary file's 12 bytes"},
      {"i8 1 4 0", "i8 1 13 0", ".idx:13: ", "larger than the binary file's 12 bytes"},
      {"i8 1 4 0", "i32 4 65536 65536 65536 65536 0", ".idx:13: ", "larger than the binary file's"},
      {"i8 1 4 0", "i32 2 4611686018427387904 4 0", ".idx:13: ", "larger than the binary file's"},
      {"end\n", "", ".idx:17: ", "expected p, f, t or end; got 'eof'"},
      {"eof 1 12\n", "", ".idx:18: ", "ends before its 'eof' line"},
      {"eof 1 12\n", "eof 1 12", ".idx:18: ", "the last line is cut off"},
      {"eof 1 12", "eof 2 12", ".idx:18: ", "holds 1 cases; its last line says 2"},
      {"eof 1 12", "eof 1 16", ".idx:18: ", "has 12 bytes; the index says 16"},
      {"eof 1 12\n", "eof 1 12\n\n", ".idx:18: ", "text after the 'eof' line"},
      // Well formed, but no case of this operator.
      {"p zp1 0\n", "", ".idx:2: ", "case 'small': integer 'zp1' is missing"},
      {"p zp1 0", "p zp1 128", ".idx:2: ", "case 'small': 'zp1' must be in [-128, 127]; got 128"},
      {"p shift_out -1", "p shift_out 31", ".idx:2: ", "'shift_out' must be in [-31, 30]; got 31"},
      {"0x1p-1", "0x1.00000001p-1", ".idx:2: ", "'scale1' must be a float32"},
      {"t out_double i8", "t out_other i8", ".idx:2: ", "tensor 'out_double' is missing"},
      {"i8 1 4 4", "i32 1 1 4", ".idx:2: ", "tensor 'input2' must hold i8; it holds i32"},
      {"i8 1 4 4", "i8 1 3 4", ".idx:2: ", "the inputs must have"},
  };
  ScratchFolder scratch;
  write(scratch.path() / "mul_s8.bin", kBinary);
  write(scratch.path() / "mul_s8.idx", kIndex);
  const GoldenReport report = run_golden(scratch.path());
  INFO(to_string(report));
  CHECK(report.differences() == 0);
  CHECK(report.compared_bytes() == 8);
  for (const Broken& broken : cases) {
    CAPTURE(broken.to);
    write(scratch.path() / "mul_s8.idx", replaced(kIndex, broken.from, broken.to));
    const std::string message = error_of(scratch.path());
    CAPTURE(message);
    CHECK(message.starts_with((scratch.path() / "mul_s8").string() + broken.where));
    CHECK(message.find(broken.reason) != std::string::npos);
  }
}

TEST_CASE("a case whose geometry would leave its tensors is refused") {
  struct Broken {
    const char *op, *from, *to;
  };
  const Broken cases[] = {
      {"conv_s8", "p stride_h 1", "p stride_h 0"},
      {"conv_s8", "p pad_left 2", "p pad_left -1"},
      {"conv_s8", "p groups 1", "p groups 3"},
      {"conv_s8", "t filter i8 4 8 1 5 4", "t filter i8 4 8 1 5 3"},
      {"conv_s8", "t mult i32 1 8", "t mult i32 1 7"},
      {"conv_s8", "t bias i32 1 8", "t bias i32 1 7"},
      {"dwconv_s8", "p depth_mult 1", "p depth_mult 2"},
      {"tconv_s8", "t input i8 4 1 4 3 17", "t input i8 4 1 4 3 16"},
      {"fc_s8", "t filter i8 2 3 1", "t filter i8 2 1 3"},
      {"maxpool_s8", "p pad_top 0", "p pad_top 3"},
      {"maxpool_s8", "p stride_h 3", "p stride_h 9"},
      {"avgpool_s8", "p kernel_h 3", "p kernel_h 0"},
      {"softmax_s8", "p in_left_shift 23", "p in_left_shift 29"},
      {"add_s8", "p left_shift 20", "p left_shift 40"},
      {"resize_nearest_s8", "p half_pixel 0", "p half_pixel 2"},
  };
  for (const Broken& broken : cases) {
    CAPTURE(broken.op);
    CAPTURE(broken.to);
    ScratchFolder scratch;
    copy_operator(broken.op, scratch.path());
    const fs::path index = scratch.path() / (std::string(broken.op) + ".idx");
    write(index, replaced(read(index), broken.from, broken.to));
    const std::string message = error_of(scratch.path());
    CAPTURE(message);
    CHECK(message.find(std::string(broken.op) + ".idx:2: case '" + broken.op + "_0000': ") !=
          std::string::npos);
  }
}

TEST_CASE("folders without vectors, unknown operators and lost binary files are named") {
  ScratchFolder scratch;
  CHECK(error_of(scratch.path() / "none").find("none: cannot be read") != std::string::npos);
  CHECK(error_of(scratch.path()).find("holds no golden vectors") != std::string::npos);
  write(scratch.path() / "mul_s8.idx", kIndex);
  CHECK(error_of(scratch.path()).find("mul_s8.bin: cannot be read") != std::string::npos);
  write(scratch.path() / "convolve.idx", "GOLDEN 1 convolve convolve.bin\neof 0 0\n");
  CHECK(error_of(scratch.path()).find("no operator is called 'convolve'") != std::string::npos);
}

TEST_CASE("the DSP kernels match every recorded output they have a kernel for") {
  const GoldenReport report = run_golden(kGolden, std::nullopt, GoldenKernels::dsp);
  const GoldenReport portable = run_golden(kGolden);
  INFO(to_string(report));
  REQUIRE(report.operators.size() == 5);
  for (const GoldenOperatorReport& each : report.operators) {
    CAPTURE(each.op);
    CHECK(each.cases > 0);
    CHECK(each.differences == 0);
    for (const GoldenOperatorReport& other : portable.operators)
      if (other.op == each.op) CHECK(each.compared_bytes == other.compared_bytes);
  }
}

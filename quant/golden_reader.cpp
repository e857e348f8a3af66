#include "integrad/quant/golden_reader.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <system_error>

#include "integrad/tensor/error.h"

namespace integrad {
namespace {

static_assert(std::endian::native == std::endian::little, "the arrays are copied as they are");

// Far above any real set; a file beyond it is not read.
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30;

std::size_t element_size(GoldenType type) {
  switch (type) {
    case GoldenType::int8:
      return 1;
    case GoldenType::int32:
    case GoldenType::float32:
      return 4;
    case GoldenType::float64:
      return 8;
  }
  return 0;
}

const char* type_name(GoldenType type) {
  switch (type) {
    case GoldenType::int8:
      return "i8";
    case GoldenType::int32:
      return "i32";
    case GoldenType::float32:
      return "f32";
    case GoldenType::float64:
      return "f64";
  }
  return "";
}

template <class T>
constexpr GoldenType type_of() {
  if constexpr (std::is_same_v<T, std::int8_t>) return GoldenType::int8;
  if constexpr (std::is_same_v<T, std::int32_t>) return GoldenType::int32;
  if constexpr (std::is_same_v<T, float>) return GoldenType::float32;
  if constexpr (std::is_same_v<T, double>) return GoldenType::float64;
}

template <class Element>
std::vector<Element> read_file(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  require(!error, path.string(), ": cannot be read: ", error.message());
  require(size <= kMaxFileBytes, path.string(), ": at most ", kMaxFileBytes,
          " bytes are read; it has ", size);
  std::vector<Element> bytes(static_cast<std::size_t>(size));
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  require(in.good() && in.gcount() == static_cast<std::streamsize>(size), path.string(),
          ": cannot be read");
  return bytes;
}

/// Reads an index line by line; its errors name the line.
class IndexParser {
 public:
  explicit IndexParser(const std::filesystem::path& path)
      : path_(path), file_(path.string()), text_(read_file<char>(path)) {}

  GoldenFile parse();

 private:
  template <class... Parts>
  void check(bool ok, const Parts&... parts) const {
    require(ok, file_, ":", line_, ": ", parts...);
  }

  /// Splits the next line at its spaces.
  void next_line();
  void expect_fields(std::size_t count, std::string_view form) const {
    check(fields_.size() == count, "expected '", form, "'; got ", fields_.size(), " fields");
  }
  std::int64_t integer(std::string_view text) const;
  double real(std::string_view text) const;
  void header();
  GoldenCase read_case();
  GoldenTensor tensor() const;

  std::filesystem::path path_;
  std::string file_;
  std::vector<char> text_;
  std::size_t position_ = 0, line_ = 0;
  std::vector<std::string_view> fields_;
  std::string op_;
  std::shared_ptr<const std::vector<std::byte>> bytes_;
};

void IndexParser::next_line() {
  ++line_;
  check(position_ < text_.size(), "the file ends before its 'eof' line");
  const std::string_view rest(text_.data() + position_, text_.size() - position_);
  const std::size_t length = rest.find('\n');
  check(length != std::string_view::npos, "the last line is cut off");
  position_ += length + 1;
  fields_.clear();
  std::string_view line = rest.substr(0, length);
  while (true) {
    const std::size_t end = line.find(' ');
    fields_.push_back(line.substr(0, end));
    check(!fields_.back().empty(), "fields are separated by one space");
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

std::int64_t IndexParser::integer(std::string_view text) const {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc{} && end == text.data() + text.size(), "'", text,
        "' is not a 64-bit decimal integer");
  return value;
}

double IndexParser::real(std::string_view text) const {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  double value = 0;
  bool ok = digits.starts_with("0x");
  if (ok) {
    digits.remove_prefix(2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                              std::chars_format::hex);
    ok = !digits.starts_with('-') && error == std::errc{} && end == digits.data() + digits.size() &&
         std::isfinite(value);
  }
  check(ok, "'", text, "' is not a C hexadecimal floating-point number");
  return negative ? -value : value;
}

GoldenTensor IndexParser::tensor() const {
  check(fields_.size() >= 4, "expected 't <key> <type> <rank> <extents...> <offset>'");
  GoldenTensor result{};
  bool known = false;
  for (const GoldenType type :
       {GoldenType::int8, GoldenType::int32, GoldenType::float32, GoldenType::float64})
    if (fields_[2] == type_name(type)) {
      result.type = type;
      known = true;
    }
  check(known, "'", fields_[2], "' is no element type; expected i8, i32, f32 or f64");
  const std::int64_t rank = integer(fields_[3]);
  check(rank >= 1 && rank <= Shape::kMaxRank, "a tensor has 1 to ", Shape::kMaxRank,
        " extents; got ", rank);
  expect_fields(static_cast<std::size_t>(rank) + 5, "t <key> <type> <rank> <extents...> <offset>");
  // One extent after the other: the product stays below the file's size, so it cannot overflow.
  const std::size_t available = bytes_->size() / element_size(result.type);
  std::size_t elements = 1;
  std::vector<Index> extents;
  for (std::int64_t axis = 0; axis < rank; ++axis) {
    const std::int64_t extent = integer(fields_[static_cast<std::size_t>(axis) + 4]);
    check(extent >= 1, "an extent must be at least 1; got ", extent);
    check(static_cast<std::uint64_t>(extent) <= available / elements, "tensor '", fields_[1],
          "' is larger than the binary file's ", bytes_->size(), " bytes");
    elements *= static_cast<std::size_t>(extent);
    extents.push_back(extent);
  }
  const std::int64_t offset = integer(fields_.back());
  const std::size_t size = elements * element_size(result.type);
  check(offset >= 0 && offset % 4 == 0, "an offset is a multiple of 4; got ", offset);
  check(static_cast<std::uint64_t>(offset) <= bytes_->size() - size, "tensor '", fields_[1],
        "' of ", size, " bytes at offset ", offset, " leaves the binary file's ", bytes_->size(),
        " bytes");
  result.shape = Shape(extents);
  result.offset = static_cast<std::size_t>(offset);
  return result;
}

void IndexParser::header() {
  next_line();
  check(fields_[0] == "GOLDEN", "an index begins with 'GOLDEN 1 <op> <binfile>'");
  expect_fields(4, "GOLDEN 1 <op> <binfile>");
  check(fields_[1] == "1", "the format's version must be 1; got ", fields_[1]);
  op_ = fields_[2];
  check(op_ == path_.stem().string(), "the operator '", op_, "' differs from the file's name");
  check(fields_[3] == op_ + ".bin", "the binary file must be '", op_, ".bin'; got '", fields_[3],
        "'");
  bytes_ = std::make_shared<const std::vector<std::byte>>(
      read_file<std::byte>(path_.parent_path() / (op_ + ".bin")));
}

GoldenCase IndexParser::read_case() {
  expect_fields(3, "case <name> <tags>");
  GoldenCase result(file_, line_, std::string(fields_[1]), bytes_);
  while (true) {
    next_line();
    if (fields_[0] == "end") {
      expect_fields(1, "end");
      return result;
    }
    bool added = false;
    if (fields_[0] == "p") {
      expect_fields(3, "p <key> <integer>");
      added = result.add(std::string(fields_[1]), integer(fields_[2]));
    } else if (fields_[0] == "f") {
      expect_fields(3, "f <key> <hex float>");
      added = result.add(std::string(fields_[1]), real(fields_[2]));
    } else {
      check(fields_[0] == "t", "expected p, f, t or end; got '", fields_[0], "'");
      const GoldenTensor value = tensor();
      added = result.add(std::string(fields_[1]), value);
    }
    check(added, "'", fields_[1], "' is given twice");
  }
}

GoldenFile IndexParser::parse() {
  header();
  GoldenFile result{op_, {}};
  while (true) {
    next_line();
    if (fields_[0] == "eof") break;
    check(fields_[0] == "case", "expected case or eof; got '", fields_[0], "'");
    result.cases.push_back(read_case());
  }
  expect_fields(3, "eof <cases> <bytes>");
  const std::int64_t cases = integer(fields_[1]), size = integer(fields_[2]);
  check(std::cmp_equal(cases, result.cases.size()), "the index holds ", result.cases.size(),
        " cases; its last line says ", cases);
  check(std::cmp_equal(size, bytes_->size()), "the binary file has ", bytes_->size(),
        " bytes; the index says ", size);
  check(position_ == text_.size(), "text after the 'eof' line");
  return result;
}

}  // namespace

std::string GoldenCase::where() const {
  return file_ + ":" + std::to_string(line_) + ": case '" + name_ + "': ";
}

bool GoldenCase::has(std::string_view key) const {
  return integers_.contains(key) || reals_.contains(key) || tensors_.contains(key);
}

bool GoldenCase::add(std::string key, std::int64_t value) {
  return !has(key) && integers_.emplace(std::move(key), value).second;
}
bool GoldenCase::add(std::string key, double value) {
  return !has(key) && reals_.emplace(std::move(key), value).second;
}
bool GoldenCase::add(std::string key, GoldenTensor tensor) {
  return !has(key) && tensors_.emplace(std::move(key), tensor).second;
}

std::int64_t GoldenCase::integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  const auto found = integers_.find(key);
  require(found != integers_.end(), "integer '", key, "' is missing");
  require(found->second >= low && found->second <= high, "'", key, "' must be in [", low, ", ",
          high, "]; got ", found->second);
  return found->second;
}

std::int32_t GoldenCase::int32(std::string_view key, std::int32_t low, std::int32_t high) const {
  return static_cast<std::int32_t>(integer(key, low, high));
}

double GoldenCase::real(std::string_view key) const {
  const auto found = reals_.find(key);
  require(found != reals_.end(), "number '", key, "' is missing");
  return found->second;
}

float GoldenCase::real32(std::string_view key) const {
  const double value = real(key);
  require(std::fabs(value) <= 3.4028234663852886e38 &&
              static_cast<double>(static_cast<float>(value)) == value,
          "'", key, "' must be a float32; got ", value);
  return static_cast<float>(value);
}

template <class T>
GoldenArray<T> GoldenCase::tensor(std::string_view key, int rank) const {
  const auto found = tensors_.find(key);
  require(found != tensors_.end(), "tensor '", key, "' is missing");
  const GoldenTensor& tensor = found->second;
  require(tensor.type == type_of<T>(), "tensor '", key, "' must hold ", type_name(type_of<T>()),
          "; it holds ", type_name(tensor.type));
  require(rank == 0 || tensor.shape.rank() == rank, "tensor '", key, "' must have ", rank,
          " extents; it is ", tensor.shape);
  GoldenArray<T> result{tensor.shape,
                        std::vector<T>(static_cast<std::size_t>(tensor.shape.elements()))};
  std::memcpy(result.values.data(), bytes_->data() + tensor.offset,
              result.values.size() * sizeof(T));
  return result;
}

template GoldenArray<std::int8_t> GoldenCase::tensor(std::string_view, int) const;
template GoldenArray<std::int32_t> GoldenCase::tensor(std::string_view, int) const;
template GoldenArray<float> GoldenCase::tensor(std::string_view, int) const;
template GoldenArray<double> GoldenCase::tensor(std::string_view, int) const;

GoldenFile read_golden(const std::filesystem::path& index) {
  return IndexParser(index).parse();
}

}  // namespace integrad

#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "integrad/tensor/shape.h"

/// Golden vectors: inputs and outputs of the real microcontroller kernels, one pair of files for
/// each operator, `<op>.idx` (text) and `<op>.bin` (little-endian arrays). The grammar of an index:
///
///     GOLDEN 1 <op> <binfile>
///     case <name> <tag[,tag...]>
///     p <key> <int64>
///     f <key> <C hex float>
///     t <key> i8|i32|f32|f64 <rank> <extents...> <byte offset>
///     end
///     eof <cases> <bytes of the .bin>
namespace integrad {

enum class GoldenType { int8, int32, float32, float64 };

/// A tensor's place in the binary file; the bytes have been checked to exist.
struct GoldenTensor {
  GoldenType type;
  Shape shape;
  std::size_t offset;
};

/// A tensor's elements, copied out of the file.
template <class T>
struct GoldenArray {
  Shape shape;
  std::vector<T> values;
};

/// One recorded call of a kernel. Whatever is asked for and is missing, of another type or outside
/// the given range is an Error.
class GoldenCase {
 public:
  GoldenCase(std::string file, std::size_t line, std::string name,
             std::shared_ptr<const std::vector<std::byte>> bytes)
      : file_(std::move(file)), line_(line), name_(std::move(name)), bytes_(std::move(bytes)) {}

  const std::string& name() const { return name_; }
  bool has(std::string_view key) const;
  /// An integer parameter within [low, high].
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high) const;
  /// The same, as int32.
  std::int32_t int32(std::string_view key, std::int32_t low = INT32_MIN,
                     std::int32_t high = INT32_MAX) const;
  double real(std::string_view key) const;
  /// A real parameter that float32 holds exactly.
  float real32(std::string_view key) const;
  /// T: int8_t, int32_t, float or double. `rank` 0 accepts any.
  template <class T>
  GoldenArray<T> tensor(std::string_view key, int rank = 0) const;

  /// "<file>:<line>: case '<name>': ", the line where the case begins: what run_golden puts before
  /// the message of an Error about the case.
  std::string where() const;

  // For the reader; false when the key is taken.
  bool add(std::string key, std::int64_t value);
  bool add(std::string key, double value);
  bool add(std::string key, GoldenTensor tensor);

 private:
  std::string file_;
  std::size_t line_;
  std::string name_;
  std::shared_ptr<const std::vector<std::byte>> bytes_;
  std::map<std::string, std::int64_t, std::less<>> integers_;
  std::map<std::string, double, std::less<>> reals_;
  std::map<std::string, GoldenTensor, std::less<>> tensors_;
};

struct GoldenFile {
  std::string op;
  std::vector<GoldenCase> cases;
};

/// Reads `<op>.idx` and the `<op>.bin` beside it. Throws Error naming file and line for anything
/// that breaks the grammar: a bad number, a key given twice, a tensor that leaves the binary file,
/// a count or size that differs from the last line's, a missing `eof`.
GoldenFile read_golden(const std::filesystem::path& index);

}  // namespace integrad

#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "integrad/tensor/tensor.h"

namespace integrad {

/// A tensor of any element type the format shares with this library: F32, F64, I8, U8, I32, I64.
using AnyTensor = std::variant<Tensor<float>, Tensor<double>, Tensor<std::int8_t>,
                               Tensor<std::uint8_t>, Tensor<std::int32_t>, Tensor<std::int64_t>>;

struct NamedTensor {
  std::string name;
  AnyTensor value;
};

/// The content of a safetensors file (github.com/huggingface/safetensors, "Format"): a 64-bit
/// little-endian header length, a JSON header {name: {dtype, shape, data_offsets}, "__metadata__":
/// {string: string}}, and the tensors' bytes, without gaps. Nothing in it is executed.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;

  void add(std::string name, AnyTensor value) {
    tensors.push_back({std::move(name), std::move(value)});
  }
  /// Null when there is no tensor of this name.
  const AnyTensor* find(std::string_view name) const;
  /// Throws Error naming the tensor when it is missing or of another element type.
  template <class T>
  const Tensor<T>& get(std::string_view name) const {
    const AnyTensor* found = find(name);
    require(found != nullptr, "tensor '", name, "' is missing");
    const Tensor<T>* typed = std::get_if<Tensor<T>>(found);
    require(typed != nullptr, "tensor '", name, "' has another element type");
    return *typed;
  }
};

/// The same content gives the same bytes: metadata sorted by key; tensors in their order, those
/// with wider elements first, so that each one is aligned to its element; the header padded with
/// spaces to a multiple of 8. Throws Error for a repeated or reserved name, a tensor that was never
/// made, or text that is not UTF-8.
std::vector<std::uint8_t> encode_safetensors(const TensorFile& file);
/// Tensors come back in the order of their data. The bytes may be hostile: throws Error naming the
/// tensor and the rule for a header beyond the file or 4 MiB, faulty or repeated JSON keys,
/// unknown dtypes, more than four extents, sizes that overflow or disagree, and offsets that
/// overlap, leave gaps or lie outside; every byte of the data belongs to one tensor.
TensorFile decode_safetensors(std::span<const std::uint8_t> bytes);

/// Written beside and renamed. Errors name the file.
void save_safetensors(const std::filesystem::path& path, const TensorFile& file);
TensorFile load_safetensors(const std::filesystem::path& path,
                            std::uint64_t max_bytes = std::uint64_t{1} << 33);

}  // namespace integrad

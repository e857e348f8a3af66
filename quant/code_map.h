#pragma once
#include <cstdint>
#include <memory>

#include "integrad/autograd/tape.h"
#include "integrad/quant/quantization.h"
#include "integrad/tensor/kernels/batch_norm.h"

namespace integrad {

/// A value on a tape that memory holds as codes: scale * (code - zero_point).
class CodeMap final : public Encoded<float> {
 public:
  CodeMap(Tensor<std::int8_t> codes, const Quantization& quantization)
      : codes_(std::move(codes)), quantization_(quantization) {}
  const Shape& shape() const override { return codes_.shape(); }
  Tensor<float> decode() const override;

  const Tensor<std::int8_t>& codes() const { return codes_; }
  const Quantization& quantization() const { return quantization_; }

 private:
  Tensor<std::int8_t> codes_;
  Quantization quantization_;
};

/// The codes of x: those that memory holds, or those of a value that is an exact multiple of the
/// scale.
std::shared_ptr<const CodeMap> code_map(const Tape<float>& tape, Var x,
                                        const Quantization& quantization);

/// Which values of a map pass a gradient, one bit each; a line of the map (kernels::Lines) begins
/// with a byte of its own.
class Passes {
 public:
  Passes() = default;
  explicit Passes(const Shape& shape)
      : lines_(kernels::Lines::of(shape)),
        bytes_((lines_.size() + 7) / 8),
        bits_(Tensor<std::uint8_t>::uninitialized(Shape{lines_.count, bytes_})) {}
  const kernels::Lines& lines() const { return lines_; }
  std::uint8_t* line(Index line) { return bits_.data() + line * bytes_; }
  const std::uint8_t* line(Index line) const { return bits_.data() + line * bytes_; }
  /// The cotangent where it passes, else 0; `into` may be the cotangent.
  void mask(const Tensor<float>& cotangent, Tensor<float>& into) const;

 private:
  kernels::Lines lines_{};
  Index bytes_ = 0;
  Tensor<std::uint8_t> bits_;
};

}  // namespace integrad

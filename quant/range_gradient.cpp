#include "integrad/quant/range_gradient.h"

#include <vector>

#include "integrad/tensor/kernels/rows.h"

namespace integrad {

RoundingErrors::RoundingErrors(const Shape& shape, Activation activation)
    : lines_(kernels::Lines::of(shape)),
      activated_(activation != Activation::none),
      errors_(Tensor<std::int8_t>::uninitialized(shape)) {}

RangeGradient RoundingErrors::gradient(const Tensor<float>& cotangent, const CodeMap& map,
                                       const Passes& passes) const {
  struct Sums {
    double error = 0, top = 0, bottom = 0;
  };
  std::vector<Sums> sums(static_cast<std::size_t>(lines_.count));
  const bool all_pass = passes.lines().count == 0;
  kernels::parallel_rows(lines_.count, lines_.size(), [&](Index line) {
    const Index at = line * lines_.size();
    const std::int8_t *const codes = map.codes().data() + at, *const errors = errors_.data() + at;
    const float* const d = cotangent.data() + at;
    const std::uint8_t* const bits = all_pass ? nullptr : passes.line(line);
    Sums mine;
    for (Index i = 0; i < lines_.size(); ++i) {
      const auto di = static_cast<double>(d[i]);
      if (bits == nullptr || (bits[i / 8] >> (i % 8) & 1) != 0)
        mine.error += di * static_cast<double>(errors[i]);
      else if (codes[i] == 127)
        mine.top += di;
      else if (codes[i] == -128 && !activated_)
        mine.bottom += di;
    }
    sums[static_cast<std::size_t>(line)] = mine;
  });
  RangeGradient result;
  for (const Sums& line : sums) {
    const double error = line.error / (static_cast<double>(kUnits) * 255);
    result.low += line.bottom - error;
    result.high += line.top + error;
  }
  return result;
}

}  // namespace integrad

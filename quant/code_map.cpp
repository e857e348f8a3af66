#include "integrad/quant/code_map.h"

#include <algorithm>

#include "integrad/quant/fake_quant.h"
#include "integrad/quant/kernels/training_rows.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad {

Tensor<float> CodeMap::decode() const {
  Tensor<float> values = Tensor<float>::uninitialized(codes_.shape());
  parallel_for(values.size(), kElementwiseGrain, [&](Index begin, Index end) {
    kernels::int8::real_row(quantization_.scale, quantization_.zero_point, codes_.data() + begin,
                            end - begin, values.data() + begin);
  });
  return values;
}

std::shared_ptr<const CodeMap> code_map(const Tape<float>& tape, Var x,
                                        const Quantization& quantization) {
  if (auto held = std::dynamic_pointer_cast<const CodeMap>(tape.encoded(x)))
    if (held->quantization() == quantization) return held;
  return std::make_shared<CodeMap>(codes_of(tape.value(x), quantization), quantization);
}

void Passes::mask(const Tensor<float>& cotangent, Tensor<float>& into) const {
  const Index size = lines_.size();
  kernels::parallel_rows(lines_.count, size, [&](Index row) {
    kernels::int8::masked_row(cotangent.data() + row * size, line(row), size,
                              into.data() + row * size);
  });
}

}  // namespace integrad

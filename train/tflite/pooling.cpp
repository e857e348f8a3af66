#include <optional>

#include "integrad/tensor/error.h"
#include "integrad/train/tflite/node.h"
#include "integrad/train/tflite/unpool.h"

namespace integrad::tflite {

namespace {

void require_undilated(const integrad_pool& a) {
  require(a.window_y.dilation == 1 && a.window_x.dilation == 1,
          "the format's pools have no dilation; got ", a.window_y.dilation, "x",
          a.window_x.dilation);
}

WindowUse use(const integrad_pool& a) {
  return {a.input, a.output, {a.window_y, a.window_x}};
}

TensorId pool(const NodeContext& n, const OperatorKind& kind, TensorId input, PaddingRule rule,
              const integrad_pool& a) {
  namespace field = slot::pool_2d;
  return n.composer.apply(kind, {input}, n.out(),
                          {padding(field::padding, rule),
                           {field::stride_x, a.window_x.stride},
                           {field::stride_y, a.window_y.stride},
                           {field::kernel_x, a.window_x.kernel},
                           {field::kernel_y, a.window_y.kernel},
                           activation(n, field::activation, a.low, a.high)});
}

}  // namespace

TensorId append(const NodeContext& n, const quantized::MaxPool& o) {
  const integrad_pool& a = o.attributes;
  require_undilated(a);
  if (o.keeps_winners)
    n.winners[static_cast<std::size_t>(n.id)] = winners(n.composer, n.name(), n.in(0), a);
  // No code is below -128, so a border of them changes no maximum.
  const PaddedInput input = padded(n.composer, n.in(0), n.name(), use(a), -128);
  return pool(n, kind::max_pool_2d, input.tensor, input.rule, a);
}

TensorId append(const NodeContext& n, const quantized::MaxUnpool& o) {
  return unpool(n.composer, n.node(), n.in(0),
                n.winners[static_cast<std::size_t>(n.node().inputs[1])], o.attributes);
}

TensorId append(const NodeContext& n, const quantized::AveragePool& o) {
  const integrad_pool& a = o.attributes;
  require_undilated(a);
  const std::optional<PaddingRule> rule = padding_rule(use(a));
  require(rule.has_value(),
          "an average pool's padding has to be that of VALID or SAME: points of a border put there "
          "by PAD would be counted; got ",
          a.window_y.pad_before, " points above, ", a.window_x.pad_before, " to the left");
  return pool(n, kind::average_pool_2d, n.in(0), *rule, a);
}

}  // namespace integrad::tflite

#include <algorithm>
#include <limits>

#include "integrad/autograd/ops/average_pool2d.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

struct Extreme {
  float low = 0, high = 0;
};

// The elements of a binary operation: unclamped(code1, code2) is the integer arithmetic's code,
// real(value1, value2) what it approximates.
template <class Unclamped, class Real>
fake_quant::Rounded combine(const Tensor<float>& a, const Quantization& qa, const Tensor<float>& b,
                            const Quantization& qb, const Quantization& out, CodeRange range,
                            Activation activation, Unclamped unclamped, Real real) {
  const Tensor<std::int8_t> codes_a = codes_of(a, qa), codes_b = codes_of(b, qb);
  fake_quant::Rounded result{
      Tensor<float>::uninitialized(a.shape()), Tensor<std::uint8_t>::uninitialized(a.shape()), {}};
  std::vector<Extreme> extremes(
      static_cast<std::size_t>((a.size() + kElementwiseGrain - 1) / kElementwiseGrain));
  const std::int32_t open_low = activation == Activation::none ? range.low : range.low + 1;
  parallel_for(a.size(), kElementwiseGrain, [&](Index begin, Index end) {
    Extreme extreme;
    for (Index i = begin; i < end; ++i) {
      const float value = real(a[i], b[i]);
      extreme.low = std::min(extreme.low, value);
      extreme.high = std::max(extreme.high, value);
      const std::int32_t code = unclamped(codes_a[i], codes_b[i]);
      result.values[i] = out.real(integrad_clamp(code, range.low, range.high));
      result.passes[i] = code >= open_low && code <= range.high;
    }
    extremes[static_cast<std::size_t>(begin / kElementwiseGrain)] = extreme;
  });
  Range& observed = result.observed;
  for (const Extreme& e : extremes) {
    observed.low = std::min(observed.low, e.low);
    observed.high = std::max(observed.high, e.high);
  }
  if (activation != Activation::none) observed.low = 0;
  if (activation == Activation::relu6) observed.high = std::min(observed.high, 6.0f);
  return result;
}

}  // namespace

Var FakeQuantEvaluator::operator()(int id, const layer::Arithmetic& l, Inputs in) {
  const Operation operation = lowered(id, nullptr);
  const auto quantization = [&](int node) {
    return quantizations_[static_cast<std::size_t>(node)];
  };
  const Node& node = graph_.node(id);
  const Quantization qa = quantization(node.inputs[0]), qb = quantization(node.inputs[1]),
                     out = quantization(id);
  const Tensor<float>&a = tape_.value(in[0]), &b = tape_.value(in[1]);
  using Function = layer::Arithmetic::Function;
  const auto combined = [&](const auto& attributes, auto unclamped, auto real) {
    return combine(
        a, qa, b, qb, out, {attributes.low, attributes.high}, l.activation,
        [&](std::int32_t x, std::int32_t y) { return unclamped(&attributes, x, y); }, real);
  };
  fake_quant::Rounded rounded;
  if (l.function == Function::add)
    rounded = combined(std::get<quantized::Add>(operation).attributes, integrad_add_unclamped,
                       [](float x, float y) { return x + y; });
  else if (l.function == Function::sub)
    rounded = combined(std::get<quantized::Subtract>(operation).attributes,
                       integrad_subtract_unclamped, [](float x, float y) { return x - y; });
  else
    rounded = combined(std::get<quantized::Multiply>(operation).attributes,
                       integrad_multiply_unclamped, [](float x, float y) { return x * y; });
  observed_[static_cast<std::size_t>(id)] = rounded.observed;
  const Var x = in[0], y = in[1];
  return tape_.record("fake_quant", std::move(rounded.values), in,
                      [x, y, function = l.function, passes = std::move(rounded.passes)](
                          Tape<float>& t, const Tensor<float>& cotangent) {
                        const Tensor<float> d = fake_quant::mask(cotangent, passes);
                        const auto scaled = [&](auto factor) {
                          Tensor<float> product = Tensor<float>::uninitialized(d.shape());
                          parallel_for(d.size(), kElementwiseGrain, [&](Index begin, Index end) {
                            for (Index i = begin; i < end; ++i) product[i] = d[i] * factor(i);
                          });
                          return product;
                        };
                        const auto by = [&](Var other) {
                          return scaled([&values = t.value(other)](Index i) { return values[i]; });
                        };
                        const bool product = function == Function::mul;
                        if (t.needs_gradient(x)) t.accumulate(x, product ? by(y) : d);
                        if (t.needs_gradient(y))
                          t.accumulate(y, product ? by(x)
                                          : function == Function::sub
                                              ? scaled([](Index) { return -1.0f; })
                                              : d);
                      });
}

Var FakeQuantEvaluator::operator()(int id, const layer::AveragePool& l, Inputs in) {
  const auto pool = std::get<quantized::AveragePool>(lowered(id, nullptr)).attributes;
  const Quantization q = quantizations_[static_cast<std::size_t>(id)];
  const Tensor<std::int8_t> codes = codes_of(tape_.value(in[0]), q);
  const Shape& image = tape_.shape(in[0]);
  const ConvGeometry g = pool_geometry(image, l.window);
  Tensor<std::int8_t> averaged = Tensor<std::int8_t>::uninitialized(g.output());
  const Index in_size = image.elements() / g.batch, out_size = averaged.size() / g.batch;
  parallel_for(g.batch, 1, [&](Index n, Index) {
    integrad_average_pool_rows(&pool, integrad_all_rows(codes.data() + n * in_size),
                               averaged.data() + n * out_size, 0, g.out_height);
  });
  Tensor<float> values = Tensor<float>::uninitialized(g.output());
  for (Index i = 0; i < values.size(); ++i) values[i] = q.real(averaged[i]);

  // Rounding is the identity to the straight-through estimator, so the gradient is the float
  // pool's.
  const Var x = in[0];
  const WindowSpec window = l.window;
  return tape_.record("fake_quant", std::move(values), in,
                      [x, window](Tape<float>& t, const Tensor<float>& cotangent) {
                        Tape<float> inner;
                        const Var leaf = inner.leaf(Tensor<float>(t.shape(x)));
                        const Var pooled = average_pool2d(inner, leaf, window);
                        inner.backward(pooled, cotangent);
                        t.accumulate(x, inner.gradient(leaf));
                      });
}

}  // namespace integrad

#include <algorithm>
#include <array>

#include "integrad/quant/fake_quant.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

/// Reals, and which of them pass a gradient, of codes that kernels computed.
fake_quant::Rounded all_pass(const Tensor<std::int8_t>& codes, const Quantization& out) {
  fake_quant::Rounded result{
      Tensor<float>::uninitialized(codes.shape()), Tensor<std::uint8_t>(codes.shape(), 1), {}};
  for (Index i = 0; i < codes.size(); ++i) result.values[i] = out.real(codes[i]);
  return result;
}

/// An operation on single codes: unclamped(code) is the integer arithmetic's code. Only those above
/// or at `open_low` pass a gradient.
template <class Unclamped>
fake_quant::Rounded each_code(const Tensor<std::int8_t>& codes, const Quantization& out,
                              CodeRange range, std::int32_t open_low, Unclamped unclamped) {
  std::array<float, 256> real{};
  std::array<std::uint8_t, 256> passes{};
  for (std::int32_t code = -128; code < 128; ++code) {
    const auto at = static_cast<std::size_t>(code + 128);
    const std::int32_t result = unclamped(code);
    real[at] = out.real(integrad_clamp(result, range.low, range.high));
    passes[at] = result >= open_low && result <= range.high;
  }
  fake_quant::Rounded rounded{Tensor<float>::uninitialized(codes.shape()),
                              Tensor<std::uint8_t>::uninitialized(codes.shape()),
                              {}};
  parallel_for(codes.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const auto at = static_cast<std::size_t>(codes[i] + 128);
      rounded.values[i] = real[at];
      rounded.passes[i] = passes[at];
    }
  });
  return rounded;
}

}  // namespace

/// Puts the integer result in the place of `real`, the float operator's: its gradient passes
/// straight through, its extremes are what was observed.
Var FakeQuantEvaluator::replace(int id, Var real, fake_quant::Rounded rounded) {
  const auto [low, high] = std::ranges::minmax_element(std::as_const(tape_.value(real)).values());
  observed_[static_cast<std::size_t>(id)] = {*low, *high};
  return tape_.record(
      "fake_quant", std::move(rounded.values), {real},
      [real, passes = std::move(rounded.passes)](Tape<float>& t, const Tensor<float>& cotangent) {
        t.accumulate(real, fake_quant::mask(cotangent, passes));
      });
}

const Quantization& FakeQuantEvaluator::quantization_of_input(int id) const {
  return quantizations_[static_cast<std::size_t>(graph_.node(id).inputs[0])];
}

Var FakeQuantEvaluator::operator()(int id, const layer::Pointwise& l, Inputs in) {
  const Operation operation = lowered(id, nullptr);
  const Quantization& out = quantizations_[static_cast<std::size_t>(id)];
  const Tensor<std::int8_t> codes = codes_of(tape_.value(in[0]), quantization_of_input(id));
  fake_quant::Rounded rounded;
  if (const auto* relu = std::get_if<quantized::Requantize>(&operation)) {
    const integrad_requantization& a = relu->attributes;
    rounded = each_code(codes, out, {a.low, a.high}, a.low + 1, [&](std::int32_t code) {
      return integrad_requantization_unclamped(&a, code);
    });
  } else if (const auto* swish = std::get_if<quantized::HardSwish>(&operation)) {
    rounded = each_code(codes, out, {-128, 127}, -128, [&](std::int32_t code) {
      return integrad_hard_swish_unclamped(&swish->attributes, code);
    });
  } else {
    const auto& logistic = std::get<quantized::Logistic>(operation);
    rounded = each_code(codes, out, {-128, 127}, -128, [&](std::int32_t code) -> std::int32_t {
      return logistic.table[static_cast<std::size_t>(code + 128)];
    });
  }
  return replace(id, FloatEvaluator<float>::operator()(id, l, in), std::move(rounded));
}

Var FakeQuantEvaluator::operator()(int id, const layer::Softmax& l, Inputs in) {
  const auto softmax = std::get<quantized::Softmax>(lowered(id, nullptr)).attributes;
  const Tensor<std::int8_t> codes = codes_of(tape_.value(in[0]), quantization_of_input(id));
  Tensor<std::int8_t> shares = Tensor<std::int8_t>::uninitialized(codes.shape());
  integrad_softmax_rows(&softmax, codes.data(), shares.data(), codes.size() / softmax.channels);
  fake_quant::Rounded rounded = all_pass(shares, quantizations_[static_cast<std::size_t>(id)]);
  return replace(id, FloatEvaluator<float>::operator()(id, l, in), std::move(rounded));
}

Var FakeQuantEvaluator::operator()(int id, const layer::Resize& l, Inputs in) {
  const Operation operation = lowered(id, nullptr);
  const auto* bilinear = std::get_if<quantized::ResizeBilinear>(&operation);
  const Var real = FloatEvaluator<float>::operator()(id, l, in);
  if (bilinear == nullptr) return real;  // copies codes
  const Quantization& q = quantizations_[static_cast<std::size_t>(id)];
  const Tensor<std::int8_t> codes = codes_of(tape_.value(in[0]), q);
  const Shape shape = tape_.shape(real);
  Tensor<std::int8_t> resized = Tensor<std::int8_t>::uninitialized(shape);
  const Index batch = shape.batch(), in_size = codes.size() / batch,
              out_size = resized.size() / batch;
  parallel_for(batch, 1, [&](Index n, Index) {
    integrad_resize_bilinear_rows(
        &bilinear->attributes, integrad_all_rows(codes.data() + n * in_size),
        resized.data() + n * out_size, 0, static_cast<std::int32_t>(shape.height()));
  });
  const Var result = replace(id, real, all_pass(resized, q));
  observed_[static_cast<std::size_t>(id)] = {};  // it shares the input's quantiser
  return result;
}

Var FakeQuantEvaluator::operator()(int id, const layer::BatchNorm&, Inputs) {
  lowered(id, nullptr);
  return {};
}

Var FakeQuantEvaluator::operator()(int id, const layer::GlobalMean&, Inputs) {
  lowered(id, nullptr);
  return {};
}

}  // namespace integrad

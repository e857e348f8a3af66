#include <algorithm>
#include <array>

#include "integrad/quant/fake_quant.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/quant/run_rows.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad {

namespace {

// In a table that begins with the code -128.
std::size_t place_of(std::int32_t code) {
  const std::int32_t place = code + 128;
  return static_cast<std::size_t>(place);
}

/// An operation on single codes: unclamped(code) is the integer arithmetic's code.
template <class Unclamped>
fake_quant::Rounded each_code(const CodeMap& from, const Quantization& out,
                              const kernels::int8::Clamp& clamp, Unclamped unclamped) {
  std::array<std::int8_t, 256> clamped{};
  std::array<bool, 256> open{};
  for (std::int32_t code = -128; code < 128; ++code) {
    const std::size_t at = place_of(code);
    const std::int32_t result = unclamped(code);
    clamped[at] = static_cast<std::int8_t>(integrad_clamp(result, clamp.low, clamp.high));
    open[at] = result >= clamp.open_low && result <= clamp.high;
  }
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized(from.shape());
  Passes passes(from.shape());
  const Index size = passes.lines().size();
  kernels::parallel_rows(passes.lines().count, size, [&](Index line) {
    kernels::int8::BitWriter writer(passes.line(line));
    for (Index i = line * size; i < (line + 1) * size; ++i) {
      const std::size_t at = place_of(from.codes()[i]);
      codes[i] = clamped[at];
      writer.put(open[at]);
    }
    writer.finish();
  });
  return {std::make_shared<CodeMap>(std::move(codes), out), std::move(passes), {}};
}

}  // namespace

/// Puts the integer result in the place of `real`, the float operator's: its gradient passes
/// straight through, its extremes are what was observed.
Var FakeQuantEvaluator::replace(int id, Var real, fake_quant::Rounded rounded) {
  if (ranges_ == Ranges::tracked) {
    const auto [low, high] = std::ranges::minmax_element(std::as_const(tape_.value(real)).values());
    observed_[static_cast<std::size_t>(id)] = {*low, *high};
  }
  // Clamps of ReLUs: what they stop says nothing of the range.
  const auto* pointwise = std::get_if<layer::Pointwise>(&graph_.node(id).layer);
  const bool activates =
      pointwise != nullptr && (pointwise->function == layer::Pointwise::Function::relu ||
                               pointwise->function == layer::Pointwise::Function::relu6);
  const auto errors =
      rounding_errors(tape_.shape(real), activates ? Activation::relu : Activation::none);
  if (errors != nullptr) {
    const Quantization& q = quantizations_[static_cast<std::size_t>(id)];
    const Tensor<float>& values = std::as_const(tape_.value(real));
    const kernels::Lines lines = kernels::Lines::of(values.shape());
    kernels::parallel_rows(lines.count, lines.size(), [&](Index line) {
      const float* const from = values.data() + line * lines.size();
      errors->line(line, rounded.codes->codes().data() + line * lines.size(),
                   [&](Index i) { return from[i] / q.scale + static_cast<float>(q.zero_point); });
    });
  }
  const Var inputs[] = {real};
  return tape_.record_encoded(
      "fake_quant", rounded.codes, inputs,
      [real, id, errors, codes = errors != nullptr ? rounded.codes : nullptr,
       learned = range_gradients_,
       passes = std::move(rounded.passes)](Tape<float>& t, const Tensor<float>& cotangent) {
        if (errors != nullptr)
          (*learned)[static_cast<std::size_t>(id)] = errors->gradient(cotangent, *codes, passes);
        if (passes.lines().count > 0) {
          Tensor<float>& d = t.writable_cotangent();
          passes.mask(d, d);
        }
        t.accumulate_cotangent(real);
      });
}

const Quantization& FakeQuantEvaluator::quantization_of_input(int id) const {
  return quantizations_[static_cast<std::size_t>(graph_.node(id).inputs[0])];
}

Var FakeQuantEvaluator::operator()(int id, const layer::Pointwise& l, Inputs in) {
  const Operation operation = lowered(id, nullptr);
  const Quantization& out = quantizations_[static_cast<std::size_t>(id)];
  const auto from = code_map(tape_, in[0], quantization_of_input(id));
  fake_quant::Rounded rounded;
  if (const auto* relu = std::get_if<quantized::Requantize>(&operation)) {
    const integrad_requantization& a = relu->attributes;
    rounded = each_code(*from, out, {a.low, a.high, a.low + 1}, [&](std::int32_t code) {
      return integrad_requantization_unclamped(&a, code);
    });
  } else if (const auto* swish = std::get_if<quantized::HardSwish>(&operation)) {
    rounded = each_code(*from, out, {-128, 127, -128}, [&](std::int32_t code) {
      return integrad_hard_swish_unclamped(&swish->attributes, code);
    });
  } else {
    const auto& logistic = std::get<quantized::Logistic>(operation);
    rounded = each_code(*from, out, {-128, 127, -128}, [&](std::int32_t code) -> std::int32_t {
      return logistic.table[place_of(code)];
    });
  }
  return replace(id, FloatEvaluator<float>::operator()(id, l, in), std::move(rounded));
}

Var FakeQuantEvaluator::operator()(int id, const layer::Softmax& l, Inputs in) {
  const auto softmax = std::get<quantized::Softmax>(lowered(id, nullptr)).attributes;
  const auto from = code_map(tape_, in[0], quantization_of_input(id));
  const Tensor<std::int8_t>& codes = from->codes();
  Tensor<std::int8_t> shares = Tensor<std::int8_t>::uninitialized(codes.shape());
  integrad_softmax_rows(&softmax, codes.data(), shares.data(), codes.size() / softmax.channels);
  return replace(
      id, FloatEvaluator<float>::operator()(id, l, in),
      {std::make_shared<CodeMap>(std::move(shares), quantizations_[static_cast<std::size_t>(id)]),
       {},
       {}});
}

Var FakeQuantEvaluator::operator()(int id, const layer::Resize& l, Inputs in) {
  const Operation operation = lowered(id, nullptr);
  const auto* bilinear = std::get_if<quantized::ResizeBilinear>(&operation);
  const Var real = FloatEvaluator<float>::operator()(id, l, in);
  if (bilinear == nullptr) return real;  // copies codes
  const Quantization& q = quantizations_[static_cast<std::size_t>(id)];
  const auto from = code_map(tape_, in[0], q);
  const Shape shape = tape_.shape(real);
  Tensor<std::int8_t> resized = Tensor<std::int8_t>::uninitialized(shape);
  run_by_rows(shape, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
    integrad_resize_bilinear_rows(&bilinear->attributes, image_rows(from->codes(), n),
                                  resized.data() + offset, begin, end);
  });
  const Var result = replace(id, real, {std::make_shared<CodeMap>(std::move(resized), q), {}, {}});
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

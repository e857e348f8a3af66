#include <algorithm>

#include "integrad/autograd/ops/fully_connected.h"
#include "integrad/autograd/ops/transposed_conv2d.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/fake_quant_kernels.h"

namespace integrad {

namespace {

/// The integer sums, computed by the float operator on integer-valued T.
template <class T, class Build>
Tensor<T> integer_sums(const CodeMap& x, const LinearTables& tables, Build build) {
  Tape<T> tape;
  const auto channels = static_cast<Index>(tables.bias.size());
  Tensor<T> bias = Tensor<T>::uninitialized(Shape{channels});
  std::copy(tables.bias.begin(), tables.bias.end(), bias.begin());
  const Var codes = tape.constant(fake_quant::steps_of<T>(x));
  const Var weight = tape.constant(tables.weight.cast<T>());
  return tape.value(build(tape, codes, weight, tape.constant(std::move(bias))));
}

}  // namespace

/// A linear layer that build(tape, x, weight, bias) computes, for any T: forward with integers,
/// backward with the real values of the codes.
template <class Build>
Var FakeQuantEvaluator::finish_built(int id, const Linear& linear, const LinearTables& tables,
                                     const integrad_output_stage& stage, Activation activation,
                                     Build build) {
  const auto x = code_map(tape_, linear.x, linear.in);
  const auto errors = rounding_errors(graph_.node(id).shape.with(0, x->shape()[0]), activation);
  const auto round = [&](const auto& sums) {
    fake_quant::LinearResult result =
        linear_result(sums.shape(), linear, tables, stage, activation, errors);
    result.all_lines(sums);
    return result.finish(tables);
  };
  fake_quant::Rounded rounded = fake_quant::sums_fit_float(tables)
                                    ? round(integer_sums<float>(*x, tables, build))
                                    : round(integer_sums<double>(*x, tables, build));
  observed_[static_cast<std::size_t>(id)] = rounded.observed;

  std::vector<Var> inputs{linear.x, linear.weight};
  if (linear.bias != Var{}) inputs.push_back(linear.bias);
  return tape_.record_encoded(
      "fake_quant", rounded.codes, inputs,
      [linear, build, id, errors, codes = errors != nullptr ? rounded.codes : nullptr,
       learned = range_gradients_, passes = std::move(rounded.passes),
       weight = fake_quant::real_weights(tables, false)](Tape<float>& t, const Tensor<float>&) {
        Tape<float> inner;
        const Tensor<float>& from = t.value(linear.x);
        const Var x = t.needs_gradient(linear.x) ? inner.leaf(from) : inner.constant(from);
        const Var w = inner.leaf(weight);
        const Var b =
            linear.bias != Var{} ? inner.leaf(Tensor<float>(t.shape(linear.bias))) : Var{};
        const Var y = build(inner, x, w, b);
        Tensor<float>& d = t.writable_cotangent();
        if (errors != nullptr)
          (*learned)[static_cast<std::size_t>(id)] = errors->gradient(d, *codes, passes);
        passes.mask(d, d);
        inner.backward(y, d);
        if (t.needs_gradient(linear.x)) t.accumulate(linear.x, inner.gradient(x));
        t.accumulate(linear.weight, inner.gradient(w));
        if (linear.bias != Var{}) t.accumulate(linear.bias, inner.gradient(b));
      });
}

Var FakeQuantEvaluator::operator()(int id, const layer::TransposedConv2d& l, Inputs in) {
  Linear operands = linear(id, in, l.bias);
  operands.weight = dense_weight(id, l);
  const auto operation = std::get<quantized::TransposedConv2d>(lowered(id, &operands));
  return finish_built(
      id, operands, operation.tables, operation.attributes.stage, l.activation,
      [window = l.window, padding = l.output_padding](auto& tape, Var x, Var w, Var b) {
        return transposed_conv2d(tape, x, w, b, window, padding);
      });
}

Var FakeQuantEvaluator::operator()(int id, const layer::FullyConnected& l, Inputs in) {
  const Linear operands = linear(id, in, l.bias);
  const auto operation = std::get<quantized::FullyConnected>(lowered(id, &operands));
  return finish_built(
      id, operands, operation.tables, operation.attributes.stage, l.activation,
      [](auto& tape, Var x, Var w, Var b) { return fully_connected(tape, x, w, b); });
}

}  // namespace integrad

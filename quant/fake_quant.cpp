#include "integrad/quant/fake_quant.h"

#include <algorithm>

#include "integrad/quant/c/quantize.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

struct DenseKernels {
  static constexpr bool kChannelsLast = false;
  template <class T>
  static void forward(const ConvGeometry& g, const T* x, const T* w, const T* b, T* y) {
    kernels::conv2d_forward(g, x, w, b, y);
  }
  static void input_gradient(const ConvGeometry& g, const float* d, const float* w, float* dx) {
    kernels::conv2d_input_gradient(g, d, w, dx);
  }
  static void filter_gradient(const ConvGeometry& g, const float* x, const float* d, float* dw,
                              float* db) {
    kernels::conv2d_filter_gradient(g, x, d, dw, db);
  }
};

struct DepthwiseKernels {
  static constexpr bool kChannelsLast = true;
  template <class T>
  static void forward(const ConvGeometry& g, const T* x, const T* w, const T* b, T* y) {
    kernels::depthwise_forward(g, x, w, b, y);
  }
  static void input_gradient(const ConvGeometry& g, const float* d, const float* w, float* dx) {
    kernels::depthwise_input_gradient(g, d, w, dx);
  }
  static void filter_gradient(const ConvGeometry& g, const float* x, const float* d, float* dw,
                              float* db) {
    kernels::depthwise_filter_gradient(g, x, d, dw, db);
  }
};

template <class Attributes>
using KernelsOf =
    std::conditional_t<std::is_same_v<Attributes, integrad_conv>, DenseKernels, DepthwiseKernels>;

// The integer sums, computed by the ordinary convolution on integer-valued T.
template <class T, class Kernels>
Tensor<T> integer_sums(const ConvGeometry& g, const Tensor<float>& x, const Quantization& in,
                       const LinearTables& tables) {
  const Tensor<T> codes = fake_quant::recover_codes<T>(x, in.scale);
  const Tensor<T> weight = tables.weight.cast<T>();
  const std::vector<T> bias(tables.bias.begin(), tables.bias.end());
  Tensor<T> sums = Tensor<T>::uninitialized(g.output());
  Kernels::forward(g, codes.data(), weight.data(), bias.data(), sums.data());
  return sums;
}

}  // namespace

Tensor<std::int8_t> codes_of(const Tensor<float>& values, const Quantization& quantization) {
  const Tensor<float> steps = fake_quant::recover_codes<float>(values, quantization.scale);
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized(values.shape());
  parallel_for(codes.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      codes[i] =
          static_cast<std::int8_t>(static_cast<std::int32_t>(steps[i]) + quantization.zero_point);
  });
  return codes;
}

FakeQuantEvaluator::FakeQuantEvaluator(Tape<float>& tape, const Graph& graph,
                                       Parameters<float>& parameters, Mode mode,
                                       std::vector<Quantization> quantizations,
                                       const Target& target)
    : FloatEvaluator<float>(tape, graph, parameters, mode),
      quantizations_(std::move(quantizations)),
      target_(target),
      observed_(graph.nodes().size()) {
  check_quantizations(graph, quantizations_);
}

Var FakeQuantEvaluator::input(Var image) {
  const Quantization& q = quantizations_.front();
  const Tensor<float>& pixels = tape_.value(image);
  Tensor<float> rounded = Tensor<float>::uninitialized(pixels.shape());
  parallel_for(pixels.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      rounded[i] = q.real(integrad_quantize(pixels[i], q.scale, q.zero_point));
  });
  return tape_.constant(std::move(rounded));
}

FakeQuantEvaluator::Linear FakeQuantEvaluator::linear(int id, Inputs in, bool has_bias) const {
  const int from = graph_.node(id).inputs[0];
  return {in[0], parameter(id, "weight"), bias(id, has_bias),
          quantizations_[static_cast<std::size_t>(from)],
          quantizations_[static_cast<std::size_t>(id)]};
}

Operation FakeQuantEvaluator::lowered(int id, const Linear* linear) const {
  const bool has_bias = linear != nullptr && linear->bias != Var{};
  return lower_node(graph_, id, linear != nullptr ? &tape_.value(linear->weight) : nullptr,
                    has_bias ? &tape_.value(linear->bias) : nullptr, quantizations_, target_);
}

template <class Attributes>
Var FakeQuantEvaluator::finish_linear(int id, const Linear& linear, const ConvGeometry& geometry,
                                      const LinearTables& tables, const Attributes& attributes,
                                      Activation activation) {
  using Kernels = KernelsOf<Attributes>;
  const Tensor<float>& x = tape_.value(linear.x);
  const auto round = [&](const auto& sums) {
    return fake_quant::requantize(sums, tables, attributes.stage, linear.in, linear.out,
                                  activation);
  };
  fake_quant::Rounded rounded =
      fake_quant::sums_fit_float(tables)
          ? round(integer_sums<float, Kernels>(geometry, x, linear.in, tables))
          : round(integer_sums<double, Kernels>(geometry, x, linear.in, tables));
  observed_[static_cast<std::size_t>(id)] = rounded.observed;

  std::vector<Var> inputs{linear.x, linear.weight};
  if (linear.bias != Var{}) inputs.push_back(linear.bias);
  return tape_.record("fake_quant_linear", std::move(rounded.values), inputs,
                      [geometry, linear, passes = std::move(rounded.passes),
                       weight = fake_quant::real_weights(tables, Kernels::kChannelsLast)](
                          Tape<float>& t, const Tensor<float>& cotangent) {
                        const Tensor<float> d = fake_quant::mask(cotangent, passes);
                        if (t.needs_gradient(linear.x)) {
                          Tensor<float> dx = Tensor<float>::uninitialized(geometry.input());
                          Kernels::input_gradient(geometry, d.data(), weight.data(), dx.data());
                          t.accumulate(linear.x, std::move(dx));
                        }
                        Tensor<float> dweight = Tensor<float>::uninitialized(weight.shape());
                        Tensor<float> dbias =
                            Tensor<float>::uninitialized(Shape{geometry.out_channels});
                        Kernels::filter_gradient(geometry, t.value(linear.x).data(), d.data(),
                                                 dweight.data(), dbias.data());
                        t.accumulate(linear.weight, std::move(dweight));
                        if (linear.bias != Var{}) t.accumulate(linear.bias, std::move(dbias));
                      });
}

Var FakeQuantEvaluator::operator()(int id, const layer::Conv2d& l, Inputs in) {
  const Linear operands = linear(id, in, l.bias);
  const auto operation = std::get<quantized::Conv2d>(lowered(id, &operands));
  const ConvGeometry g =
      conv2d_geometry(tape_.shape(in[0]), tape_.shape(operands.weight), l.window, l.groups);
  return finish_linear(id, operands, g, operation.tables, operation.attributes, l.activation);
}

Var FakeQuantEvaluator::operator()(int id, const layer::DepthwiseConv2d& l, Inputs in) {
  const Linear operands = linear(id, in, l.bias);
  const auto operation = std::get<quantized::DepthwiseConv2d>(lowered(id, &operands));
  const ConvGeometry g =
      depthwise_geometry(tape_.shape(in[0]), tape_.shape(operands.weight), l.window);
  return finish_linear(id, operands, g, operation.tables, operation.attributes, l.activation);
}

}  // namespace integrad

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tensor/random.h"
#include "integrad/tensor/tensor.h"

// The layers of Q-Segment: each is checked against the reference, bit for bit, on a small image and
// then timed. INTEGRAD_ISA and OMP_NUM_THREADS choose instruction set and threads.
namespace {

using namespace integrad;

enum class Direction { forward, input_gradient, filter_gradient };

struct Layer {
  std::int32_t kernel;
  Index in, out;
  bool depthwise = false;

  Shape filter() const { return {depthwise ? 1 : out, kernel, kernel, depthwise ? out : in}; }
  ConvGeometry geometry(Index side) const {
    const WindowSpec window = WindowSpec::square(kernel, 1, Padding::same());
    const Shape input{1, side, side, in};
    return depthwise ? depthwise_geometry(input, filter(), window)
                     : conv2d_geometry(input, filter(), window);
  }
};

Tensor<float> random_tensor(const Shape& shape, std::uint64_t stream) {
  const Random random(1, stream);
  Tensor<float> values = Tensor<float>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i), -1, 1));
  return values;
}

struct Operands {
  Operands(const Layer& layer, Index side)
      : g(layer.geometry(side)),
        x(random_tensor(g.input(), 0)),
        filter(random_tensor(layer.filter(), 1)),
        bias(random_tensor(Shape{layer.out}, 2)),
        d(random_tensor(g.output(), 3)),
        y(g.output()),
        dx(g.input()),
        dfilter(filter.shape()),
        dbias(bias.shape()) {}
  const Tensor<float>& result(Direction direction) const {
    return direction == Direction::forward          ? y
           : direction == Direction::input_gradient ? dx
                                                    : dfilter;
  }
  ConvGeometry g;
  Tensor<float> x, filter, bias, d, y, dx, dfilter, dbias;
};

/// The three functions of one implementation.
struct Kernels {
  decltype(&kernels::conv2d_forward<float>) forward;
  decltype(&kernels::conv2d_input_gradient<float>) input_gradient;
  decltype(&kernels::conv2d_filter_gradient<float>) filter_gradient;

  void run(Direction direction, Operands& t) const {
    if (direction == Direction::forward)
      forward(t.g, t.x.data(), t.filter.data(), t.bias.data(), t.y.data());
    else if (direction == Direction::input_gradient)
      input_gradient(t.g, t.d.data(), t.filter.data(), t.dx.data());
    else
      filter_gradient(t.g, t.x.data(), t.d.data(), t.dfilter.data(), t.dbias.data());
  }
};

Kernels fast_kernels(bool depthwise) {
  using namespace kernels;
  if (depthwise)
    return {depthwise_forward<float>, depthwise_input_gradient<float>,
            depthwise_filter_gradient<float>};
  return {conv2d_forward<float>, conv2d_input_gradient<float>, conv2d_filter_gradient<float>};
}

Kernels reference_kernels(bool depthwise) {
  using namespace kernels::reference;
  if (depthwise)
    return {depthwise_forward<float>, depthwise_input_gradient<float>,
            depthwise_filter_gradient<float>};
  return {conv2d_forward<float>, conv2d_input_gradient<float>, conv2d_filter_gradient<float>};
}

void convolution(benchmark::State& state, Layer layer, Direction direction, Index side) {
  const Kernels fast = fast_kernels(layer.depthwise);
  Operands ours(layer, 20), expected(layer, 20);
  fast.run(direction, ours);
  reference_kernels(layer.depthwise).run(direction, expected);
  const Tensor<float>&a = ours.result(direction), &b = expected.result(direction);
  if (std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) != 0)
    return state.SkipWithError("differs from the reference");
  Operands timed(layer, side);
  for (auto _ : state) fast.run(direction, timed);
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(timed.g.macs()),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

const bool g_registered = [] {
  const Layer layers[] = {{3, 3, 16},        {3, 16, 16},       {3, 16, 32},      {3, 32, 64},
                          {3, 64, 64},       {3, 64, 32},       {3, 32, 16},      {3, 16, 1},
                          {1, 3, 16},        {1, 16, 16},       {1, 16, 32},      {1, 32, 64},
                          {1, 64, 64},       {1, 64, 32},       {1, 32, 16},      {1, 16, 1},
                          {3, 16, 16, true}, {3, 32, 32, true}, {3, 64, 64, true}};
  const std::pair<Direction, std::string> directions[] = {
      {Direction::forward, "forward"},
      {Direction::input_gradient, "input_gradient"},
      {Direction::filter_gradient, "filter_gradient"}};
  for (Index side : {64, 256})
    for (const Layer& layer : layers)
      for (const auto& [direction, label] : directions) {
        const std::string kernel = std::to_string(layer.kernel);
        const std::string name = (layer.depthwise ? "depthwise/" : "conv/") + kernel + "x" +
                                 kernel + "/" + std::to_string(layer.in) + "to" +
                                 std::to_string(layer.out) + "/side" + std::to_string(side) + "/" +
                                 label;
        benchmark::RegisterBenchmark(name.c_str(), convolution, layer, direction, side)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
      }
  return true;
}();

}  // namespace

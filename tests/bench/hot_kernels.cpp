// Runs each kernel that training and inference spend their time in, once, on small operands and one
// thread, inside integrad_counted(): valgrind counts what happens there
// (instruction_count_test.cpp). Prints the kernels' names in their order.
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "integrad/nn/losses.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/multiplier.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tensor/kernels/max_pool.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"

using namespace integrad;

extern "C" __attribute__((noinline)) void integrad_counted(const std::function<void()>& run) {
  run();
  asm volatile("" ::: "memory");  // a call of its own, not the last jump
}

namespace {

constexpr Index kSide = 24, kChannels = 16;

Tensor<float> values(const Shape& shape, std::uint64_t stream) {
  const Random random(1, stream);
  Tensor<float> result = Tensor<float>::uninitialized(shape);
  for (Index i = 0; i < result.size(); ++i)
    result[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i), -1, 1));
  return result;
}

using Kernels = std::vector<std::pair<std::string, std::function<void()>>>;

void add_convolution(Kernels& all, const std::string& name, std::int32_t kernel, bool depthwise) {
  using namespace kernels;
  const WindowSpec window = WindowSpec::square(kernel, 1, Padding::same());
  const Shape image{1, kSide, kSide, kChannels};
  const Tensor<float> filter = values({depthwise ? 1 : kChannels, kernel, kernel, kChannels}, 1);
  const ConvGeometry g = depthwise ? depthwise_geometry(image, filter.shape(), window)
                                   : conv2d_geometry(image, filter.shape(), window);
  const Tensor<float> x = values(image, 0), bias = values({kChannels}, 2), d = values(image, 3);
  all.emplace_back(name + "/forward", [=, y = Tensor<float>(image)]() mutable {
    (depthwise ? depthwise_forward<float> : conv2d_forward<float>)(g, x.data(), filter.data(),
                                                                   bias.data(), y.data());
  });
  all.emplace_back(name + "/input_gradient", [=, dx = Tensor<float>(image)]() mutable {
    (depthwise ? depthwise_input_gradient<float>
               : conv2d_input_gradient<float>)(g, d.data(), filter.data(), dx.data());
  });
  all.emplace_back(name + "/filter_gradient", [=, dfilter = filter, dbias = bias]() mutable {
    (depthwise
         ? depthwise_filter_gradient<float>
         : conv2d_filter_gradient<float>)(g, x.data(), d.data(), dfilter.data(), dbias.data());
  });
}

void add_integer(Kernels& all, const std::string& name, const Layer& layer) {
  Graph graph;
  const Value image = graph.input({1, kSide, kSide, kChannels});
  graph.layer("layer", layer, {image});
  const Quantization quantizations[] = {kImageQuantization, {0.05f, -3}};
  const QGraph program =
      lower(graph, initialize<float>(graph, 1), quantizations, find_target(kDefaultTarget));
  Tensor<std::int8_t> codes(graph.input_shape());
  for (Index i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::int8_t>(i * 37);
  all.emplace_back(name, [=] { run(program, codes); });
}

// A quantised convolution of a training step, with the range that is tracked.
void add_quantized_step(Kernels& all, const ConvGeometry& g, const Tensor<float>& filter,
                        const Tensor<float>& d) {
  const Quantization in{0.01f, -3}, out{0.05f, 4};
  Tensor<std::int8_t> codes(g.input());
  for (Index i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::int8_t>(i * 37);
  const auto x = std::make_shared<const CodeMap>(std::move(codes), in);
  const auto tables = std::make_shared<const LinearTables>(
      lower_linear(filter, nullptr, ChannelAxis::first, in, out));
  const auto convolve = [=] {
    fake_quant::LinearResult result(
        g.output(), *tables, {nullptr, 1, out.zero_point, -128, 127, INTEGRAD_ROUNDING_DOUBLE}, in,
        out, Activation::none, true, nullptr);
    fake_quant::convolve(kernels::Convolution::full, g, *x, *tables, result);
    return result.finish(*tables).passes;
  };
  all.emplace_back("quantized_conv2d/forward", [=] { convolve(); });
  all.emplace_back("quantized_conv2d/gradients",
                   [=, passes = convolve(), dx = Tensor<float>(g.input()), dfilter = filter,
                    dbias = Tensor<float>({g.out_channels})]() mutable {
                     fake_quant::convolution_gradients(kernels::Convolution::full, g, *x, filter, d,
                                                       passes, {{dx.data()}, {}}, dfilter.data(),
                                                       dbias.data());
                   });
  const AddScales scales = add_scales(0.02f, 0.03f, 0.05f);
  const integrad_add layer{
      -3,  4,    scales.input1, scales.input2,           scales.output, kAddLeftShift,
      -10, -128, 127,           INTEGRAD_ROUNDING_DOUBLE};
  all.emplace_back("quantized_add", [=, into = x->codes(), passes = Passes(g.output())]() mutable {
    const kernels::int8::AddRows rows(layer, {-128, 127, -128});
    const Index size = passes.lines().size();
    for (Index line = 0; line < passes.lines().count; ++line) {
      const std::int8_t* const row = x->codes().data() + line * size;
      rows.row(row, row, size, into.data() + line * size, passes.line(line));
    }
  });
}

void add_between(Kernels& all) {
  const Shape image{1, kSide, kSide, kChannels};
  const kernels::Lines lines = kernels::Lines::of(image);
  const Tensor<float> x = values(image, 0), d = values(image, 1), one = values({kChannels}, 2);
  const auto map = [=] { return kernels::ChannelMap<float>{one.data(), one.data(), true}; };
  all.emplace_back("channel_sums", [=] {
    double sums[2 * kChannels];
    kernels::channel_sums(lines, x.data(), sums);
  });
  all.emplace_back("map_lines",
                   [=, y = x]() mutable { kernels::map_lines(lines, map(), x.data(), y.data()); });
  all.emplace_back("gradient_sums", [=] {
    kernels::LineSums sums(lines);
    kernels::gradient_sums<float>(lines, map(), {d.data()}, {x.data()}, sums);
  });
  all.emplace_back("normalize_gradient", [=, dx = x]() mutable {
    kernels::normalize_gradient(lines, map(), one.data(), one.data(), d.data(), x.data(),
                                dx.data());
  });
  const WindowSpec three = WindowSpec::square(3, 1, Padding::same());
  const Tensor<float> filter = values({kChannels, 3, 3, kChannels}, 4);
  const ConvGeometry g = conv2d_geometry(image, filter.shape(), three);
  all.emplace_back("conv2d_batch_norm/forward", [=, y = x]() mutable {
    double sums[2 * kChannels];
    kernels::convolve_and_sum<float>(kernels::Convolution::full, g,
                                     kernels::mapped_lines<float>(lines, {x.data()}, map()),
                                     filter.data(), nullptr, {y.data()}, sums);
  });
  all.emplace_back("conv2d_batch_norm/gradients", [=, dx = x, dfilter = filter]() mutable {
    const kernels::ChannelMap<float> read = map();
    kernels::LineSums sums(lines);
    const auto dy = kernels::cotangent_lines<float>(
        lines, {{d.data()}, {x.data()}, read, one.data(), one.data()});
    kernels::convolution_gradients<float>(
        kernels::Convolution::full, g, kernels::mapped_lines<float>(lines, {x.data()}, read),
        filter.data(), dy, {{dx.data()}, {d.data()}, {{&sums, {x.data()}, read}}}, dfilter.data(),
        nullptr);
  });
  add_quantized_step(all, g, filter, d);
  const ConvGeometry pool = pool_geometry({1, kSide, kSide, kChannels}, WindowSpec::square(2, 2));
  all.emplace_back("max_pool_forward", [=, y = Tensor<float>(pool.output()),
                                        winners = Tensor<std::uint8_t>(pool.output())]() mutable {
    kernels::max_pool_forward<float>(pool, kernels::stored_lines<float>(lines, {x.data()}),
                                     {y.data()}, winners.data());
  });
  const Tensor<float> logits = values({1, 48, 48, 1}, 3), mask({1, 48, 48, 1}, 1.0f);
  all.emplace_back("structure_loss", [=] {
    Tape<float> tape;
    const Var z = tape.leaf(logits);
    tape.backward(structure_loss(tape, z, mask));
  });
}

}  // namespace

int main() {
  set_threads(1);
  const WindowSpec three = WindowSpec::square(3, 1, Padding::same());
  Kernels all;
  add_convolution(all, "conv2d_3x3", 3, false);
  add_convolution(all, "conv2d_1x1", 1, false);
  add_convolution(all, "depthwise_3x3", 3, true);
  add_integer(all, "integer/conv2d_3x3", layer::Conv2d{kChannels, three});
  add_integer(all, "integer/conv2d_1x1", layer::Conv2d{kChannels, WindowSpec{}});
  add_integer(all, "integer/depthwise_3x3", layer::DepthwiseConv2d{three});
  add_between(all);
  for (const auto& [name, kernel] : all) {
    kernel();  // the first call also binds symbols and fetches memory
    integrad_counted(kernel);
    std::puts(name.c_str());
  }
}

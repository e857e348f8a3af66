#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "integrad/quant/c/conv.h"
#include "integrad/quant/c/depthwise.h"
#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/random.h"

// The integer layers of Q-Segment at 960x960: each is checked against the portable kernel, byte for
// byte, on a small image and then timed. INTEGRAD_ISA and OMP_NUM_THREADS choose instruction set
// and threads.
namespace {

using namespace integrad;
namespace int8 = integrad::kernels::int8;

struct Layer {
  std::int32_t kernel, in, out, side;
  bool depthwise = false;
};

/// A layer with a ReLU (its clamp begins at the zero point) or without.
struct Operands {
  Operands(const Layer& layer, std::int32_t side, bool relu) : layer(layer) {
    const Random random(1, 1);
    std::uint64_t draw = 0;
    const auto codes = [&](std::int64_t count) {
      std::vector<std::int8_t> values(static_cast<std::size_t>(count));
      for (std::int8_t& v : values)
        v = static_cast<std::int8_t>(static_cast<int>(random.below(draw++, 255)) - 127);
      return values;
    };
    const std::int32_t pad = layer.kernel / 2;
    const integrad_window window{layer.kernel, 1, 1, pad, pad};
    const integrad_dims from{side, side, layer.in}, to{side, side, layer.out};
    const std::int64_t pixels = std::int64_t{side} * side;
    const std::int64_t filter = std::int64_t{layer.kernel} * layer.kernel * layer.out;
    input = codes(pixels * layer.in);
    weights = codes(layer.depthwise ? filter : filter * layer.in);
    output.resize(static_cast<std::size_t>(pixels * layer.out));
    for (std::int32_t o = 0; o < layer.out; ++o) {
      bias.push_back(o * 100);
      scales.push_back({(1 << 30) + static_cast<std::int32_t>(random.below(draw++, 1u << 30)), -8});
    }
    const integrad_output_stage stage{scales.data(),    1,   -3,
                                      relu ? -3 : -128, 127, INTEGRAD_ROUNDING_DOUBLE};
    conv = {from, to, window, window, 1, 5, stage};
    deep = {from, to, window, window, 5, stage};
  }

  bool run() {
    return layer.depthwise
               ? int8::depthwise(deep, 1, input.data(), weights.data(), bias.data(), output.data())
               : int8::conv(conv, 1, input.data(), weights.data(), bias.data(), output.data());
  }
  void run_portable(std::int32_t rows) {
    const integrad_rows all = integrad_all_rows(input.data());
    if (layer.depthwise)
      integrad_depthwise_rows(&deep, all, weights.data(), bias.data(), output.data(), 0, rows);
    else
      integrad_conv_rows(&conv, all, weights.data(), bias.data(), output.data(), 0, rows);
  }

  Layer layer;
  std::vector<std::int8_t> input, weights, output;
  std::vector<std::int32_t> bias;
  std::vector<integrad_scale> scales;
  integrad_conv conv;
  integrad_depthwise deep;
};

void layer_in_integers(benchmark::State& state, const Layer& layer, bool relu) {
  Operands small(layer, 20, relu);
  if (!small.run())
    return state.SkipWithError("this instruction set has the portable kernels only");
  const std::vector<std::int8_t> ours = small.output;
  small.run_portable(20);
  if (ours != small.output) return state.SkipWithError("differs from the portable kernel");
  Operands timed(layer, layer.side, relu);
  for (auto _ : state) timed.run();
  const double macs = static_cast<double>(timed.output.size()) * layer.kernel * layer.kernel *
                      (layer.depthwise ? 1 : layer.in);
  state.counters["GOP/s"] =
      benchmark::Counter(2e-9 * macs, benchmark::Counter::kIsIterationInvariantRate);
}

/// A dense layer's kernel up to its sums.
void sums_of_layer(benchmark::State& state, const Layer& layer) {
  Operands timed(layer, layer.side, true);
  const auto sums =
      int8::conv_layer(timed.conv, timed.weights.data(), timed.bias.data(), int8::RowResult::sums);
  if (sums == nullptr)
    return state.SkipWithError("this instruction set has the portable kernels only");
  int8::RowPass pass = sums->pass;
  const Index own_bytes = pass.scratch_bytes;
  pass.scratch_bytes += Index{layer.side} * layer.out * 4;  // a row of sums, again and again
  const auto make_sums = [&](const std::uint8_t* const* rows, const std::int8_t* next,
                             std::uint8_t* scratch, const kernels::PairRow& pair, Index) {
    sums->kernel(rows, next, scratch, pair, reinterpret_cast<std::int8_t*>(scratch + own_bytes));
  };
  for (auto _ : state) int8::run_rows(pass, 1, timed.input.data(), make_sums);
}

const bool g_registered = [] {
  const Layer layers[] = {{3, 16, 16, 960},       {3, 3, 16, 960},  {1, 16, 16, 960},
                          {3, 16, 16, 960, true}, {3, 32, 64, 240}, {3, 64, 64, 120}};
  for (const Layer& layer : layers) {
    const auto name_of = [&](const std::string& what) {
      const std::string kernel = std::to_string(layer.kernel);
      return std::string(layer.depthwise ? "int8/depthwise/" : "int8/conv/") + kernel + "x" +
             kernel + "/" + std::to_string(layer.in) + "to" + std::to_string(layer.out) + "/side" +
             std::to_string(layer.side) + "/" + what;
    };
    if (!layer.depthwise)
      benchmark::RegisterBenchmark(name_of("sums").c_str(), sums_of_layer, layer)
          ->Unit(benchmark::kMillisecond);
    for (const bool relu : {true, false})
      benchmark::RegisterBenchmark(name_of(relu ? "relu" : "linear").c_str(), layer_in_integers,
                                   layer, relu)
          ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace

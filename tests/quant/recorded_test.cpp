// Layers whose results were recorded from TensorFlow Lite Micro (0.dev20261023), each through the
// way a model takes: graph, lowering, integer runner.
#include <doctest/doctest.h>

#include <array>

#include "integrad/nn/parameters.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/multiplier.h"
#include "integrad/quant/runner.h"

using namespace integrad;

namespace {

using Codes = std::array<int, 16>;

// Sixteen codes through layers that follow one another; `quantizations` of the input and each.
template <class Build>
void check_recorded(const std::vector<Quantization>& quantizations, const Codes& input,
                    const Codes& expected, Build build) {
  Graph graph;
  build(graph, graph.input({1, 4, 4, 1}));
  const QGraph program = lower(graph, {}, quantizations, find_target("cmsis-nn"));
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized({1, 4, 4, 1});
  for (Index i = 0; i < 16; ++i)
    codes[i] = static_cast<std::int8_t>(input[static_cast<std::size_t>(i)]);
  const auto results = run(program, codes, Keep::output);
  for (Index i = 0; i < 16; ++i) {
    CAPTURE(i);
    CHECK(results.back()[i] == expected[static_cast<std::size_t>(i)]);
  }
}

// -128, -111 ... 127
Codes every_seventeenth() {
  Codes codes{};
  for (int i = 0; i < 16; ++i) codes[static_cast<std::size_t>(i)] = 17 * i - 128;
  return codes;
}

struct RecordedFunction {
  Quantization in, out;
  Codes expected;
};

void check_function(const RecordedFunction& recorded, layer::Pointwise::Function function) {
  check_recorded({recorded.in, recorded.out}, every_seventeenth(), recorded.expected,
                 [&](Graph& graph, Value x) { graph.layer("f", layer::Pointwise{function}, {x}); });
}

}  // namespace

TEST_CASE("hard swish gives the recorded codes") {
  const RecordedFunction all[] = {
      {{0.05f, -3},
       {0.03f, -110},
       {-110, -110, -110, -110, -112, -121, -122, -115, -99, -76, -44, -7, 22, 50, 78, 107}},
      {{0.0012f, 127},
       {0.001f, 5},
       {-128, -124, -116, -107, -99, -90, -81, -72, -63, -54, -44, -35, -25, -15, -5, 5}},
      {{0.25f, -128},
       {0.125f, -128},
       {-128, -94, -60, -26, 8, 42, 76, 110, 127, 127, 127, 127, 127, 127, 127, 127}},
      // One of these differs when the 16-bit multipliers are cut and not rounded.
      {{0.012f, -5},
       {0.01f, -5},
       {-42, -42, -39, -36, -31, -24, -17, -7, 3, 15, 29, 43, 59, 77, 96, 116}},
      {{2.0f, 11},
       {0.9f, -127},
       {-127, -127, -127, -127, -127, -127, -127, -127, -127, -96, -58, -20, 17, 55, 93, 127}}};
  for (const RecordedFunction& recorded : all)
    check_function(recorded, layer::Pointwise::Function::hard_swish);
}

TEST_CASE("a ReLU that stands alone gives the recorded codes") {
  check_function(
      {{0.05f, -3},
       {0.03f, -110},
       {-110, -110, -110, -110, -110, -110, -110, -110, -92, -63, -35, -7, 22, 50, 78, 107}},
      layer::Pointwise::Function::relu);
}

TEST_CASE("subtraction gives the recorded codes") {
  struct Recorded {
    Quantization a, b, out;
    Codes codes_a, codes_b, expected;
  };
  const Recorded all[] = {
      {{0.05f, -3},
       {0.02f, 17},
       {0.06f, -20},
       {-128, 127, 34, 13, 75, -66, 93, -43, 119, -47, -37, -29, -45, 77, -81, -105},
       {127, -128, -75, 74, 58, 66, 61, 26, 120, -95, 69, -36, 44, 94, -13, 122},
       {-128, 127, 42, -26, 31, -89, 45, -56, 47, -19, -66, -24, -64, 21, -75, -128}},
      {{0.01f, 127},
       {0.04f, -128},
       {0.03f, 99},
       {-128, 127, -92, -87, -118, 96, -82, -87, -11, -42, -62, -38, -43, -29, 35, -99},
       {127, -128, 12, 65, -41, -109, 118, -28, -11, -128, 127, -10, 58, -106, -33, -120},
       {-128, 99, -128, -128, -99, 63, -128, -106, -103, 43, -128, -113, -128, 18, -58, 13}},
      {{0.1f, 0},
       {0.1f, 0},
       {0.2f, 1},
       {-128, 127, -43, -76, -115, 79, 112, -60, -17, 76, -22, -15, 84, 43, 56, 121},
       {127, -128, 36, 33, -101, -107, 62, -9, 123, -87, 41, 68, -124, -101, -49, -15},
       {-127, 127, -39, -54, -6, 94, 26, -25, -69, 83, -31, -41, 105, 73, 54, 69}}};
  for (const Recorded& r : all) {
    const AddScales s = add_scales(r.a.scale, r.b.scale, r.out.scale);
    const integrad_add layer{
        r.a.zero_point, r.b.zero_point,   s.input1, s.input2, s.output,
        kAddLeftShift,  r.out.zero_point, -128,     127,      INTEGRAD_ROUNDING_DOUBLE};
    for (std::size_t i = 0; i < 16; ++i) {
      CAPTURE(i);
      const std::int8_t a = static_cast<std::int8_t>(r.codes_a[i]),
                        b = static_cast<std::int8_t>(r.codes_b[i]);
      std::int8_t result = 0;
      integrad_subtract_elements(&layer, &a, &b, &result, 1);
      CHECK(result == r.expected[i]);
    }
  }
}

TEST_CASE("hard swish outside its 16 bits is refused, naming the layer") {
  Graph graph;
  graph.layer("swish", layer::Pointwise{layer::Pointwise::Function::hard_swish},
              {graph.input({1, 1, 1, 1})});
  const Target& target = find_target("cmsis-nn");
  const auto lowered = [&](float in, float out) {
    const std::vector<Quantization> q{{in, 0}, {out, 0}};
    return lower(graph, {}, q, target).size();
  };
  CHECK(lowered(0.99f * 128, 1.0f) == 2);
  CHECK(lowered(1.0f, 512.0f) == 2);
  CHECK_THROWS_WITH_AS(lowered(128.0f, 1.0f),
                       "layer 'swish': hard swish needs an input scale of 2^-9 to 2^7 output "
                       "scales; got 128 and 1",
                       Error);
  CHECK_THROWS_AS(lowered(1.0f, 513.0f), Error);
  CHECK_THROWS_AS(lowered(1e-7f, 1e-6f), Error);
}

#include <algorithm>
#include <cmath>

#include "integrad/quant/c/dsp/elementwise.h"
#include "integrad/quant/c/elementwise.h"
#include "integrad/quant/c/logistic.h"
#include "integrad/quant/c/look_up.h"
#include "integrad/quant/c/softmax.h"
#include "integrad/quant/golden_cases.h"
#include "integrad/quant/kernels/fast.h"
#include "integrad/quant/multiplier.h"

namespace integrad::golden {
namespace {

using Codes = GoldenArray<std::int8_t>;

/// Runs `elements(input1, input2, output, count)` on a case's two inputs, or `host` of the same
/// arguments, which may refuse.
template <class Elements, class Host>
void run_pair(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder,
              Elements&& elements, Host&& host) {
  const Codes input1 = c.tensor<std::int8_t>("input1"), input2 = c.tensor<std::int8_t>("input2");
  const Codes expected = expected_output<std::int8_t>(c, rounding);
  require(input1.shape == input2.shape, "the inputs must have one shape; got ", input1.shape,
          " and ", input2.shape);
  std::vector<std::int8_t> output(input1.values.size());
  const std::int8_t *first = input1.values.data(), *second = input2.values.data();
  const auto count = static_cast<std::ptrdiff_t>(output.size());
  recorder.compute(
      output, [&](std::int8_t* into) { return host(first, second, into, count); },
      [&] { elements(first, second, output.data(), count); });
  recorder.compare(c, "output", rounding, expected, output);
}

void run_add_with(decltype(&integrad_add_elements) kernel, const GoldenCase& c,
                  integrad_rounding rounding, Recorder& recorder) {
  const integrad_add layer{.zero_point1 = c.int32("zp1", -128, 127),
                           .zero_point2 = c.int32("zp2", -128, 127),
                           .scale1 = stored_scale(c, "mult1", "shift1"),
                           .scale2 = stored_scale(c, "mult2", "shift2"),
                           .output_scale = stored_scale(c, "mult_out", "shift_out"),
                           .left_shift = c.int32("left_shift", 0, 22),
                           .zero_point = c.int32("out_zp", -128, 127),
                           .low = c.int32("act_min", -128, 127),
                           .high = c.int32("act_max", -128, 127),
                           .rounding = rounding};
  if (c.has("scale1")) {
    const float first = c.real32("scale1"), second = c.real32("scale2");
    const float out = c.real32("scale_out");
    recorder.derivations(c, [&] {
      const AddScales scales = add_scales(first, second, out, layer.left_shift);
      recorder.derived(c, "first input's", layer.scale1, scales.input1);
      recorder.derived(c, "second input's", layer.scale2, scales.input2);
      recorder.derived(c, "output's", layer.output_scale, scales.output);
    });
  }
  run_pair(
      c, rounding, recorder,
      [&](const std::int8_t* input1, const std::int8_t* input2, std::int8_t* output,
          std::ptrdiff_t count) { kernel(&layer, input1, input2, output, count); },
      [&](const std::int8_t* input1, const std::int8_t* input2, std::int8_t* output,
          std::ptrdiff_t count) {
        return kernels::int8::add(layer, input1, input2, output, count);
      });
}

}  // namespace

void run_add(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_add_with(integrad_add_elements, c, rounding, recorder);
}
void run_add_dsp(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_add_with(integrad_dsp_add_elements, c, rounding, recorder);
}

void run_multiply(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const integrad_multiply layer{.zero_point1 = c.int32("zp1", -128, 127),
                                .zero_point2 = c.int32("zp2", -128, 127),
                                .scale = stored_scale(c, "mult_out", "shift_out"),
                                .zero_point = c.int32("out_zp", -128, 127),
                                .low = c.int32("act_min", -128, 127),
                                .high = c.int32("act_max", -128, 127),
                                .rounding = rounding};
  if (c.has("scale1")) {
    const float first = c.real32("scale1"), second = c.real32("scale2");
    const float out = c.real32("scale_out");
    recorder.derivations(c, [&] {
      recorder.derived(c, "output's", layer.scale, multiply_scale(first, second, out));
    });
  }
  run_pair(
      c, rounding, recorder,
      [&](const std::int8_t* input1, const std::int8_t* input2, std::int8_t* output,
          std::ptrdiff_t count) {
        integrad_multiply_elements(&layer, input1, input2, output, count);
      },
      [](auto&&...) { return false; });
}

void run_softmax(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const Codes input = c.tensor<std::int8_t>("input", 2);
  const Codes expected = expected_output<std::int8_t>(c, rounding, 2);
  require(input.shape == expected.shape, "input and output must have one shape; got ", input.shape,
          " and ", expected.shape);
  const integrad_scale scale{c.int32("in_mult", 0), c.int32("in_left_shift", 0, 31)};
  const std::int32_t smallest = c.int32("diff_min", INT32_MIN, 0);
  const double beta = c.real("beta");
  const float input_scale = c.real32("in_scale");
  recorder.derivations(c, [&] {
    const SoftmaxScale derived = softmax_scale(beta, input_scale);
    recorder.derived(c, "beta and input scale's", scale, derived.scale);
    recorder.derived(c, "smallest difference", 0, smallest, derived.smallest_difference);
  });
  // Differences of codes reach -255; those that count must fit 32 bits once shifted.
  require(std::ldexp(std::max(smallest, -255), scale.shift) >= INT32_MIN, "differences from ",
          smallest, " on leave 32 bits when shifted by ", scale.shift);
  if (input.shape[1] >= 4096)
    return recorder.refuse(c, "a softmax row of 4096 or more values overflows its sum");
  const integrad_softmax layer{.channels = static_cast<std::int32_t>(input.shape[1]),
                               .multiplier = scale.multiplier,
                               .left_shift = scale.shift,
                               .smallest_difference = smallest};
  std::vector<std::int8_t> output(input.values.size());
  integrad_softmax_rows(&layer, input.values.data(), output.data(), input.shape[0]);
  recorder.compare(c, "output", rounding, expected, output);
}

void run_logistic(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const Codes input = c.tensor<std::int8_t>("input");
  const Codes expected = expected_output<std::int8_t>(c, rounding);
  const integrad_logistic layer{.input_zero_point = c.int32("in_zp", -128, 127),
                                .scale = stored_scale(c, "in_mult", "in_left_shift"),
                                .radius = c.int32("in_radius", 0),
                                .rounding = rounding};
  const float input_scale = c.real32("in_scale");
  recorder.derivations(c, [&] {
    const LogisticScale derived = logistic_scale(input_scale);
    recorder.derived(c, "input scale's", layer.scale, derived.scale);
    recorder.derived(c, "radius", 0, layer.radius, derived.radius);
  });
  std::int8_t table[256];
  integrad_logistic_table(&layer, table);
  std::vector<std::int8_t> output(input.values.size());
  integrad_look_up(table, input.values.data(), output.data(),
                   static_cast<std::ptrdiff_t>(output.size()));
  recorder.compare(c, "output", rounding, expected, output);
}

}  // namespace integrad::golden

#include <cmath>

#include "integrad/quant/c/quantize.h"
#include "integrad/quant/golden_cases.h"
#include "integrad/quant/multiplier.h"

namespace integrad::golden {

void run_requantize(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const auto acc = c.tensor<std::int32_t>("acc", 1);
  const auto multiplier = c.tensor<std::int32_t>("mult", 1);
  const auto shift = c.tensor<std::int8_t>("shift8", 1);
  const auto expected =
      c.tensor<std::int32_t>(rounding == INTEGRAD_ROUNDING_DOUBLE ? "out_double" : "out_single", 1);
  require(acc.shape == multiplier.shape && acc.shape == shift.shape, "acc ", acc.shape, ", mult ",
          multiplier.shape, " and shift8 ", shift.shape, " must have one size");
  std::vector<std::int32_t> output(acc.values.size());
  for (std::size_t i = 0; i < output.size(); ++i) {
    require(shift.values[i] >= -31 && shift.values[i] <= 30, "a shift must be in [-31, 30]; got ",
            +shift.values[i]);
    output[i] = integrad_rescale(acc.values[i], {multiplier.values[i], shift.values[i]}, rounding);
  }
  recorder.compare(c, "output", rounding, expected, output);
}

void run_requantize_codes(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const auto input = c.tensor<std::int8_t>("input");
  const auto expected = expected_output<std::int8_t>(c, rounding);
  const integrad_requantization layer{.input_zero_point = c.int32("in_zp", -128, 127),
                                      .scale = stored_scale(c, "mult", "shift"),
                                      .zero_point = c.int32("out_zp", -128, 127),
                                      .low = -128,
                                      .high = 127,
                                      .rounding = rounding};
  const float input_scale = c.real32("in_scale"), output_scale = c.real32("out_scale");
  recorder.derivations(c, [&] {
    recorder.derived(c, "scale", layer.scale, requantize_scale(input_scale, output_scale));
  });
  std::vector<std::int8_t> output(input.values.size());
  integrad_requantize_elements(&layer, input.values.data(), output.data(),
                               static_cast<std::ptrdiff_t>(output.size()));
  recorder.compare(c, "output", rounding, expected, output);
}

void run_quantize(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const auto x = c.tensor<float>("x");
  const auto codes = c.tensor<std::int8_t>("q");
  const auto reals = c.tensor<float>("dq");
  const float scale = c.real32("scale");
  require(scale > 0, "'scale' must be positive; got ", scale);
  const std::int32_t zero_point = c.int32("zp", -128, 127);
  const auto count = static_cast<std::ptrdiff_t>(x.values.size());
  require(x.shape == codes.shape && x.shape == reals.shape, "x ", x.shape, ", q ", codes.shape,
          " and dq ", reals.shape, " must have one size");
  std::vector<std::int8_t> quantized(x.values.size());
  integrad_quantize_elements(x.values.data(), scale, zero_point, quantized.data(), count);
  recorder.compare(c, "q", rounding, codes, quantized);
  std::vector<float> back(x.values.size());
  integrad_dequantize_elements(codes.values.data(), scale, zero_point, back.data(), count);
  recorder.compare(c, "dq", rounding, reals, back);
}

void run_quantize_multiplier(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  using Integers = GoldenArray<std::int32_t>;
  std::vector<std::int32_t> multiplier, shift;
  const auto put = [&](integrad_scale scale) {
    multiplier.push_back(scale.multiplier);
    shift.push_back(scale.shift);
  };
  const auto compare = [&](const std::string& multiplier_key, const std::string& shift_key) {
    const Integers expected_multiplier = c.tensor<std::int32_t>(multiplier_key, 1);
    const Integers expected_shift = c.tensor<std::int32_t>(shift_key, 1);
    recorder.compare(c, multiplier_key, rounding, expected_multiplier, multiplier);
    recorder.compare(c, shift_key, rounding, expected_shift, shift);
    multiplier.clear();
    shift.clear();
  };
  if (c.has("x")) {
    const std::string suffix = rounding == INTEGRAD_ROUNDING_DOUBLE ? "_double" : "_single";
    for (const double real : c.tensor<double>("x", 1).values)
      put(quantize_multiplier(real, rounding));
    compare("mult" + suffix, "shift" + suffix);
    return;
  }
  const auto input = c.tensor<float>("s_in", 1).values, weight = c.tensor<float>("s_w", 1).values,
             output = c.tensor<float>("s_out", 1).values;
  require(input.size() == weight.size() && input.size() == output.size(),
          "s_in, s_w and s_out must have one size");
  for (std::size_t i = 0; i < input.size(); ++i) put(conv_scale(input[i], weight[i], output[i]));
  compare("conv_mult", "conv_shift");
  for (std::size_t i = 0; i < input.size(); ++i)
    put(fully_connected_scale(input[i], weight[i], output[i]));
  compare("fc_mult", "fc_shift");
}

}  // namespace integrad::golden

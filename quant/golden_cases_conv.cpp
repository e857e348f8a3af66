#include "integrad/quant/c/conv.h"
#include "integrad/quant/c/depthwise.h"
#include "integrad/quant/c/dsp/conv.h"
#include "integrad/quant/c/dsp/depthwise.h"
#include "integrad/quant/c/fully_connected.h"
#include "integrad/quant/c/transposed_conv.h"
#include "integrad/quant/folded_bias.h"
#include "integrad/quant/golden_cases.h"
#include "integrad/quant/kernels/fast.h"

namespace integrad::golden {
namespace {

using Codes = GoldenArray<std::int8_t>;

/// What all sums of products share: operands, the output stage and its tables.
struct Operands {
  Codes input, filter, expected;
  std::vector<std::int32_t> bias;  // empty when not given
  std::vector<integrad_scale> scales;
  integrad_output_stage stage{};

  const std::int32_t* bias_data() const { return bias.empty() ? nullptr : bias.data(); }
};

Operands read_operands(const GoldenCase& c, integrad_rounding rounding, int rank) {
  Operands result{c.tensor<std::int8_t>("input", rank),
                  c.tensor<std::int8_t>("filter", rank),
                  expected_output<std::int8_t>(c, rounding, rank),
                  {},
                  {},
                  {}};
  const Index outputs = result.expected.shape.channels();
  require(result.expected.shape[0] == result.input.shape[0],
          "input and output must have one batch size; got ", result.input.shape, " and ",
          result.expected.shape);
  if (c.has("bias")) {
    result.bias = c.tensor<std::int32_t>("bias", 1).values;
    require(std::cmp_equal(result.bias.size(), outputs), "bias must have ", outputs,
            " elements; got ", result.bias.size());
  }
  const auto multiplier = c.tensor<std::int32_t>("mult", 1).values;
  const auto shift = c.tensor<std::int32_t>("shift", 1).values;
  require(multiplier.size() == shift.size(), "mult and shift must have one size");
  require(multiplier.size() == 1 || std::cmp_equal(multiplier.size(), outputs),
          "mult must have 1 or ", outputs, " elements; got ", multiplier.size());
  for (std::size_t i = 0; i < shift.size(); ++i) {
    require(multiplier[i] >= 0 && shift[i] >= -31 && shift[i] <= 30,
            "a multiplier must not be negative and a shift be in [-31, 30]; got ", multiplier[i],
            " and ", shift[i]);
    result.scales.push_back({multiplier[i], shift[i]});
  }
  result.stage = {.scales = result.scales.data(),
                  .scale_step = result.scales.size() > 1 ? 1 : 0,
                  .zero_point = c.int32("out_zp", -128, 127),
                  .low = c.int32("act_min", -128, 127),
                  .high = c.int32("act_max", -128, 127),
                  .rounding = rounding};
  require(result.stage.low <= result.stage.high, "act_min exceeds act_max");
  return result;
}

integrad_window read_window(const GoldenCase& c, Index kernel, std::string_view stride,
                            std::string_view dilation, std::string_view pad) {
  require(kernel <= kMaxExtent, "a kernel must be at most ", kMaxExtent, "; got ", kernel);
  return {.kernel = static_cast<std::int32_t>(kernel),
          .stride = c.int32(stride, 1, kMaxExtent),
          .dilation = dilation.empty() ? 1 : c.int32(dilation, 1, kMaxExtent),
          .pad_before = c.int32(pad, 0, kMaxExtent),
          .pad_after = 0};
}

std::int32_t input_zero_point(const GoldenCase& c) {
  return c.int32("in_zp", -128, 127);
}

/// Whether a kernel takes biases as they are or with the input's zero point folded in.
enum class Biases { plain, folded };

template <class Layer>
std::vector<std::int32_t> fold(const Operands& o, ChannelAxis axis, const Layer& layer) {
  return folded_bias(o.filter.values, axis, layer.output.channels, o.bias, layer.input_zero_point);
}

void run_conv_with(decltype(&integrad_conv_rows) kernel, Biases biases, const GoldenCase& c,
                   integrad_rounding rounding, Recorder& recorder) {
  const Operands o = read_operands(c, rounding, 4);
  const Shape filter = o.filter.shape;
  const integrad_conv layer{.input = image_dims(o.input.shape),
                            .output = image_dims(o.expected.shape),
                            .window_y = read_window(c, filter[1], "stride_h", "dil_h", "pad_top"),
                            .window_x = read_window(c, filter[2], "stride_w", "dil_w", "pad_left"),
                            .groups = c.int32("groups", 1, kMaxExtent),
                            .input_zero_point = input_zero_point(c),
                            .stage = o.stage};
  require(filter[0] == layer.output.channels && layer.input.channels % layer.groups == 0 &&
              layer.output.channels % layer.groups == 0 &&
              filter[3] == layer.input.channels / layer.groups,
          "filter ", filter, " does not fit input ", o.input.shape, ", output ", o.expected.shape,
          " and ", layer.groups, " groups");
  const std::vector<std::int32_t> folded = fold(o, ChannelAxis::first, layer);
  const std::int32_t* bias = biases == Biases::folded ? folded.data() : o.bias_data();
  std::vector<std::int8_t> output(o.expected.values.size());
  recorder.compute(
      output,
      [&](std::int8_t* into) {
        return kernels::int8::conv(layer, o.input.shape[0], o.input.values.data(),
                                   o.filter.values.data(), o.bias_data(), into);
      },
      [&] {
        for_each_half(o.input.shape[0], layer.input, layer.output,
                      [&](Index from, Index to, std::int32_t begin, std::int32_t end) {
                        kernel(&layer, integrad_all_rows(o.input.values.data() + from),
                               o.filter.values.data(), bias, output.data() + to, begin, end);
                      });
      });
  recorder.compare(c, "output", rounding, o.expected, output);
}

void run_depthwise_with(decltype(&integrad_depthwise_rows) kernel, Biases biases,
                        const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const Operands o = read_operands(c, rounding, 4);
  const Shape filter = o.filter.shape;
  const integrad_depthwise layer{
      .input = image_dims(o.input.shape),
      .output = image_dims(o.expected.shape),
      .window_y = read_window(c, filter[1], "stride_h", "dil_h", "pad_top"),
      .window_x = read_window(c, filter[2], "stride_w", "dil_w", "pad_left"),
      .input_zero_point = input_zero_point(c),
      .stage = o.stage};
  const std::int32_t multiplier = c.int32("depth_mult", 1, kMaxExtent);
  require(filter[0] == 1 && filter[3] == layer.output.channels &&
              filter[3] == Index{layer.input.channels} * multiplier,
          "filter ", filter, " does not fit input ", o.input.shape, ", output ", o.expected.shape,
          " and depth multiplier ", multiplier);
  const std::vector<std::int32_t> folded = fold(o, ChannelAxis::last, layer);
  const std::int32_t* bias = biases == Biases::folded ? folded.data() : o.bias_data();
  std::vector<std::int8_t> output(o.expected.values.size());
  recorder.compute(
      output,
      [&](std::int8_t* into) {
        return kernels::int8::depthwise(layer, o.input.shape[0], o.input.values.data(),
                                        o.filter.values.data(), o.bias_data(), into);
      },
      [&] {
        for_each_half(o.input.shape[0], layer.input, layer.output,
                      [&](Index from, Index to, std::int32_t begin, std::int32_t end) {
                        kernel(&layer, integrad_all_rows(o.input.values.data() + from),
                               o.filter.values.data(), bias, output.data() + to, begin, end);
                      });
      });
  recorder.compare(c, "output", rounding, o.expected, output);
}

}  // namespace

void run_conv(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_conv_with(integrad_conv_rows, Biases::plain, c, rounding, recorder);
}
void run_conv_dsp(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_conv_with(integrad_dsp_conv_rows, Biases::folded, c, rounding, recorder);
}

void run_depthwise(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_depthwise_with(integrad_depthwise_rows, Biases::plain, c, rounding, recorder);
}
void run_depthwise_dsp(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_depthwise_with(integrad_dsp_depthwise_rows, Biases::folded, c, rounding, recorder);
}

void run_transposed_conv(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const Operands o = read_operands(c, rounding, 4);
  const Shape filter = o.filter.shape;
  const integrad_transposed_conv layer{
      .input = image_dims(o.input.shape),
      .output = image_dims(o.expected.shape),
      .window_y = read_window(c, filter[1], "stride_h", "", "pad_top"),
      .window_x = read_window(c, filter[2], "stride_w", "", "pad_left"),
      .input_zero_point = input_zero_point(c),
      .stage = o.stage};
  require(filter[0] == layer.output.channels && filter[3] == layer.input.channels, "filter ",
          filter, " does not fit input ", o.input.shape, " and output ", o.expected.shape);
  std::vector<std::int8_t> output(o.expected.values.size());
  for_each_half(o.input.shape[0], layer.input, layer.output,
                [&](Index from, Index to, std::int32_t begin, std::int32_t end) {
                  integrad_transposed_conv_rows(
                      &layer, integrad_all_rows(o.input.values.data() + from),
                      o.filter.values.data(), o.bias_data(), output.data() + to, begin, end);
                });
  recorder.compare(c, "output", rounding, o.expected, output);
}

void run_fully_connected(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  const Operands o = read_operands(c, rounding, 2);
  const Index inputs = o.input.shape[1], outputs = o.expected.shape[1];
  require(o.filter.shape == Shape{outputs, inputs}, "filter ", o.filter.shape,
          " does not fit input ", o.input.shape, " and output ", o.expected.shape);
  const integrad_fully_connected layer{.inputs = static_cast<std::int32_t>(inputs),
                                       .outputs = static_cast<std::int32_t>(outputs),
                                       .input_zero_point = input_zero_point(c),
                                       .filter_zero_point = c.int32("filter_zp", -128, 127),
                                       .stage = o.stage};
  std::vector<std::int8_t> output(o.expected.values.size());
  for (Index n = 0; n < o.input.shape[0]; ++n)
    integrad_fully_connected_outputs(&layer, o.input.values.data() + n * inputs,
                                     o.filter.values.data(), o.bias_data(),
                                     output.data() + n * outputs, 0, layer.outputs);
  recorder.compare(c, "output", rounding, o.expected, output);
}

}  // namespace integrad::golden

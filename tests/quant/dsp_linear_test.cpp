// The kernels for Arm's DSP extension against the portable ones, with the instructions emulated on
// other machines: drawn layers of every remainder, on buffers whose ends nobody may pass.
#include "../support/dsp_case.h"
#include "integrad/quant/c/dsp/conv.h"
#include "integrad/quant/c/dsp/depthwise.h"
#include "integrad/quant/folded_bias.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

constexpr int kCases = 3000;

/// What kernels of both kinds of convolution read and write.
struct Linear {
  GuardedBuffer<std::int8_t> weight, expected, actual;
  GuardedBuffer<std::int32_t> bias, folded;

  Linear(DspDraw& draw, Edge edge, std::size_t weights, std::size_t channels, std::size_t outputs,
         ChannelAxis axis, std::int32_t zero_point)
      : weight(weights, edge),
        expected(outputs, edge),
        actual(outputs, edge),
        bias(channels, GuardedBuffer<std::int32_t>::Edge::end),
        folded(channels, GuardedBuffer<std::int32_t>::Edge::end) {
    for (std::int8_t& w : weight.values()) w = draw.code();
    for (std::int32_t& b : bias.values())
      b = draw.once_in(10) ? draw.one_of({INT32_MIN, INT32_MAX}) : draw.between(-30000, 30000);
    std::ranges::copy(
        folded_bias(weight.values(), axis, static_cast<Index>(channels), bias.values(), zero_point),
        folded.data());
  }
  bool equal() { return std::ranges::equal(expected.values(), actual.values()); }
};

std::size_t size(std::ptrdiff_t value) {
  return static_cast<std::size_t>(value);
}

integrad_dims outputs_of(integrad_dims in, integrad_window y, integrad_window x,
                         std::int32_t channels) {
  return {integrad_window_outputs(in.height, y), integrad_window_outputs(in.width, x), channels};
}

}  // namespace

TEST_CASE("the DSP convolution gives the portable one's bytes for every remainder") {
  DspDraw draw(1);
  int parts = 0, grouped = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::int32_t groups = draw.once_in(3) ? draw.between(2, 4) : 1;
    const std::int32_t inputs =
        draw.once_in(3) ? draw.one_of({15, 16, 17, 33}) : draw.between(1, 9);
    const std::int32_t outputs = draw.once_in(8) ? 33 : draw.between(1, 6);
    const integrad_window y = draw.window(), x = draw.window();
    const integrad_dims in{draw.between(1, 7), draw.between(1, 9), groups * inputs};
    const integrad_dims out = outputs_of(in, y, x, groups * outputs);
    if (out.height < 1 || out.width < 1) continue;
    const DrawnStage stage(draw, out.channels);
    const integrad_conv layer{in, out, y, x, groups, draw.one_of({-128, 127, 0, -7}), stage.stage};
    const std::int32_t depth = y.kernel * x.kernel * inputs;
    const std::int32_t begin = draw.below(out.height), end = draw.between(begin, out.height);
    const Edge edge = draw.one_of({Edge::begin, Edge::end});
    DrawnRows rows(draw, in, y, begin, end, edge);
    Linear linear(draw, edge, size(std::ptrdiff_t{depth} * out.channels), size(out.channels),
                  size((end - begin) * integrad_row_size(out)), ChannelAxis::first,
                  layer.input_zero_point);
    integrad_conv_rows(&layer, rows.rows(), linear.weight.data(), linear.bias.data(),
                       linear.expected.data(), begin, end);
    integrad_dsp_conv_rows(&layer, rows.rows(), linear.weight.data(), linear.folded.data(),
                           linear.actual.data(), begin, end);
    INFO("case ", i, ": ", text_of(in), " -> ", text_of(out), ", ", groups, " groups, rows ", begin,
         " to ", end, "; ", text_of(y), "; ", text_of(x));
    REQUIRE(linear.equal());
    parts += depth > INTEGRAD_COLUMN_DEPTH && out.channels / groups > INTEGRAD_CONV_CHANNELS;
    grouped += groups > 1;
  }
  CHECK(parts > 10);
  CHECK(grouped > 100);
}

TEST_CASE("the DSP depthwise convolution gives the portable one's bytes for every remainder") {
  DspDraw draw(2);
  int words = 0, many_taps = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::int32_t multiplier = draw.once_in(4) ? draw.between(2, 4) : 1;
    integrad_window y = draw.window(), x = draw.window();
    if (draw.once_in(10)) y.kernel = x.kernel = 6; /* more taps than are unpacked */
    if (draw.once_in(2)) y.kernel = x.kernel = 3;
    const std::int32_t inputs =
        draw.once_in(3) ? draw.one_of({15, 16, 17, 33}) : draw.between(1, 9);
    const integrad_dims in{draw.between(1, 9), draw.between(1, 9), inputs};
    const integrad_dims out = outputs_of(in, y, x, inputs * multiplier);
    if (out.height < 1 || out.width < 1) continue;
    const DrawnStage stage(draw, out.channels);
    const integrad_depthwise layer{in, out, y, x, draw.one_of({-128, 127, 0, -7}), stage.stage};
    const std::int32_t begin = draw.below(out.height), end = draw.between(begin, out.height);
    const Edge edge = draw.one_of({Edge::begin, Edge::end});
    DrawnRows rows(draw, in, y, begin, end, edge);
    Linear linear(draw, edge, size(std::ptrdiff_t{y.kernel} * x.kernel * out.channels),
                  size(out.channels), size((end - begin) * integrad_row_size(out)),
                  ChannelAxis::last, layer.input_zero_point);
    integrad_depthwise_rows(&layer, rows.rows(), linear.weight.data(), linear.bias.data(),
                            linear.expected.data(), begin, end);
    integrad_dsp_depthwise_rows(&layer, rows.rows(), linear.weight.data(), linear.folded.data(),
                                linear.actual.data(), begin, end);
    INFO("case ", i, ": ", text_of(in), " -> ", text_of(out), ", rows ", begin, " to ", end, "; ",
         text_of(y), "; ", text_of(x));
    REQUIRE(linear.equal());
    words += multiplier == 1 && inputs >= 4;
    many_taps += y.kernel * x.kernel > INTEGRAD_DEPTHWISE_TAPS;
  }
  CHECK(words > 500);
  CHECK(many_taps > 20);
}

TEST_CASE("a folded bias is the bias without the input's zero point") {
  const std::int8_t weight[] = {1, 2, 3, -4, 5, -6};
  const std::int32_t bias[] = {10, INT32_MIN};
  CHECK(folded_bias(weight, ChannelAxis::first, 2, bias, -3) ==
        std::vector<std::int32_t>{10 + 3 * 6, INT32_MAX - 14});
  CHECK(folded_bias(weight, ChannelAxis::last, 3, {}, 2) ==
        std::vector<std::int32_t>{-2 * (1 - 4), -2 * (2 + 5), -2 * (3 - 6)});
  CHECK_THROWS_WITH(folded_bias(weight, ChannelAxis::first, 4, {}, 0),
                    "folded bias: 6 weights do not make 4 channels");
  CHECK_THROWS_WITH(folded_bias(weight, ChannelAxis::first, 3, bias, 0),
                    "folded bias: 3 channels need as many biases; got 2");
}

// As dsp_linear_test.cpp, for the kernels without weights.
#include <cmath>

#include "../support/dsp_case.h"
#include "integrad/quant/c/dsp/elementwise.h"
#include "integrad/quant/c/dsp/finish.h"
#include "integrad/quant/c/dsp/pool.h"
#include "integrad/quant/c/dsp/unpool.h"
#include "integrad/quant/multiplier.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

std::size_t size(std::ptrdiff_t value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

TEST_CASE("common scales requantise as the definition does, in both roundings") {
  DspDraw draw(3);
  const std::int32_t edges[] = {INT32_MIN, INT32_MIN + 1, -(1 << 30),    -1,       0, 1,
                                2,         1 << 30,       INT32_MAX - 1, INT32_MAX};
  for (std::int32_t right = 2; right <= 31; ++right)
    for (int i = 0; i < 4000; ++i) {
      const integrad_scale scale{i % 50 == 0   ? 1 << 30
                                 : i % 50 == 1 ? INT32_MAX
                                               : draw.scale(true).multiplier,
                                 -right};
      REQUIRE(integrad_is_common_scale(scale));
      // Values near ties: half steps of the output, up to one more or less.
      const double step = std::ldexp(1.0, 31 + right) / scale.multiplier;
      const double tie = (draw.between(-260, 260) + 0.5) * step + draw.between(-2, 2);
      const std::int32_t value = i < 10 ? edges[i]
                                 : std::fabs(tie) < 0x1p31 && i % 2 == 0
                                     ? static_cast<std::int32_t>(tie)
                                     : draw.word();
      const std::int32_t zero_point = draw.between(-128, 127);
      for (const auto rounding : {INTEGRAD_ROUNDING_DOUBLE, INTEGRAD_ROUNDING_SINGLE}) {
        const std::int32_t code = integrad_common_requantize(
            static_cast<std::uint32_t>(value), integrad_make_common_scale(scale, rounding),
            rounding, 1 + 2 * zero_point);
        if (code != integrad_requantize(value, scale, rounding, zero_point, -128, 127))
          FAIL("value ", value, " multiplier ", scale.multiplier, " shift ", scale.shift,
               " rounding ", rounding);
      }
    }
}

TEST_CASE("the DSP addition gives the portable one's bytes") {
  DspDraw draw(4);
  int quick = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::size_t count = size(draw.between(0, 33));
    const auto scale = [&] {
      return std::ldexp(0.5f + 0.01f * static_cast<float>(draw.below(50)), -draw.below(8));
    };
    const float first = scale(), second = draw.once_in(4) ? first : scale(), out = scale();
    const AddScales real = add_scales(first, second, out, 20);
    const bool any = draw.once_in(5);
    const bool narrow = draw.once_in(2);
    const std::int32_t low = narrow ? draw.between(-128, 100) : -128;
    const integrad_add layer{draw.between(-128, 127),
                             draw.between(-128, 127),
                             any ? draw.scale(false) : real.input1,
                             any ? draw.scale(false) : real.input2,
                             any ? draw.scale(false) : real.output,
                             draw.once_in(4) ? draw.between(0, 22) : 20,
                             draw.between(-128, 127),
                             low,
                             narrow ? draw.between(low, 127) : 127,
                             draw.rounding()};
    const Edge edge = draw.one_of({Edge::begin, Edge::end});
    GuardedBuffer<std::int8_t> a(count, edge), b(count, edge), expected(count, edge),
        actual(count, edge);
    for (std::int8_t& code : a.values()) code = draw.code();
    for (std::int8_t& code : b.values()) code = draw.code();
    const auto n = static_cast<std::ptrdiff_t>(count);
    integrad_add_elements(&layer, a.data(), b.data(), expected.data(), n);
    integrad_dsp_add_elements(&layer, a.data(), b.data(), actual.data(), n);
    INFO("case ", i, ": ", count, " codes, scales ", first, " ", second, " ", out);
    REQUIRE(std::ranges::equal(expected.values(), actual.values()));
    // A plan may let the sum take the place of either operand.
    std::int8_t* const place = draw.one_of({a.data(), b.data()});
    integrad_dsp_add_elements(&layer, a.data(), b.data(), place, n);
    REQUIRE(std::equal(place, place + count, expected.data()));
    quick += !any && layer.rounding == INTEGRAD_ROUNDING_DOUBLE && count > 4;
  }
  CHECK(quick > 300);
}

TEST_CASE("the DSP pool and unpool give the portable ones' bytes, and the same winners") {
  DspDraw draw(5);
  int quick = 0;
  for (int i = 0; i < 3000; ++i) {
    integrad_window y = draw.window(), x = draw.window();
    const bool halves = draw.once_in(2);
    if (halves) y = x = {.kernel = 2, .stride = 2, .dilation = 1, .pad_before = 0, .pad_after = 0};
    y.pad_before = std::min(y.pad_before, y.kernel - 1);
    x.pad_before = std::min(x.pad_before, x.kernel - 1);
    const std::int32_t channels =
        draw.once_in(3) ? draw.one_of({15, 16, 17, 33}) : draw.between(1, 9);
    const integrad_dims in{draw.between(1, 9), draw.between(1, 9), channels};
    integrad_dims out{integrad_window_outputs(in.height, y), integrad_window_outputs(in.width, x),
                      channels};
    /* Every window meets the image. */
    const auto meets = [](integrad_window w, std::int32_t inputs, std::int32_t outputs) {
      for (std::int32_t o = 0; o < outputs; ++o) {
        const std::int32_t start = integrad_window_start(o, w);
        if (integrad_window_first_tap(start, w) >= integrad_window_end_tap(start, inputs, w))
          return false;
      }
      return outputs > 0;
    };
    if (!meets(y, in.height, out.height) || !meets(x, in.width, out.width)) continue;
    const bool narrow = draw.once_in(2);
    const std::int32_t low = narrow ? draw.between(-128, 100) : -128;
    const integrad_pool layer{in, out, y, x, low, narrow ? draw.between(low, 127) : 127};
    const Edge edge = draw.one_of({Edge::begin, Edge::end});
    DrawnRows rows(draw, in, y, 0, out.height, edge);
    const std::size_t codes = size(out.height * integrad_row_size(out));
    const std::size_t places = size(out.height * integrad_winner_row_size(out, y, x));
    const auto other = edge == Edge::begin ? GuardedBuffer<std::uint8_t>::Edge::begin
                                           : GuardedBuffer<std::uint8_t>::Edge::end;
    GuardedBuffer<std::int8_t> expected(codes, edge), actual(codes, edge);
    GuardedBuffer<std::uint8_t> winners(places, other), won(places, other);
    const bool keeps = !draw.once_in(4);
    integrad_max_pool_rows(&layer, rows.rows(), expected.data(), keeps ? winners.data() : nullptr,
                           0, out.height);
    integrad_dsp_max_pool_rows(&layer, rows.rows(), actual.data(), keeps ? won.data() : nullptr, 0,
                               out.height);
    INFO("case ", i, ": ", text_of(in), " -> ", text_of(out), "; ", text_of(y), "; ", text_of(x));
    REQUIRE(std::ranges::equal(expected.values(), actual.values()));
    REQUIRE(std::ranges::equal(winners.values(), won.values()));
    if (!keeps) continue;

    const integrad_unpool up{out, in, y, x, draw.between(-128, 127)};
    const std::int32_t begin = draw.below(in.height), end = draw.between(begin, in.height);
    const std::size_t spread = size((end - begin) * integrad_row_size(in));
    GuardedBuffer<std::int8_t> placed(spread, edge), filled(spread, edge);
    if (begin == end) continue;
    integrad_unpool_rows(&up, integrad_all_rows(actual.data()), integrad_all_winners(won.data()),
                         placed.data(), begin, end);
    integrad_dsp_unpool_rows(&up, integrad_all_rows(actual.data()),
                             integrad_all_winners(won.data()), filled.data(), begin, end);
    REQUIRE(std::ranges::equal(placed.values(), filled.values()));
    quick += halves && channels % 4 == 0 && in.height == 2 * out.height;
  }
  CHECK(quick > 20);
}

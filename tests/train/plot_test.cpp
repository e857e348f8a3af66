#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "integrad/tensor/error.h"
#include "integrad/train/comparison.h"
#include "integrad/train/format.h"
#include "integrad/train/html.h"
#include "integrad/train/svg_plot.h"

using namespace integrad;

TEST_CASE("ticks are round numbers around the values") {
  const Ticks loss = axis_ticks(0, 1.13, 5);
  CHECK(loss.low == 0);
  CHECK(loss.step == doctest::Approx(0.5));
  CHECK(loss.high == doctest::Approx(1.5));
  CHECK(loss.count() == 4);
  CHECK(loss.at(3) == doctest::Approx(1.5));

  // A value on a mark does not ask for the next one, in spite of rounding.
  CHECK(axis_ticks(0, 0.1 * 3, 4).high == doctest::Approx(0.3));
  CHECK(whole_ticks(1, 3, 6).step == 1);
  CHECK(whole_ticks(0, 12, 6).step == 5);  // 2.5 is not a whole number
}

TEST_CASE("ticks contain the interval for any magnitude") {
  for (const double low : {0.0, -3.7, 1e-9, 5e11})
    for (const double width : {0.0, 1e-12, 2.3e-5, 0.7, 1.0, 99.0, 3e9}) {
      CAPTURE(low);
      CAPTURE(width);
      if (low + width == low && width > 0) continue;
      if (width > 0 && width < std::fabs(low) * 1e-6) continue;
      const Ticks ticks = axis_ticks(low, low + width, 5);
      CHECK(ticks.low <= low + ticks.step * 1e-6);
      CHECK(ticks.at(ticks.count() - 1) >= low + width - ticks.step * 1e-6);
      CHECK(ticks.count() >= 2);
      CHECK(ticks.count() <= 8);
    }
}

TEST_CASE("an axis of no numbers is refused") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(axis_ticks(0, infinity, 5), Error);
  CHECK_THROWS_AS(axis_ticks(std::nan(""), 1, 5), Error);
  CHECK_THROWS_AS(axis_ticks(2, 1, 5), Error);
}

TEST_CASE("numbers are written for readers") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(1000) == "1,000");
  CHECK(format_count(-1234567) == "-1,234,567");
  CHECK(format_bytes(1) == "1 byte");
  CHECK(format_bytes(1023) == "1,023 bytes");
  CHECK(format_bytes(53146) == "51.9 KiB");
  CHECK(format_bytes(Index{5} << 20) == "5.00 MiB");
  CHECK(format_fixed(0.81236, 4) == "0.8124");
  CHECK(format_fixed(std::nan(""), 4) == "\u2013");
  CHECK(format_tick(0.25, 0.25) == "0.25");
  CHECK(format_tick(0.5, 0.25) == "0.50");
  CHECK(format_tick(20, 5) == "20");
  CHECK(format_tick(0.002, 0.0005) == "0.0020");
  CHECK(format_tick(1.5e-5, 5e-6) == "1.5e-05");
  CHECK(format_tick(0, 5e-6) == "0");
}

TEST_CASE("a chart's line runs from the first point to the last") {
  const double gap = std::nan("");
  const std::string svg = draw_svg({.title = "Loss & more",
                                    .x_label = "epoch",
                                    .series = {{"float", {0, 1, 2, 4}, {1, gap, 0.5, 0}}},
                                    .include_x = {},
                                    .include_y = {}});
  // The drawing's area is 52 .. 388 across and 34 .. 216 down; the axes 0 .. 4 and 0 .. 1.
  CHECK(svg.find("d=\"M52.0 34.0L220.0 125.0L388.0 216.0\"") != std::string::npos);
  CHECK(svg.find("Loss &amp; more") != std::string::npos);
  CHECK(svg.find(">0.25<") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);

  CHECK(draw_svg({.title = "x",
                  .x_label = "",
                  .series = {{"a", {1}, {gap}}},
                  .include_x = {0},
                  .include_y = {0}})
            .find("no values") != std::string::npos);
  CHECK_THROWS_AS(draw_svg({.title = "x",
                            .x_label = "",
                            .series = {{"a", {1, 2}, {1}}},
                            .include_x = {},
                            .include_y = {}}),
                  Error);
}

TEST_CASE("base64 pads as RFC 4648 says") {
  const auto encoded = [](std::string_view text) {
    return encode_base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xfe\xfd") == "//79");
}

TEST_CASE("escaping covers text and attributes") {
  CHECK(escape_html("<a href='x'>\"&\"</a>") ==
        "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;");
  CHECK(escape_html(std::string_view("a\0b\x1b\x7f\tc\n", 8)) == "a b  \tc\n");
  CHECK(escape_html("Größe") == "Größe");
}

TEST_CASE("an overlay tells hits, false alarms and misses apart") {
  const Image image(Shape{1, 1, 4, 3}, 90);
  const Image truth(Shape{1, 1, 4, 1}, {1, 1, 0, 0});
  const Image prediction(Shape{1, 1, 4, 1}, {1, 0, 1, 0});
  const Image picture = show_prediction(image, truth, prediction);
  const auto is = [&](Index pixel, const Colour& colour) {
    return std::equal(colour.begin(), colour.end(), picture.data() + 3 * pixel);
  };
  CHECK(is(0, kFound));
  CHECK(is(1, kMissed));
  CHECK(is(2, kFalse));
  CHECK(is(3, {30, 30, 30}));
  CHECK(to_hex(kFalse) == "#d55e00");
  CHECK_THROWS_AS(show_truth(image, Image(Shape{1, 2, 2, 1})), Error);
  CHECK_THROWS_AS(dimmed(Image(Shape{1, 2, 2, 1})), Error);
}

#include "integrad/train/report.h"

#include <doctest/doctest.h>

#include "integrad/tensor/files.h"
#include "integrad/tests/support/report_case.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/format.h"

using namespace integrad;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::vector<std::uint8_t> decode_base64(const std::string& text) {
  static const std::string kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    group = group << 6 | static_cast<std::uint32_t>(kAlphabet.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(group >> bits & 255));
  }
  return bytes;
}

/// The PNGs of a page, in order.
std::vector<Image> pictures_of(const std::string& page) {
  static const std::string kStart = "src=\"data:image/png;base64,";
  std::vector<Image> pictures;
  for (auto at = page.find(kStart); at != std::string::npos; at = page.find(kStart, at + 1)) {
    const auto begin = at + kStart.size();
    pictures.push_back(
        decode_image(decode_base64(page.substr(begin, page.find('"', begin) - begin)), 3));
  }
  return pictures;
}

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path, 1 << 26);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a report has its sections in order") {
  ReportCase made_up;
  const std::string page = make_report(made_up.input());
  std::size_t last = 0;
  for (const char* part :
       {"<h1>", "id=\"quality\"", "id=\"pictures\"", "id=\"training\"", "id=\"sizes\"",
        "id=\"verification\"", "id=\"settings\"", "id=\"reproduce\"", "</html>"}) {
    CAPTURE(part);
    const auto at = page.find(part);
    REQUIRE(at != std::string::npos);
    CHECK(at > last);
    CHECK(count(page, part) == 1);
    last = at;
  }
  for (const char* tag : {"section", "details", "figure", "table", "svg", "div", "pre", "dl"})
    CHECK_MESSAGE(
        count(page, std::string("<") + tag + " ") + count(page, std::string("<") + tag + ">") ==
            count(page, std::string("</") + tag + ">"),
        tag);
}

TEST_CASE("a report shows the numbers it is given") {
  ReportCase made_up;
  const ReportInput& input = made_up.input();
  const std::string page = make_report(input), text = summarize(input);
  for (const Evaluation& evaluation : input.evaluations) {
    const Confusion& counts = evaluation.pooled.counts;
    for (const double figure : {counts.dice(), counts.jaccard(), counts.accuracy(),
                                counts.sensitivity(), counts.specificity()}) {
      CHECK(holds(page, "<td>" + format_fixed(figure, 4) + "</td>"));
      CHECK(holds(text, format_fixed(figure, 4)));
    }
  }
  CHECK(holds(page, "<b class=\"good\">0</b>"));
  CHECK(holds(page, "236,567"));
  CHECK(holds(page, "<b>39 bytes</b>"));  // 27 weights, one bias and one scale
  CHECK(holds(page, "gcc -O3 traced"));
  CHECK(holds(page, "<th>cortex-m4 -O2</th>"));
  CHECK(holds(page, "<td>110,592</td><td>221,184</td><td>2.00</td>"));
  CHECK(holds(text, "236,567 bytes of 3 images"));
  CHECK(holds(text, "110,592 per image of 64 x 64"));
}

TEST_CASE("a report says loudly that bytes differ") {
  ReportCase made_up;
  VerifyReport& verified = *made_up.input().verification;
  verified.differences = verified.layers[1].differences = 12;
  verified.first = Divergence{"gcc -O3", "head<1>", 2, 5, 6, 0, -7, 8};
  const std::string page = make_report(made_up.input());
  CHECK(holds(page, "<b class=\"bad\">12</b>"));
  CHECK(holds(page, "<b class=\"bad\">12 differences</b>"));
  CHECK(
      holds(page, "image 2, layer head&lt;1&gt;, row 5, column 6, channel 0: expected -7, got 8"));
  CHECK_FALSE(holds(page, "exactly what training computed: not one"));
}

TEST_CASE("no text of the input becomes markup, and the page loads nothing") {
  ReportCase made_up;
  const std::string page = make_report(made_up.input());
  CHECK(holds(page, "<h1>A &lt;made-up&gt; report &amp; more</h1>"));
  CHECK(holds(page, "synthetic &quot;fundi&quot;"));
  CHECK(holds(page, "&lt;/pre&gt;&lt;script&gt;"));
  CHECK(holds(page, "d &gt; log &amp;&amp; true"));
  CHECK(holds(page, "head&lt;1&gt;"));
  for (const char* outside : {"<script", "http://", "https://", "<link", "@import", "url("})
    CHECK_MESSAGE(!holds(page, outside), outside);
}

TEST_CASE("the pictures are image, truth, float and integer of each sample") {
  ReportCase made_up;
  made_up.input().pictures = 2;
  const ReportInput& input = made_up.input();
  const auto pictures = pictures_of(make_report(input));
  REQUIRE(pictures.size() == 8);
  for (std::size_t i = 0; i < 2; ++i) {
    const Image& shown = pictures[4 * i];
    const Image& image = input.samples[i].image;
    REQUIRE(shown.shape() == image.shape());
    CHECK(std::equal(shown.begin(), shown.end(), image.begin()));
    // In the float picture pixel 0 was turned over: black surroundings, called a vessel.
    CHECK(pictures[4 * i + 2](0, 0, 0, 0) == 213);
    CHECK(pictures[4 * i + 1](0, 0, 0, 0) == 0);
  }
}

TEST_CASE("large pictures are made smaller") {
  ReportCase made_up(600, 1);
  const auto pictures = pictures_of(make_report(made_up.input()));
  REQUIRE(pictures.size() == 4);
  for (const Image& picture : pictures) CHECK(picture.shape() == Shape{1, 480, 480, 3});
}

TEST_CASE("parts without content are left out") {
  ReportInput input;
  input.title = "Nothing yet";
  const std::string page = make_report(input);
  CHECK_FALSE(holds(page, "<section"));
  CHECK(holds(page, "Nothing yet"));
  CHECK(summarize(input).empty());
}

TEST_CASE("an evaluation of other samples is refused") {
  ReportCase made_up;
  made_up.input().evaluations[1].masks.pop_back();
  const auto message = message_of<Error>([&] { make_report(made_up.input()); });
  CHECK(holds(message, "3 samples"));
  CHECK(holds(message, "2 masks"));
}

TEST_CASE("a report replaces its file as a whole") {
  const TemporaryFolder folder;
  ReportCase made_up;
  write_file_atomically(folder / "report.html", "an older one");
  write_report(folder / "report.html", made_up.input());
  CHECK(text_of(folder / "report.html") == make_report(made_up.input()));
  CHECK_FALSE(std::filesystem::exists(folder / "report.html.tmp"));
  made_up.input().evaluations[0].masks.clear();
  CHECK_THROWS_AS(write_report(folder / "report.html", made_up.input()), Error);
  CHECK(holds(text_of(folder / "report.html"), "</html>"));
}

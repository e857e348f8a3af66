#include "integrad/train/verify_json.h"

#include <doctest/doctest.h>

#include "integrad/tests/support/temporary_folder.h"

using namespace integrad;

namespace {

VerifyReport differing() {
  return {.paths = {"integer runner", "a \"quoted\" compiler -O3"},
          .layers = {{"stem", "conv2d", Shape{1, 8, 6, 16}, 1536, 0, 20736},
                     {"head", "conv2d", Shape{1, 8, 6, 1}, 96, 3, 768}},
          .images = 2,
          .bytes = 1632,
          .differences = 3,
          .first = Divergence{"integer runner", "head", 1, 7, 5, 0, -128, 127},
          .counts = {{"cortex-m4 -O2", {31104, 4321}}}};
}

/// The error for a text in which `part` was replaced.
std::string refused(const std::string& part, const std::string& other) {
  std::string json = to_json(differing());
  const auto at = json.find(part);
  REQUIRE(at != std::string::npos);
  json.replace(at, part.size(), other);
  return message_of<Error>([&] { verify_report_from_json(json); });
}

}  // namespace

TEST_CASE("a verification reads back from JSON as it was") {
  const VerifyReport written = differing(), read = verify_report_from_json(to_json(written));
  CHECK(read.paths == written.paths);
  CHECK(read.images == 2);
  CHECK(read.bytes == 1632);
  CHECK(read.differences == 3);
  REQUIRE(read.layers.size() == 2);
  CHECK(read.layers[1].name == "head");
  CHECK(read.layers[0].shape == Shape{1, 8, 6, 16});
  CHECK(read.layers[1].differences == 3);
  REQUIRE(read.first.has_value());
  CHECK(read.first->y == 7);
  CHECK(read.first->expected == -128);
  CHECK(read.layers[1].macs == 768);
  CHECK(read.macs() == 21504);
  REQUIRE(read.counts.size() == 1);
  CHECK(read.counts[0].path == "cortex-m4 -O2");
  CHECK(read.counts[0].total() == 35425);
  CHECK(to_json(read) == to_json(written));

  VerifyReport same = written;
  same.differences = same.layers[1].differences = 0;
  same.first.reset();
  CHECK_FALSE(verify_report_from_json(to_json(same)).first.has_value());
}

TEST_CASE("a faulty verification is refused with the field's name") {
  CHECK(refused("\"images\": 2", "\"images\": -2").find("'images'") != std::string::npos);
  CHECK(refused("\"images\": 2", "\"images\": \"2\"").find("'images'") != std::string::npos);
  CHECK(refused("\"images\"", "\"image\"").find("'images' is missing") != std::string::npos);
  CHECK(refused("1632", "1633").find("'bytes'") != std::string::npos);
  CHECK(refused("\"differences\": 3", "\"differences\": 0").find("'differences'") !=
        std::string::npos);
  CHECK(refused("-128", "-129").find("'expected'") != std::string::npos);
  CHECK(refused("16\n", "4294967296\n").find("'shape'") != std::string::npos);
  CHECK(refused("verification 1", "verification 9").find("'format'") != std::string::npos);
  CHECK(refused("\"macs\"", "\"mac\"").find("'macs' is missing") != std::string::npos);
  CHECK(refused("31104,", "31104, 1,").find("'instructions' must hold one number for each of 2") !=
        std::string::npos);
  CHECK(refused("31104", "-1").find("'instructions'") != std::string::npos);
  CHECK(refused("[\n    {\n      \"path\": \"cortex", "[\n    3, {\n      \"path\": \"cortex")
            .find("'path' is missing") != std::string::npos);
  CHECK_FALSE(refused("{", "[").empty());
  CHECK_FALSE(message_of<Error>([] { verify_report_from_json("[1]"); }).empty());
}

TEST_CASE("names that are not UTF-8 do not stop a verification from being written") {
  VerifyReport report = differing();
  report.paths[0] = "cc \xff";
  CHECK(verify_report_from_json(to_json(report)).paths.size() == 2);
}

#include <doctest/doctest.h>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"

using namespace integrad;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("compare prints what differs between runs, and draws their curves") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string first = std::filesystem::path(run.float_model()).parent_path().string();
  const std::string other = (folder / "other").string(), page = (folder / "page.html").string();
  REQUIRE(run_integrad({"train", "--data", run.data(), "--epochs", "2", "--rotation", "7", "--loss",
                        "bce", "--out", other, "--quiet"})
              .exit_code == 0);
  const ProgramResult result = run_integrad({"compare", first, other, "--out", page});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  for (const char* part : {"rotation_degrees", "loss", "bce", "test Dice"})
    CHECK(has(result.out, part));
  CHECK_FALSE(has(result.out, "momentum"));  // the same in both
  const std::string html = content(page);
  for (const char* part : {"class=\"line0\"", "class=\"line1\"", "Dice on test images", "bce"})
    CHECK(has(html, part));

  CHECK(has(error_of(run_integrad({"compare", first, run.data()})), "config.json"));
  std::vector<std::string> many{"compare"};
  many.insert(many.end(), 9, first);
  CHECK(has(error_of(run_integrad(many)), "at most 8"));
}

#include "integrad/tests/support/trained_run.h"

#include <doctest/doctest.h>

#include "integrad/tests/support/program.h"

namespace integrad {

namespace {

void must(const ProgramResult& result) {
  INFO(result.out << result.errors);
  REQUIRE(result.exit_code == 0);
}

}  // namespace

TrainedRun::TrainedRun() {
  must(run_integrad(
      {"data", "synthetic", "--out", data(), "--size", "32", "--train", "4", "--test", "2"}));
  must(run_integrad({"train", "--data", data(), "--out", path("float"), "--epochs", "2"}));
  must(run_integrad({"quantize", "--model", float_model(), "--data", data(), "--out", path("int8"),
                     "--epochs", "1"}));
}

const TrainedRun& TrainedRun::get() {
  static const TrainedRun run;
  return run;
}

}  // namespace integrad

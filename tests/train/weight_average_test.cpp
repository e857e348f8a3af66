#include "integrad/train/weight_average.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "integrad/tensor/error.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/synthetic.h"
#include "integrad/train/trainer.h"

using namespace integrad;

namespace {

Parameters<float> holding(float value) {
  Parameters<float> parameters;
  parameters.add({"a/weight", Tensor<float>(Shape{2}, value)});
  parameters.add({"a/mean", Tensor<float>(Shape{1}, -value), false});
  return parameters;
}

}  // namespace

TEST_CASE("the average follows its recurrence, running statistics included") {
  WeightAverage average(0.5);
  average.add(holding(1), 1);  // becomes the average
  CHECK(average.of(holding(9)).at("a/weight")[1] == 1);
  average.add(holding(3), 2);  // d = min(0.5, 2 / 11)
  const double second = 1 + (1 - 2.0 / 11) * (3 - 1);
  CHECK(average.of(holding(9)).at("a/weight")[0] == doctest::Approx(second));
  average.add(holding(7), 1000);  // d = 0.5
  CHECK(average.of(holding(9)).at("a/weight")[1] == doctest::Approx((second + 7) / 2));
  CHECK(average.of(holding(9)).at("a/mean")[0] == doctest::Approx(-(second + 7) / 2));
}

TEST_CASE("no decay keeps no average, and what cannot be one is refused") {
  WeightAverage none(0);
  none.add(holding(1), 1);
  CHECK(none.state().empty());
  CHECK(none.of(holding(2)).at("a/weight")[0] == 2);
  CHECK_THROWS_AS(WeightAverage(1), Error);
  CHECK_THROWS_AS(WeightAverage(-0.1), Error);
  WeightAverage average(0.9);
  average.add(holding(1), 1);
  Parameters<float> other;
  other.add({"b/weight", Tensor<float>(Shape{2})});
  CHECK_THROWS_AS(average.add(other, 2), Error);
  other.add({"a/mean", Tensor<float>(Shape{1})});
  CHECK_THROWS_AS(average.of(other), Error);
}

TEST_CASE("a run keeps the average of its own steps and goes on from it after an interruption") {
  const Dataset dataset = make_synthetic(3, 32, 4, 2);
  TrainConfig config;
  config.height = config.width = 32;
  config.batch_size = 2;
  config.epochs = 1;
  config.evaluate_every = 0;
  const TemporaryFolder folder;
  // Two steps an epoch: of the first one, and of both.
  config.steps = 1;
  const Checkpoint first = train(config, dataset, folder / "first");
  config.steps = 0;
  const Checkpoint second = train(config, dataset, folder / "second");
  config.weight_average = 0.9;
  const Checkpoint mean = train(config, dataset, folder / "mean");
  const auto share = static_cast<float>(1 - 2.0 / 11);
  for (const Parameter<float>& p : mean.parameters.all()) {
    const Tensor<float>&a = first.parameters.at(p.name), &b = second.parameters.at(p.name);
    for (Index i = 0; i < p.value.size(); ++i) REQUIRE(p.value[i] == a[i] + share * (b[i] - a[i]));
  }

  config.epochs = 3;
  const Checkpoint whole = train(config, dataset, folder / "whole");
  struct Killed {};
  const AfterEpoch kill = [](const EpochLog& row) {
    if (row.epoch == 3) throw Killed{};
  };
  CHECK_THROWS_AS(train(config, dataset, folder / "parts", false, kill), Killed);
  const Checkpoint parts = train(config, dataset, folder / "parts", true);
  CHECK(weights_digest(parts.parameters) == weights_digest(whole.parameters));
}

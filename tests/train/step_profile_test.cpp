#include "integrad/train/step_profile.h"

#include <doctest/doctest.h>

#include "integrad/train/learner.h"

using namespace integrad;

namespace {

Checkpoint small_model(const TrainConfig& config) {
  Checkpoint checkpoint;
  checkpoint.model = config.model;
  checkpoint.height = config.height;
  checkpoint.width = config.width;
  checkpoint.parameters = initialize<float>(checkpoint.graph(), config.seed);
  return checkpoint;
}

}  // namespace

TEST_CASE("a step's profile has every layer and the loss, and changes nothing") {
  TrainConfig config;
  config.height = config.width = 32;
  Batch batch{Tensor<float>({2, 32, 32, 3}, 0.25f), Tensor<float>({2, 32, 32, 1}, 1.0f)};
  Learner plain(config, small_model(config)), profiled(config, small_model(config));
  Optimizer first(config.make_optimizer()), second(config.make_optimizer());
  StepProfile profile;
  profiled.profile_into(&profile);
  for (int step = 0; step < 2; ++step)  // the second replaces the first
    CHECK(plain.step(batch, first, 1e-3) == profiled.step(batch, second, 1e-3));

  const Graph graph = small_model(config).graph();
  const std::vector<StepProfile::Row> rows = profile.rows();
  CHECK(rows.front().layer == "parameters");
  CHECK(rows.back().layer == "loss");
  CHECK(rows.back().operation == "structure_loss");
  // The image is put on the tape before the layers: the input has no row. Nor have the norms and
  // ReLUs, which all stand behind a convolution and are part of it.
  std::vector<std::string> layers{"parameters"};
  for (int id = 1; id < graph.size(); ++id) {
    const Layer& layer = graph.node(id).layer;
    if (!std::holds_alternative<layer::BatchNorm>(layer) &&
        !std::holds_alternative<layer::Pointwise>(layer))
      layers.push_back(graph.node(id).name);
  }
  layers.push_back("loss");
  std::vector<std::string> found;
  for (const StepProfile::Row& row : rows) found.push_back(row.layer);
  CHECK(found == layers);
  OperatorCost forward;
  double seconds = profile.optimizer;
  for (const StepProfile::Row& row : rows) {
    forward += row.forward_cost;
    seconds += row.forward + row.backward;
  }
  CHECK(forward.flop == doctest::Approx(2.0 * 2 * static_cast<double>(macs(graph))));
  CHECK(profile.optimizer > 0);
  CHECK(seconds <= profile.total);
}

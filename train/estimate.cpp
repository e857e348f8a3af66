#include "integrad/train/estimate.h"

#include <algorithm>
#include <chrono>

#include "integrad/nn/models/registry.h"
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/random.h"
#include "integrad/train/learner.h"

namespace integrad {

namespace {

// A side that the model takes wherever it takes the run's.
Index probe_side(Index side, Index shrink) {
  constexpr Index kMost = 256, kDivisor = 8;
  const Index unit = kDivisor * shrink;
  return side <= kMost ? side : std::max(kMost / unit, Index{1}) * unit;
}

Checkpoint fresh_model(const TrainConfig& config, Checkpoint::Stage stage) {
  Checkpoint result;
  result.model = config.model;
  result.height = config.height / config.shrink;
  result.width = config.width / config.shrink;
  const Graph graph = make_model(result.model, result.height, result.width);
  result.parameters = initialize<float>(graph, config.seed);
  if (stage == Checkpoint::Stage::floating) return result;
  result.parameters = fold(graph, result.parameters).parameters;
  result.stage = stage;
  result.target = config.target;
  result.ranges = Tensor<float>(Shape{result.graph().size(), 3}, 1.0f);
  for (Index i = 0; i < result.ranges.size(); i += 3) {
    result.ranges[i] = -4;
    result.ranges[i + 1] = 4;
  }
  return result;
}

Batch noise(Index height, Index width) {
  Batch batch{Tensor<float>({1, height, width, 3}), Tensor<float>({1, height, width, 1})};
  const Random random(1, 0);
  for (Index i = 0; i < batch.image.size(); ++i)
    batch.image[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)));
  for (Index i = 0; i < batch.mask.size(); ++i) batch.mask[i] = batch.image[3 * i] > 0.9f ? 1 : 0;
  return batch;
}

}  // namespace

RunEstimate estimate_run(const TrainConfig& config, Checkpoint::Stage stage, Index images) {
  TrainConfig probe = config;
  probe.height = probe_side(config.step_height(), config.shrink);
  probe.width = probe_side(config.step_width(), config.shrink);
  probe.augmentation = Augmentation::none();
  Learner learner(probe, fresh_model(probe, stage));
  learner.begin_epoch(0);
  Optimizer optimizer(probe.make_optimizer());
  Batch batch = noise(probe.height, probe.width);
  learner.step(batch, optimizer, 1e-6);
  const std::size_t before = detail::block_use().now;
  detail::watch_blocks();
  const auto start = std::chrono::steady_clock::now();
  learner.step(batch, optimizer, 1e-6);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

  const double pixels =
      static_cast<double>(config.step_height()) * static_cast<double>(config.step_width());
  const double times = pixels * static_cast<double>(config.batch_size) /
                       (static_cast<double>(probe.height) * static_cast<double>(probe.width));
  const auto most = static_cast<double>(detail::block_use().most - before);
  constexpr double kBatches = 3, kPixel = 4 * sizeof(float);  // in the making, waiting and in use
  const double batches = kBatches * kPixel * pixels * static_cast<double>(config.batch_size);
  return {.seconds = took.count() * times * static_cast<double>(config.run_steps(images)),
          .bytes = static_cast<std::int64_t>(most * times + batches),
          .height = probe.height,
          .width = probe.width};
}

}  // namespace integrad

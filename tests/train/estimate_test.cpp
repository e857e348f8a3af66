#include "integrad/train/estimate.h"

#include <doctest/doctest.h>

#include "integrad/tensor/buffer.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/synthetic.h"
#include "integrad/train/trainer.h"

using namespace integrad;

namespace {

TrainConfig config_of(Index side, Index batch) {
  TrainConfig config;
  config.height = config.width = side;
  config.batch_size = batch;
  config.epochs = 1;
  config.evaluate_every = 0;
  return config;
}

}  // namespace

TEST_CASE("an estimate's memory is about what a run takes") {
  const TrainConfig config = config_of(192, 4);
  const RunEstimate estimate = estimate_run(config, Checkpoint::Stage::floating, 4);
  CHECK(estimate.height == 192);
  CHECK(estimate.seconds > 0);
  const Dataset dataset = make_synthetic(3, 192, 4, 1);
  const TemporaryFolder folder;
  const std::size_t before = detail::block_use().now;
  detail::watch_blocks();
  train(config, dataset, folder / "run");
  const auto took = static_cast<double>(detail::block_use().most - before);
  if (took == 0) return;  // nobody counts blocks under the address sanitizer
  CHECK(static_cast<double>(estimate.bytes) == doctest::Approx(took).epsilon(0.2));
}

TEST_CASE("estimates are made on few pixels and grow with the run's") {
  const RunEstimate small = estimate_run(config_of(256, 1), Checkpoint::Stage::floating, 8);
  const RunEstimate large = estimate_run(config_of(1024, 2), Checkpoint::Stage::floating, 8);
  CHECK(large.height == 256);
  CHECK(static_cast<double>(large.bytes) ==
        doctest::Approx(32.0 * static_cast<double>(small.bytes)).epsilon(0.02));
  TrainConfig grown = config_of(480, 2);
  grown.model = "qsegment+2";
  grown.shrink = 4;
  CHECK(estimate_run(grown, Checkpoint::Stage::floating, 8).height == 256);
  grown = config_of(720, 2);
  grown.shrink = 3;
  CHECK(estimate_run(grown, Checkpoint::Stage::quantized, 8).height == 240);
  TrainConfig crops = config_of(960, 2);
  crops.augmentation.crop_height = crops.augmentation.crop_width = 128;
  CHECK(estimate_run(crops, Checkpoint::Stage::floating, 8).height == 128);
}

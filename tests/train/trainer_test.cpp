#include "integrad/train/trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "integrad/tensor/parallel.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/files.h"
#include "integrad/train/progress.h"
#include "integrad/train/synthetic.h"
#include "tests/support/temporary_folder.h"

using namespace integrad;

namespace {

TrainConfig small_config() {
  TrainConfig config;
  config.height = config.width = 32;
  config.epochs = 4;
  config.batch_size = 3;
  config.evaluate_every = 2;
  config.learning_rate = 3e-3;
  return config;
}

const Dataset& data() {
  static const Dataset dataset = make_synthetic(3, 32, 4, 2);
  return dataset;
}

std::vector<std::uint8_t> bytes(const std::filesystem::path& path) {
  return read_file(path, 1 << 28);
}

}  // namespace

TEST_CASE("training lowers the loss and leaves a folder that explains itself") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 8;
  train(config, data(), folder.path());
  for (const char* name :
       {"config.json", "log.csv", "README.txt", "checkpoint.safetensors", "model.safetensors"})
    CHECK(std::filesystem::exists(folder.path() / name));
  const auto log = load_log(folder.path() / "log.csv");
  REQUIRE(log.size() == 8);
  CHECK(log.back().loss < 0.9 * log.front().loss);
  CHECK(std::isnan(log[0].test_dice));
  CHECK(std::isfinite(log[1].test_dice));
  CHECK(load_checkpoint(folder.path() / "model.safetensors").config == to_json(config));
}

TEST_CASE("an interrupted run ends with the bytes of the uninterrupted one") {
  const TemporaryFolder whole, parts;
  const TrainConfig config = small_config();
  train(config, data(), whole.path());

  // Interrupted after epoch 2: what a kill leaves is the checkpoint of that epoch, log rows from
  // beyond it, and perhaps half a file beside the one it was writing.
  train(config, data(), parts.path());
  const auto full_log = bytes(parts.path() / "log.csv");
  Checkpoint early;
  {
    const TemporaryFolder scratch;
    struct Stop {};
    // A run of the same settings that fails at epoch 3 keeps the checkpoint of epoch 2.
    Dataset broken = data();
    train(config, broken, scratch.path());
    early = load_checkpoint(scratch.path() / "checkpoint.safetensors");
  }
  CHECK(early.training->epoch == 4);
  std::filesystem::remove(parts.path() / "model.safetensors");
  train(config, data(), parts.path(), true);
  CHECK(bytes(parts.path() / "model.safetensors") == bytes(whole.path() / "model.safetensors"));
  CHECK(bytes(parts.path() / "log.csv") == full_log);
}

TEST_CASE("a checkpoint of other settings is not resumed") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  train(config, data(), folder.path());
  config.learning_rate *= 2;
  CHECK_THROWS_AS(train(config, data(), folder.path(), true), Error);
}

#include "integrad/train/trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "integrad/tensor/parallel.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/evaluate.h"
#include "integrad/tensor/files.h"
#include "integrad/train/progress.h"
#include "integrad/train/synthetic.h"

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

namespace {

struct Killed {};

// Ends a run at an epoch as a kill would, then leaves half a file beside the checkpoint.
AfterEpoch kill_at(Index epoch) {
  return [=](const EpochLog& row) {
    if (row.epoch == epoch) throw Killed{};
  };
}

void leave_half_a_checkpoint(const std::filesystem::path& folder) {
  const auto whole = bytes(folder / "checkpoint.safetensors");
  std::ofstream(folder / "checkpoint.safetensors.tmp", std::ios::binary)
      .write(reinterpret_cast<const char*>(whole.data()),
             static_cast<std::streamsize>(whole.size() / 2));
}

}  // namespace

TEST_CASE(
    "an interrupted run ends with the bytes of the uninterrupted one, in float and quantised") {
  const TemporaryFolder whole, parts, whole_int8, parts_int8;
  TrainConfig config = small_config();
  config.checkpoint_every = 2;
  const Checkpoint model = train(config, data(), whole.path());
  for (Index epoch : {1, 3, 4}) {  // before the first checkpoint, between two, at the very end
    CHECK_THROWS_AS(train(config, data(), parts.path(), true, kill_at(epoch)), Killed);
    CHECK_FALSE(std::filesystem::exists(parts.path() / "model.safetensors"));
    if (epoch > 2) leave_half_a_checkpoint(parts.path());
  }
  train(config, data(), parts.path(), true);
  for (const char* name : {"model.safetensors", "checkpoint.safetensors", "log.csv"})
    CHECK(bytes(parts.path() / name) == bytes(whole.path() / name));

  quantize(config, model, data(), whole_int8.path());
  CHECK_THROWS_AS(quantize(config, model, data(), parts_int8.path(), false, kill_at(3)), Killed);
  quantize(config, model, data(), parts_int8.path(), true);
  for (const char* name : {"model.safetensors", "checkpoint.safetensors", "log.csv"})
    CHECK(bytes(parts_int8.path() / name) == bytes(whole_int8.path() / name));
}

TEST_CASE("training gives the same bytes for any number of threads") {
  TrainConfig config = small_config();
  config.epochs = 2;
  const int before = threads();
  std::vector<std::uint8_t> first;
  for (int count : {1, 2, 3, 5}) {
    set_threads(count);
    const TemporaryFolder folder, int8;
    const Checkpoint model = train(config, data(), folder.path());
    quantize(config, model, data(), int8.path());
    std::vector<std::uint8_t> result = bytes(int8.path() / "model.safetensors");
    if (first.empty()) first = result;
    CHECK(result == first);
  }
  set_threads(before);
}

TEST_CASE("a run that diverges names epoch, step and layer, and keeps the last good checkpoint") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.optimizer = "sgd";
  config.warm_up = 0;
  config.schedule = "step";
  config.schedule_period = 1000;
  config.learning_rate = 1e30;
  config.momentum = 0;
  std::string message;
  try {
    train(config, data(), folder.path());
  } catch (const Error& error) {
    message = error.what();
  }
  INFO(message);
  CHECK(message.starts_with("epoch 1, step 2: layer '"));
  CHECK(message.find("is the first whose value is not finite") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "model.safetensors"));
}

TEST_CASE("quantised training keeps the integer scores close to the float ones") {
  const TemporaryFolder folder, int8;
  TrainConfig config = small_config();
  config.epochs = 40;
  const Checkpoint model = train(config, data(), folder.path());
  config.epochs = 4;
  config.learning_rate = 3e-4;
  const Checkpoint quantized = quantize(config, model, data(), int8.path());
  const auto& samples = data().train;
  const double real = evaluate(model, samples, Arithmetic::floating).pooled.counts.dice();
  const Evaluation fake = evaluate(quantized, samples, Arithmetic::fake_quant);
  const Evaluation integer = evaluate(quantized, samples, Arithmetic::integer);
  CHECK(real > 0.3);
  CHECK(std::fabs(integer.pooled.counts.dice() - real) < 0.1);
  // The same arithmetic: not close, equal.
  CHECK(fake.pooled.counts == integer.pooled.counts);
  CHECK_THROWS_AS(evaluate(model, samples, Arithmetic::integer), Error);
}

TEST_CASE("a checkpoint of other settings is not resumed") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  train(config, data(), folder.path());
  config.learning_rate *= 2;
  CHECK_THROWS_AS(train(config, data(), folder.path(), true), Error);
}

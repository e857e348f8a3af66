#include "integrad/train/trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "integrad/tensor/files.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tests/support/kernel_cases.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/presets.h"
#include "integrad/train/progress.h"
#include "integrad/train/synthetic.h"

using namespace integrad;
using integrad::testing::Settings;

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

TEST_CASE("a run can begin with another's parameters, of the same model and in float") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  config.evaluate_every = 0;
  const Checkpoint first = train(config, data(), folder / "first");
  config.epochs = 0;
  const Checkpoint same = train(config, data(), folder / "same", false, {}, &first);
  CHECK(weights_digest(same.parameters) == weights_digest(first.parameters));
  config.epochs = 1;
  const Checkpoint further = train(config, data(), folder / "further", false, {}, &first);
  CHECK(load_log(folder / "further/log.csv").front().loss <
        load_log(folder / "first/log.csv").front().loss);
  CHECK(weights_digest(further.parameters) != weights_digest(first.parameters));
  config.model = "elunet8";
  CHECK_THROWS_AS(train(config, data(), folder / "other", false, {}, &first), Error);
  CHECK_FALSE(std::filesystem::exists(folder / "other"));
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

TEST_CASE("divergence after good epochs leaves the checkpoint of the last one, byte for byte") {
  const TemporaryFolder folder, good;
  TrainConfig config = small_config();
  // One step an epoch; the decay multiplies the weights by -1e12 each time, so that variances leave
  // the range of float in the third.
  config.batch_size = 4;
  config.optimizer = "sgd";
  config.momentum = 0;
  config.learning_rate = 1;
  config.weight_decay = 1e12;
  config.schedule = "constant";
  config.warm_up = 0;
  config.evaluate_every = 0;
  config.epochs = 5;
  const std::string message = message_of<Error>([&] { train(config, data(), folder.path()); });
  INFO(message);
  CHECK(message.starts_with("epoch 3, step 1: "));
  CHECK(load_log(folder / "log.csv").size() == 2);
  CHECK_FALSE(std::filesystem::exists(folder / "model.safetensors"));

  // The same two epochs as a run of their own.
  TrainConfig two = config;
  two.epochs = 2;
  train(two, data(), good.path());
  Checkpoint expected = load_checkpoint(good / "checkpoint.safetensors");
  expected.config = to_json(config);
  save_checkpoint(good / "checkpoint.safetensors", expected);
  CHECK(bytes(folder / "checkpoint.safetensors") == bytes(good / "checkpoint.safetensors"));
}

TEST_CASE("sizes that the run cannot take are named before its folder is made") {
  const TemporaryFolder folder;
  const auto refused = [&](const TrainConfig& config, const Dataset& dataset) {
    const std::string message = message_of<Error>([&] { train(config, dataset, folder / "run"); });
    CHECK_FALSE(std::filesystem::exists(folder / "run"));
    return message;
  };
  Dataset odd = data();
  odd.test[1] = make_synthetic(3, 36, 0, 1).test[0];
  odd.test[1].name = "odd";
  CHECK(refused(small_config(), odd).starts_with("test image 'odd' of 36 x 36: "));
  CHECK(refused(small_config(), odd).find("divisible by 8") != std::string::npos);
  TrainConfig blind = small_config();
  blind.epochs = 1;
  blind.evaluate_every = 0;
  CHECK_NOTHROW(train(blind, odd, folder / "blind"));

  Dataset mixed = data();
  mixed.train[2] = make_synthetic(3, 40, 1, 0).train[0];
  mixed.train[2].name = "larger";
  CHECK(refused(small_config(), mixed).starts_with("training image 'larger' of 40 x 40: "));
  TrainConfig crop = small_config();
  crop.augmentation.crop_height = crop.augmentation.crop_width = 40;
  CHECK(refused(crop, mixed).find("a crop of 40 x 40 does not fit") != std::string::npos);
  crop.augmentation.crop_height = crop.augmentation.crop_width = 20;
  CHECK(refused(crop, mixed).find("divisible by 8") != std::string::npos);
  CHECK(refused(small_config(), Dataset{}).find("no training images") != std::string::npos);
}

TEST_CASE("a folder of something else is not made a run's") {
  const TemporaryFolder folder;
  std::ofstream(folder / "README.txt") << "My holidays";
  TrainConfig config = small_config();
  config.epochs = 1;
  for (const bool resume : {false, true})
    CHECK(message_of<Error>([&] {
            train(config, data(), folder.path(), resume);
          }).find("no training run's") != std::string::npos);
  CHECK(std::filesystem::file_size(folder / "README.txt") == 11);
  CHECK_FALSE(std::filesystem::exists(folder / "config.json"));
}

TEST_CASE("batches and epochs beyond their bounds are refused") {
  TrainConfig config = small_config();
  config.batch_size = std::numeric_limits<Index>::max();
  CHECK(message_of<Error>([&] { check(config); }).find("65536") != std::string::npos);

  const TemporaryFolder folder;
  config = small_config();
  config.epochs = 1;
  train(config, data(), folder.path());
  Checkpoint ahead = load_checkpoint(folder / "checkpoint.safetensors");
  ahead.training->epoch = std::numeric_limits<Index>::max();
  save_checkpoint(folder / "checkpoint.safetensors", ahead);
  CHECK(message_of<Error>([&] {
          train(config, data(), folder.path(), true);
        }).find("the run has 1") != std::string::npos);
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

TEST_CASE("training in bfloat16 gives the same bytes for any threads, processor and interruption") {
  const Settings settings;
  TrainConfig config = small_config();
  config.precision = "bf16";
  const auto model = [&](bool interrupted) {
    const TemporaryFolder folder;
    if (interrupted)
      CHECK_THROWS_AS(train(config, data(), folder.path(), false,
                            [](const EpochLog& log) {
                              if (log.epoch == 1) fail("stopped");
                            }),
                      Error);
    train(config, data(), folder.path(), interrupted);
    return bytes(folder.path() / "model.safetensors");
  };
  const auto expected = model(false);
  CHECK(model(true) == expected);
  for (const Isa isa : available_isas()) {
    set_isa(isa);
    CHECK(model(false) == expected);
  }
  for (const int count : {2, 3, 5, 8}) {
    set_threads(count);
    CHECK(model(false) == expected);
  }
  config.precision = "float";
  CHECK(model(false) != expected);
}

TEST_CASE("quantisation-aware training has no bfloat16, and starts from runs that had") {
  const TemporaryFolder folder, int8;
  TrainConfig config = small_config();
  config.epochs = 1;
  config.precision = "bf16";
  const Checkpoint model = train(config, data(), folder.path());
  CHECK_THROWS_WITH_AS(quantize(config, model, data(), int8.path()),
                       "quantisation-aware training computes what the integers will and has "
                       "precision float; got bf16",
                       Error);
  CHECK(quantization_aware(config_from_json(model.config)).precision == "float");
}

TEST_CASE("a checkpoint from before a setting was known is resumed with its default") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  train(config, data(), folder.path());
  Checkpoint checkpoint = load_checkpoint(folder.path() / "checkpoint.safetensors");
  const std::string line = "  \"precision\": \"float\",\n";
  const std::size_t at = checkpoint.config.find(line);
  REQUIRE(at != std::string::npos);
  checkpoint.config.erase(at, line.size());
  save_checkpoint(folder.path() / "checkpoint.safetensors", checkpoint);
  CHECK_NOTHROW(train(config, data(), folder.path(), true));
}

TEST_CASE("a checkpoint of other settings is not resumed") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.epochs = 1;
  train(config, data(), folder.path());
  config.learning_rate *= 2;
  CHECK_THROWS_AS(train(config, data(), folder.path(), true), Error);
}

TEST_CASE("learned ranges follow their gradient until they are frozen, and resume like the rest") {
  const TemporaryFolder folder;
  TrainConfig config = small_config();
  config.evaluate_every = 0;
  const Checkpoint model = train(config, data(), folder / "float");
  config.observer.method = ObserverOptions::Method::learned;
  config.freeze_ranges = 0.5;
  config.checkpoint_every = 1;
  std::vector<Tensor<float>> ranges;  // after each epoch
  const AfterEpoch note = [&](const EpochLog& row) {
    if (row.epoch > 1)
      ranges.push_back(load_checkpoint(folder / "whole/checkpoint.safetensors").ranges);
  };
  const Checkpoint whole = quantize(config, model, data(), folder / "whole", false, note);
  ranges.push_back(whole.ranges);
  REQUIRE(ranges.size() == 4);
  const auto same = [](const Tensor<float>& a, const Tensor<float>& b) {
    return std::ranges::equal(a.values(), b.values());
  };
  CHECK_FALSE(same(ranges[0], ranges[1]));
  CHECK(same(ranges[1], ranges[2]));  // frozen
  CHECK(same(ranges[1], ranges[3]));
  TrainConfig calibration = config;
  calibration.epochs = 0;
  const Checkpoint measured = quantize(calibration, model, data(), folder / "measured");
  CHECK_FALSE(same(measured.ranges, ranges[0]));
  for (Index i = 0; i < measured.ranges.size();
       ++i)  // by little: a step moves it by about the rate
    CHECK(ranges[1][i] == doctest::Approx(measured.ranges[i]).epsilon(0.2));

  CHECK_THROWS_AS(quantize(config, model, data(), folder / "parts", false, kill_at(2)), Killed);
  CHECK_THROWS_AS(quantize(config, model, data(), folder / "parts", true, kill_at(4)), Killed);
  quantize(config, model, data(), folder / "parts", true);
  for (const char* name : {"model.safetensors", "checkpoint.safetensors", "log.csv"})
    CHECK(bytes(folder / "parts" / name) == bytes(folder / "whole" / name));
}

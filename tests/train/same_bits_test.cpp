// Fifty steps of training end in the weights named here on every machine; docs/reproducibility.md
// says how. Each test case varies one thing; builds by other compilers, at other optimisation
// levels and for other processors run this file too. Who changes the arithmetic on purpose changes
// the values here, and nowhere else.
#include <doctest/doctest.h>

#include "../support/kernel_cases.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/synthetic.h"
#include "integrad/train/trainer.h"

using namespace integrad;

namespace {

enum class Kind { floating, bfloat16, quantized };

struct Precision {
  const char* name;
  Kind kind;
  std::string_view weights;  ///< weights_digest() of the parameters
};

const Precision kPrecisions[] = {
    {"float", Kind::floating, "b150a00f12a1bcd0d69f03b50819205458dbc01af26bb128cd021534805365c7"},
    {"bf16", Kind::bfloat16, "5ca2ddf285f922da39b1bc717fa13f994c44a57debd1c9fde0a48905c8e19967"},
    {"quantised", Kind::quantized,
     "1d3574a1f727c097701cfdf02e8b4c095a4963797c81b3fed80ac0fd3ae47d45"},
};

/// Crops of varied pictures, small enough for an emulated processor. Three steps an epoch, the last
/// with one image: the fifty end inside the seventeenth.
TrainConfig course() {
  TrainConfig config;
  config.augmentation.crop_height = config.augmentation.crop_width = 16;
  config.height = config.width = 16;
  config.batch_size = 2;
  config.epochs = 20;
  config.steps = 50;
  config.evaluate_every = 0;
  config.checkpoint_every = 2;
  return config;
}

const Dataset& pictures() {
  static const Dataset dataset = make_synthetic(5, 32, 5, 0);
  return dataset;
}

/// The float model that quantised training starts from.
const Checkpoint& float_model() {
  static const Checkpoint model = [] {
    TrainConfig config = course();
    config.steps = 6;
    return train(config, pictures(), TemporaryFolder().path());
  }();
  return model;
}

Checkpoint run(const Precision& precision, const std::filesystem::path& folder, bool resume = false,
               const AfterEpoch& after_epoch = {}) {
  TrainConfig config = course();
  if (precision.kind == Kind::bfloat16) config.precision = "bf16";
  if (precision.kind != Kind::quantized)
    return train(config, pictures(), folder, resume, after_epoch);
  return quantize(config, float_model(), pictures(), folder, resume, after_epoch);
}

void check_same(const Precision& precision) {
  CAPTURE(precision.name);
  const Checkpoint model = run(precision, TemporaryFolder().path());
  CHECK(weights_digest(model.parameters) == precision.weights);
}

}  // namespace

TEST_CASE("fifty steps end in the same weights everywhere") {
  for (const Precision& precision : kPrecisions) check_same(precision);
}

TEST_CASE("fifty steps end in the same weights with any number of threads") {
  const testing::Settings settings;
  for (const int count : {1, 2, 3, 5, 8}) {
    CAPTURE(count);
    set_threads(count);
    for (const Precision& precision : kPrecisions) check_same(precision);
  }
}

TEST_CASE("fifty steps end in the same weights with every instruction set") {
  const testing::Settings settings;
  for (const Isa each : available_isas()) {
    CAPTURE(name(each));
    set_isa(each);
    for (const Precision& precision : kPrecisions) check_same(precision);
  }
}

TEST_CASE("fifty steps end in the same weights when they were interrupted") {
  struct Killed {};
  for (const Precision& precision : kPrecisions) {
    CAPTURE(precision.name);
    const TemporaryFolder folder;
    for (const Index last : {1, 9, 17})  // before a checkpoint, after one, in the epoch that is cut
      CHECK_THROWS_AS(run(precision, folder.path(), true,
                          [last](const EpochLog& row) {
                            if (row.epoch == last) throw Killed{};
                          }),
                      Killed);
    const Checkpoint model = run(precision, folder.path(), true);
    CHECK(weights_digest(model.parameters) == precision.weights);
    CHECK(load_log(folder / "log.csv").size() == 17);
    // What has ended stays as it is.
    CHECK(weights_digest(run(precision, folder.path(), true).parameters) == precision.weights);
  }
}

#include "integrad/train/batch_stream.h"

#include <doctest/doctest.h>

#include "integrad/tests/support/temporary_folder.h"
#include "integrad/tests/support/tensors.h"
#include "integrad/train/synthetic.h"

using namespace integrad;

namespace {

TrainConfig course() {
  TrainConfig config;
  config.batch_size = 2;
  config.epochs = 3;
  return config;
}

const std::vector<Sample>& pictures() {
  static const std::vector<Sample> samples = make_synthetic(5, 32, 5, 0).train;
  return samples;
}

/// The batch of a step, by the loader alone.
Batch expected(const TrainConfig& config, Index step) {
  const auto order = epoch_order(config.seed, step / 3, 5);
  const auto numbers = batches(order, config.batch_size)[static_cast<std::size_t>(step % 3)];
  return make_batch(pictures(), numbers, step / 3, config.augmentation, config.seed);
}

}  // namespace

TEST_CASE("a stream gives every step the batch of its number, from any step on") {
  TrainConfig config = course();
  for (const Index first : {0, 1, 4, 8}) {
    BatchStream stream(config, pictures(), first);
    for (Index step = first; step < 9; ++step) {
      CAPTURE(step);
      const Batch batch = stream.next(), wanted = expected(config, step);
      CHECK(same_bits(batch.image, wanted.image));
      CHECK(same_bits(batch.mask, wanted.mask));
    }
    for (int again = 0; again < 2; ++again)
      CHECK(message_of<Error>([&] { stream.next(); }) == "the run has no step after step 9");
  }
  config.steps = 2;
  BatchStream cut(config, pictures());
  cut.next();
  cut.next();
  CHECK(message_of<Error>([&] { cut.next(); }) == "the run has no step after step 2");
}

TEST_CASE("a stream may end at any time") {
  const TrainConfig config = course();
  for (int taken = 0; taken < 4; ++taken)
    for (int repeat = 0; repeat < 20; ++repeat) {
      BatchStream stream(config, pictures());
      for (int step = 0; step < taken; ++step) stream.next();
    }
}

TEST_CASE("what a batch cannot be made of is said at its step, not before") {
  std::vector<Sample> samples = pictures();
  const std::uint32_t last = epoch_order(course().seed, 0, 5)[4];  // alone in the third step
  samples[last].mask = Image(Shape{1, 8, 8, 1});
  BatchStream stream(course(), samples);
  stream.next();
  stream.next();
  for (int again = 0; again < 2; ++again) {
    const std::string message = message_of<Error>([&] { stream.next(); });
    INFO(message);
    CHECK(message.starts_with("sample '" + samples[last].name + "': the image is"));
  }
}

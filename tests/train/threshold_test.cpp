#include "integrad/train/threshold.h"

#include <doctest/doctest.h>

#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/config.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/loader.h"

using namespace integrad;

namespace {

Checkpoint fresh(const std::string& name) {
  Checkpoint model;
  model.model = name;
  model.height = model.width = 16;
  model.parameters = initialize<float>(model.graph(), 5);
  return model;
}

Sample picture(std::uint8_t tone) {
  Sample sample{"s", Image(Shape{1, 16, 16, 3}), Image(Shape{1, 16, 16, 1}),
                Image(Shape{1, 16, 16, 1}, std::uint8_t{1})};
  for (Index i = 0; i < sample.image.size(); ++i)
    sample.image[i] = static_cast<std::uint8_t>((i * 37 + tone) % 251);
  for (Index i = 0; i < sample.mask.size(); ++i) sample.mask[i] = i % 5 == 0 ? 1 : 0;
  return sample;
}

}  // namespace

TEST_CASE("what a shift scores is what the shifted model scores") {
  const Checkpoint model = fresh("qsegment");
  const std::vector<Sample> samples{picture(3), picture(90)};
  const double shifts[] = {-0.5, 0.0, 0.25};
  const auto scores = score_shifts(model, samples, shifts);
  REQUIRE(scores.size() == 3);
  CHECK(scores[1].counts == evaluate(model, samples, Arithmetic::floating).pooled.counts);
  Index differing = 0;
  for (const ShiftScore& score : scores) {
    CAPTURE(score.shift);
    const Evaluation moved = evaluate(shifted(model, score.shift), samples, Arithmetic::floating);
    CHECK(score.counts == moved.pooled.counts);
    CHECK(score.counts.pixels() == 2 * 16 * 16);
    differing += score.counts == scores[1].counts ? 0 : 1;
  }
  CHECK(differing == 2);
}

TEST_CASE("the best shift is that of the best Dice, the smallest of equals") {
  const Confusion good{8, 1, 90, 1}, poor{5, 4, 88, 3};
  const std::vector<ShiftScore> scores{{-2, poor}, {-1.5, good}, {-1, good}, {0, poor}, {3, good}};
  CHECK(best_shift(scores).shift == -1);
  CHECK_THROWS_AS(best_shift({}), Error);
}

TEST_CASE("models that cannot be shifted say why") {
  CHECK_THROWS_AS(shifted(fresh("qsegment"), 1.0 / 0.0), Error);
  CHECK(message_of<Error>([] { shifted(fresh("qsegment+1f"), 1); }).find("bias of its own") !=
        std::string::npos);
  CHECK_NOTHROW(shifted(fresh("qsegment+2"), 1));
  Checkpoint quantized = fresh("qsegment");
  quantized.stage = Checkpoint::Stage::quantized;
  CHECK(message_of<Error>([&] { shifted(quantized, 1); }).find("quantise it afterwards") !=
        std::string::npos);
}

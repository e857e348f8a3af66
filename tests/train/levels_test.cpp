#include "integrad/train/levels.h"

#include <doctest/doctest.h>

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/models/add_on.h"
#include "integrad/nn/parameters.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/synthetic.h"
#include "integrad/train/trainer.h"

using namespace integrad;

namespace {

Tensor<float> ramp(Index height, Index width) {
  Tensor<float> x({1, height, width, 1});
  for (Index i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  return x;
}

TrainConfig course(const char* model) {
  TrainConfig config;
  config.model = model;
  config.height = config.width = 32;
  config.shrink = 2;
  config.batch_size = 2;
  config.epochs = 3;
  config.evaluate_every = 0;
  return config;
}

const Dataset& pictures() {
  static const Dataset dataset = make_synthetic(5, 32, 4, 2);
  return dataset;
}

}  // namespace

TEST_CASE("an image is shrunk to the points nearest to its squares' middles") {
  const Tensor<float> small = shrunk(ramp(4, 8), 4);
  REQUIRE(small.shape() == Shape{1, 1, 2, 1});
  CHECK(small[0] == 2 * 8 + 2);
  CHECK(small[1] == 2 * 8 + 6);
  CHECK_THROWS_AS(shrunk(ramp(4, 6), 4), Error);
  const Tensor<float> same = shrunk(ramp(2, 2), 1);
  CHECK(same[3] == 3);
}

TEST_CASE("targets: nearest points first, soft labels between, the truth itself last") {
  Tensor<float> truth({1, 4, 4, 1});
  truth[0] = truth[5] = truth[15] = 1;  // (0,0), (1,1), (3,3)
  const auto targets =
      level_targets(truth, {Shape{1, 1, 1, 1}, Shape{1, 2, 2, 1}, Shape{1, 4, 4, 1}});
  REQUIRE(targets.size() == 3);
  CHECK(targets[0][0] == 0);  // (2,2)
  // Between the centres of four points, their mean.
  CHECK(targets[1][0] == 0.5f);
  CHECK(targets[1][1] == 0);
  CHECK(targets[1][3] == 0.25f);
  for (Index i = 0; i < 16; ++i) CHECK(targets[2][i] == truth[i]);
}

TEST_CASE("logits are enlarged by nearest points or between them") {
  Tensor<float> logits({1, 1, 2, 1});
  logits[0] = 0;
  logits[1] = 4;
  const Tensor<float> nearest = enlarged(logits, 1, 4, Enlargement::nearest);
  const Tensor<float> bilinear = enlarged(logits, 1, 4, Enlargement::bilinear);
  const float stepped[] = {0, 0, 4, 4}, sloped[] = {0, 1, 3, 4};
  for (Index i = 0; i < 4; ++i) {
    CHECK(nearest[i] == stepped[i]);
    CHECK(bilinear[i] == sloped[i]);
  }
}

TEST_CASE("an add-on learns in float and in integers, and a few steps end in known weights") {
  const TemporaryFolder folder;
  const TrainConfig config = course("qsegment+1");
  const Checkpoint model = train(config, pictures(), folder / "float");
  CHECK(model.height == 16);
  CHECK(weights_digest(model.parameters) ==
        "810fd7090f63c37bea560a2e985d7f83775fecee808f7f7d3dbe358f2ab7b0bd");
  const Evaluation scored = evaluate(model, pictures().test, Arithmetic::floating);
  CHECK(scored.masks.front().shape() == Shape{1, 32, 32, 1});

  const Checkpoint quantized = quantize(config, model, pictures(), folder / "int8");
  const auto fake = evaluate(quantized, pictures().test, Arithmetic::fake_quant);
  const auto integer = evaluate(quantized, pictures().test, Arithmetic::integer);
  CHECK(fake.pooled.counts == integer.pooled.counts);
  CHECK(fake.pooled.auc == integer.pooled.auc);

  TrainConfig last = config;
  last.level_loss = "last";
  train(last, pictures(), folder / "last");
  // Two levels' losses of about the same size against one.
  CHECK(load_log(folder / "float/log.csv").front().loss >
        1.5 * load_log(folder / "last/log.csv").front().loss);
}

TEST_CASE("a base on shrunken images is scored at the truth's size") {
  const TemporaryFolder folder;
  const Checkpoint model = train(course("qsegment"), pictures(), folder / "float");
  for (const Enlargement enlargement : {Enlargement::nearest, Enlargement::bilinear}) {
    const Evaluation scored =
        evaluate(model, pictures().test, Arithmetic::floating, false, enlargement);
    CHECK(scored.masks.front().shape() == Shape{1, 32, 32, 1});
    CHECK(scored.pooled.counts.pixels() == 2 * 32 * 32);
  }
}

TEST_CASE("every extent is scored from one prediction") {
  const TemporaryFolder folder;
  const Checkpoint model = train(course("qsegment"), pictures(), folder / "float");
  std::vector<Sample> samples = pictures().test;
  for (Sample& sample : samples)  // half of it
    for (Index i = 0; i < sample.field_of_view.size(); ++i) sample.field_of_view[i] = i % 32 < 16;
  const auto both = evaluate_extents(model, samples, Arithmetic::floating, {false, true});
  REQUIRE(both.size() == 2);
  for (const bool within : {false, true}) {
    const Evaluation alone = evaluate(model, samples, Arithmetic::floating, within);
    CHECK(both[within].pooled.counts == alone.pooled.counts);
    CHECK(both[within].pooled.auc == alone.pooled.auc);
    CHECK(both[within].pooled.counts.pixels() == 2 * 32 * (within ? 16 : 32));
  }
}

TEST_CASE("an output larger than the truth is refused before training") {
  TrainConfig config = course("qsegment+2");
  CHECK_THROWS_AS(check(config, pictures()), Error);
  config.shrink = 3;
  CHECK_THROWS_AS(check(config, pictures()), Error);
}

TEST_CASE("the add-on begins as bilinear interpolation of the logits") {
  for (const Index classes : {1, 3})
    for (int doublings = 1; doublings <= 4; ++doublings) {
      CAPTURE(classes);
      CAPTURE(doublings);
      Graph base;
      base.input({1, 7, 9, classes});
      const Graph graph = with_add_on(base, doublings);
      Parameters<float> parameters = initialize<float>(graph, 3);
      Tape<float> tape;
      FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::evaluate);
      Tensor<float> logits(Shape{2, 7, 9, classes});
      for (Index i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i * 37 % 11) - 5;
      const auto values = interpret(tape, graph, tape.constant(logits), evaluator);
      // Each level doubles the one before it, apart from the border, which the padding reaches.
      const std::vector<int>& levels = graph.levels();
      Tensor<float> before = logits;
      for (std::size_t level = 1; level < levels.size(); ++level) {
        const Tensor<float>& got = tape.value(values[static_cast<std::size_t>(levels[level])]);
        const Index height = got.shape().height(), width = got.shape().width();
        before = enlarged(before, height, width, Enlargement::bilinear);
        const Index border = Index{2} << level;
        for (Index n = 0; n < 2; ++n)
          for (Index y = border; y < height - border; ++y)
            for (Index x = border; x < width - border; ++x)
              for (Index c = 0; c < classes; ++c)
                REQUIRE(got(n, y, x, c) == doctest::Approx(before(n, y, x, c)).epsilon(1e-4));
      }
    }
}

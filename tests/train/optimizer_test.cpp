#include "integrad/train/optimizer.h"

#include <doctest/doctest.h>

#include <cmath>

#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

/// Two weights whose gradients are given step by step.
struct Toy {
  Tensor<float> value{Shape{2}, {1.0f, -2.0f}};
  Tensor<float> gradient{Shape{2}, {0.0f, 0.0f}};

  void step(Optimizer& optimizer, float g0, float g1, double rate, bool decays = true) {
    gradient[0] = g0;
    gradient[1] = g1;
    const OptimizedTensor p{"w", &value, &gradient, decays};
    optimizer.step({&p, 1}, rate);
  }
};

}  // namespace

TEST_CASE("SGD with momentum and decay, stepped by hand") {
  Toy toy;
  Optimizer optimizer(Sgd{.momentum = 0.5, .weight_decay = 0.1});
  toy.step(optimizer, 1, 0, 0.1);
  // b = g + 0.1 w = {1.1, -0.2}
  CHECK(toy.value[0] == doctest::Approx(0.89));
  CHECK(toy.value[1] == doctest::Approx(-1.98));
  toy.step(optimizer, 1, 0, 0.1);
  // b = 0.5 b + g + 0.1 w = {0.55 + 1.089, -0.1 - 0.198}
  CHECK(toy.value[0] == doctest::Approx(0.89 - 0.1639));
  CHECK(toy.value[1] == doctest::Approx(-1.98 + 0.0298));
  CHECK(optimizer.state().tensors[0].name == "w.momentum");
  Toy spared;
  Optimizer plain(Sgd{.momentum = 0, .weight_decay = 0.1});
  spared.step(plain, 1, 0, 0.1, false);
  CHECK(spared.value[0] == doctest::Approx(0.9));
  CHECK(spared.value[1] == -2.0f);
}

TEST_CASE("Nesterov's momentum looks one step ahead") {
  Toy toy;
  Optimizer optimizer(Sgd{.momentum = 0.5, .nesterov = true});
  toy.step(optimizer, 1, 2, 0.1);  // g + 0.5 g
  CHECK(toy.value[0] == doctest::Approx(0.85));
  toy.step(optimizer, 1, 2, 0.1);  // b = 1.5; g + 0.75
  CHECK(toy.value[0] == doctest::Approx(0.85 - 0.175));
}

TEST_CASE("Adam and AdamW follow their equations in double precision") {
  for (const Adam& rule : {Adam{}, Adam{.weight_decay = 0.1}, Adam::w(0.1)}) {
    Toy toy;
    Optimizer optimizer(rule);
    double w = 1, m = 0, v = 0;
    for (int t = 1; t <= 20; ++t) {
      const double given = std::sin(t) + 0.3;
      toy.step(optimizer, static_cast<float>(given), 0, 0.01);
      const double g = given + (rule.decoupled ? 0 : rule.weight_decay * w);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      if (rule.decoupled) w -= 0.01 * rule.weight_decay * w;
      w -= 0.01 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
      CHECK(toy.value[0] == doctest::Approx(w).epsilon(2e-6));
    }
    CHECK(optimizer.state().steps == 20);
  }
}

TEST_CASE("a restored optimizer continues with the same bits, on any number of threads") {
  const Random random(1, 2);
  const Index size = 3 * kElementwiseGrain + 5;
  Tensor<float> start(Shape{size}), gradient(Shape{size});
  for (Index i = 0; i < size; ++i) {
    start[i] = static_cast<float>(random.normal(static_cast<std::uint64_t>(2 * i)));
    gradient[i] = static_cast<float>(random.normal(static_cast<std::uint64_t>(2 * i + 1)));
  }
  for (const OptimizerRule& rule : {OptimizerRule(Sgd{}), OptimizerRule(Adam::w())}) {
    Tensor<float> whole = start, parts = start;
    Optimizer straight(rule), before(rule), after(rule);
    const OptimizedTensor p{"w", &whole, &gradient, true}, q{"w", &parts, &gradient, true};
    for (int i = 0; i < 4; ++i) straight.step({&p, 1}, 0.01);
    const int threads_before = threads();
    set_threads(3);
    for (int i = 0; i < 2; ++i) before.step({&q, 1}, 0.01);
    after.restore(before.state());
    for (int i = 0; i < 2; ++i) after.step({&q, 1}, 0.01);
    set_threads(threads_before);
    CHECK(std::equal(whole.begin(), whole.end(), parts.begin()));
  }
}

TEST_CASE("an optimizer refuses what does not belong together, and changes nothing") {
  Toy toy;
  Optimizer optimizer{Sgd{}};
  toy.step(optimizer, 1, 1, 0.1);
  const float value = toy.value[0];
  const OptimizedTensor other{"other", &toy.value, &toy.gradient, true};
  CHECK_THROWS_AS(optimizer.step({&other, 1}, 0.1), Error);
  const Tensor<float> wrong(Shape{3});
  const OptimizedTensor shaped{"w", &toy.value, &wrong, true};
  CHECK_THROWS_AS(optimizer.step({&shaped, 1}, 0.1), Error);
  CHECK_THROWS_AS(toy.step(optimizer, 1, 1, std::nan("")), Error);
  const std::vector<OptimizedTensor> twice(2,
                                           OptimizedTensor{"w", &toy.value, &toy.gradient, true});
  CHECK_THROWS_AS(optimizer.step(twice, 0.1), Error);
  CHECK(toy.value[0] == value);
  CHECK(optimizer.state().steps == 1);
  CHECK_THROWS_AS(Optimizer(Sgd{.momentum = 1}), Error);
  CHECK_THROWS_AS(Optimizer(Adam{.epsilon = 0}), Error);
}

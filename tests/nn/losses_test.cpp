#include "integrad/nn/losses.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/autograd/gradcheck.h"
#include "integrad/tensor/parallel.h"

using namespace integrad;

namespace {

using Options = StructureLossOptions;
constexpr auto kPranet = Options::Reduction::pranet;

// 0/1 where the draw is positive.
Tensor<double> mask(Shape shape, std::uint64_t stream) {
  Tensor<double> m = draw::normal(shape, stream);
  for (double& v : m) v = v > 0 ? 1 : 0;
  return m;
}

double sigmoid_of(double z) {
  return 1 / (1 + std::exp(-z));
}
double entropy_of(double z, double m) {
  return -(m * std::log(sigmoid_of(z)) + (1 - m) * std::log(1 - sigmoid_of(z)));
}

// The definition, one window sum per pixel.
Tensor<double> naive_weights(const Tensor<double>& m, Index window, double weight) {
  const Shape s = m.shape();
  Tensor<double> w(s);
  const Index r = window / 2;
  for (Index n = 0; n < s.batch(); ++n)
    for (Index y = 0; y < s.height(); ++y)
      for (Index x = 0; x < s.width(); ++x)
        for (Index c = 0; c < s.channels(); ++c) {
          double sum = 0;
          for (Index v = y - r; v <= y + r; ++v)
            for (Index u = x - r; u <= x + r; ++u)
              if (v >= 0 && v < s.height() && u >= 0 && u < s.width()) sum += m(n, v, u, c);
          const double average = sum / static_cast<double>(window * window);
          w(n, y, x, c) = 1 + weight * std::fabs(average - m(n, y, x, c));
        }
  return w;
}

double naive_structure(const Tensor<double>& z, const Tensor<double>& m, const Options& options) {
  const Shape s = z.shape();
  const Tensor<double> w = naive_weights(m, options.window, options.weight);
  double plain = 0;
  for (Index i = 0; i < z.size(); ++i) plain += entropy_of(z[i], m[i]);
  plain /= static_cast<double>(z.size());
  double total = 0;
  for (Index n = 0; n < s.batch(); ++n)
    for (Index c = 0; c < s.channels(); ++c) {
      double weights = 0, entropy = 0, inter = 0, both = 0;
      for (Index y = 0; y < s.height(); ++y)
        for (Index x = 0; x < s.width(); ++x) {
          const double p = sigmoid_of(z(n, y, x, c)), t = m(n, y, x, c), v = w(n, y, x, c);
          weights += v;
          entropy += v * (options.reduction == kPranet ? plain : entropy_of(z(n, y, x, c), t));
          inter += p * t * v;
          both += (p + t) * v;
        }
      total += (entropy / weights + 1 - (inter + 1) / (both - inter + 1)) / 2;
    }
  return total / static_cast<double>(s.batch() * s.channels());
}

struct Result {
  double value;
  Tensor<double> gradient;
};

// Value and gradient of a loss of (tape, logits), in precision T.
template <class T, class Loss>
Result evaluate(const Tensor<double>& z, Loss loss) {
  Tape<T> tape;
  const Var x = tape.leaf(z.template cast<T>());
  const Var y = loss(tape, x);
  REQUIRE(tape.shape(y) == Shape{1});
  const double value = static_cast<double>(tape.value(y)[0]);
  tape.backward(y);
  return {value, tape.gradient(x).template cast<double>()};
}

auto structure_of(const Tensor<double>& m, Options options = {}) {
  return [=]<class T>(Tape<T>& tape, Var z) {
    return structure_loss(tape, z, m.template cast<T>(), options);
  };
}
auto entropy_with(const Tensor<double>& m) {
  return [=]<class T>(Tape<T>& tape, Var z) {
    return binary_cross_entropy(tape, z, m.template cast<T>());
  };
}
auto dice_with(const Tensor<double>& m) {
  return [=]<class T>(Tape<T>& tape, Var z) { return dice_loss(tape, z, m.template cast<T>()); };
}

// check(loss) for every loss with this target.
template <class Check>
void for_losses(const Tensor<double>& m, Check check) {
  check("cross entropy", entropy_with(m));
  check("dice", dice_with(m));
  check("structure", structure_of(m, {.window = 5}));
  check("structure, pranet", structure_of(m, {.window = 5, .reduction = kPranet}));
}

}  // namespace

TEST_CASE("losses worked out by hand") {
  // p = 3/4 and 1/4 at logits +-log 3.
  const double z = std::log(3.0);
  const Tensor<double> logits(Shape{1, 1, 2, 1}, {z, -z}), target(Shape{1, 1, 2, 1}, {1, 0});
  const double entropy = -std::log(0.75);
  CHECK(evaluate<double>(logits, entropy_with(target)).value == doctest::Approx(entropy));
  // 1 - (2 * 3/4 + 1) / (1 + 1 + 1)
  CHECK(evaluate<double>(logits, dice_with(target)).value == doctest::Approx(0.5 / 3));
  // Window 3: the averages are 1/9 at both pixels, so w = 1 + 5 * 8/9 and 1 + 5 * 1/9.
  const double w0 = 49.0 / 9, w1 = 14.0 / 9;
  const double inter = w0 * 0.75, both = w0 * 1.75 + w1 * 0.25;
  const double wiou = 1 - (inter + 1) / (both - inter + 1);
  CHECK(evaluate<double>(logits, structure_of(target, {.window = 3})).value ==
        doctest::Approx((entropy + wiou) / 2));
  const Result bce = evaluate<double>(logits, entropy_with(target));
  CHECK(bce.gradient[0] == doctest::Approx(-0.125));
  CHECK(bce.gradient[1] == doctest::Approx(0.125));
}

TEST_CASE("structure weights equal the naive window sums exactly") {
  struct Row {
    Shape shape;
    std::int32_t window;
  };
  // More than one band of rows, windows larger than the image, one pixel, several channels.
  const Row rows[] = {{{1, 150, 37, 1}, 31},
                      {{2, 9, 7, 3}, 5},
                      {{1, 6, 4, 2}, 31},
                      {{1, 1, 1, 1}, 3},
                      {{1, 70, 3, 1}, 1}};
  for (const Row& row : rows) {
    CAPTURE(row.shape);
    const Tensor<double> m = mask(row.shape, 700);
    const Tensor<double> w = structure_weights(m, row.window, 5);
    CHECK(std::ranges::equal(w, naive_weights(m, row.window, 5)));
    const Tensor<double> soft = draw::uniform(row.shape, 701, 0, 1);
    const Tensor<double> v = structure_weights(soft, row.window, 5),
                         naive = naive_weights(soft, row.window, 5);
    for (Index i = 0; i < v.size(); ++i) CHECK(v[i] == doctest::Approx(naive[i]).epsilon(1e-12));
  }
}

TEST_CASE("the structure loss equals the naive formula in both reductions") {
  const Shape shape{2, 80, 45, 2};
  const Tensor<double> z = draw::normal(shape, 710);
  for (const Tensor<double>& m : {mask(shape, 711), draw::uniform(shape, 712, 0, 1)}) {
    const Options weighted, pranet{.reduction = kPranet};
    CHECK(evaluate<double>(z, structure_of(m)).value ==
          doctest::Approx(naive_structure(z, m, weighted)).epsilon(1e-12));
    CHECK(evaluate<double>(z, structure_of(m, pranet)).value ==
          doctest::Approx(naive_structure(z, m, pranet)).epsilon(1e-12));
  }
  // The two differ, or the option would be empty.
  const Tensor<double> m = mask(shape, 711);
  Tensor<double> z_wrong_at_edges = z;
  for (Index i = 0; i < z.size(); ++i) z_wrong_at_edges[i] = m[i] == 1 ? -2 : -1;
  CHECK(
      std::fabs(evaluate<double>(z_wrong_at_edges, structure_of(m)).value -
                evaluate<double>(z_wrong_at_edges, structure_of(m, {.reduction = kPranet})).value) >
      1e-4);
}

TEST_CASE("cross entropy and Dice equal their naive formulas over a batch") {
  const Shape shape{3, 70, 9, 2};
  const Tensor<double> z = draw::normal(shape, 720), m = draw::uniform(shape, 721, 0, 1);
  double entropy = 0, dice = 0;
  for (Index i = 0; i < z.size(); ++i) entropy += entropy_of(z[i], m[i]);
  for (Index n = 0; n < 3; ++n)
    for (Index c = 0; c < 2; ++c) {
      double both = 0, sum = 0;
      for (Index y = 0; y < 70; ++y)
        for (Index x = 0; x < 9; ++x) {
          const double p = sigmoid_of(z(n, y, x, c)), t = m(n, y, x, c);
          both += p * t;
          sum += p + t;
        }
      dice += 1 - (2 * both + 1) / (sum + 1);
    }
  CHECK(evaluate<double>(z, entropy_with(m)).value ==
        doctest::Approx(entropy / static_cast<double>(z.size())).epsilon(1e-12));
  CHECK(evaluate<double>(z, dice_with(m)).value == doctest::Approx(dice / 6).epsilon(1e-12));
}

TEST_CASE("the losses' gradients agree with difference quotients") {
  const Shape shape{2, 7, 6, 2};
  for (const Tensor<double>& m : {mask(shape, 730), draw::uniform(shape, 731, 0, 1)})
    for_losses(m, [&](const std::string& name, auto loss) {
      CAPTURE(name);
      const GradcheckReport report =
          gradcheck([=](Tape<double>& t, std::span<const Var> in) { return loss(t, in[0]); },
                    {draw::normal(shape, 732)});
      CHECK(report.entries == shape.elements());
      CHECK(report.worst < 1e-7);
    });
}

TEST_CASE("the losses in float follow those in double") {
  const Shape shape{2, 70, 9, 1};
  const Tensor<double> z = draw::normal(shape, 740).cast<float>().cast<double>();
  const Tensor<double> m = mask(shape, 741);
  for_losses(m, [&](const std::string& name, auto loss) {
    CAPTURE(name);
    const Result in_double = evaluate<double>(z, loss), in_float = evaluate<float>(z, loss);
    CHECK(in_float.value == doctest::Approx(in_double.value).epsilon(1e-6));
    for (Index i = 0; i < z.size(); ++i)
      CHECK(std::fabs(in_float.gradient[i] - in_double.gradient[i]) <=
            1e-6 * std::fabs(in_double.gradient[i]));
  });
}

TEST_CASE("huge logits and uniform masks give finite losses and gradients") {
  const Shape shape{1, 4, 4, 1};
  for (double label : {0.0, 0.5, 1.0})
    for (double logit : {-1e4, 0.0, 1e4})
      for_losses(Tensor<double>(shape, label), [&](const std::string& name, auto loss) {
        CAPTURE(name);
        CAPTURE(label);
        CAPTURE(logit);
        const Result r = evaluate<float>(Tensor<double>(shape, logit), loss);
        CHECK(std::isfinite(r.value));
        CHECK(std::ranges::all_of(r.gradient, [](double g) { return std::isfinite(g); }));
        // Right and certain costs nothing, wrong and certain costs much.
        if (label != 0.5 && (logit > 0) == (label > 0) && logit != 0)
          CHECK(r.value == doctest::Approx(0).epsilon(1e-6));
        if (label != 0.5 && (logit > 0) != (label > 0) && logit != 0) CHECK(r.value > 0.4);
      });
  // The cross entropy of a wrong, certain logit is the logit itself, and still pulls.
  const Result r =
      evaluate<double>(Tensor<double>(shape, 1e4), entropy_with(Tensor<double>(shape)));
  CHECK(r.value == 1e4);
  CHECK(r.gradient[0] == 1.0 / 16);
}

TEST_CASE("the losses have the same bits for any number of threads") {
  const Shape shape{2, 200, 91, 1};
  const Tensor<double> z = draw::normal(shape, 750), m = mask(shape, 751);
  const int before = threads();
  for_losses(m, [&](const std::string& name, auto loss) {
    CAPTURE(name);
    set_threads(1);
    const Result one = evaluate<float>(z, loss);
    for (int count : {2, 3, 5}) {
      set_threads(count);
      const Result many = evaluate<float>(z, loss);
      CHECK(many.value == one.value);
      CHECK(std::ranges::equal(many.gradient, one.gradient));
    }
  });
  set_threads(before);
}

TEST_CASE("losses refuse targets that do not fit, and say why") {
  Tape<float> tape;
  const Var z = tape.leaf(Tensor<float>(Shape{1, 2, 2, 1}));
  CHECK_THROWS_WITH_AS(binary_cross_entropy(tape, z, Tensor<float>(Shape{1, 4})),
                       "a loss needs a target of its logits' shape; logits [1,2,2,1], target [1,4]",
                       Error);
  CHECK_THROWS_WITH_AS(structure_loss(tape, z, Tensor<float>(Shape{1, 2, 2, 1}, {0, 1, 1.5f, 2})),
                       "a loss needs targets in 0..1; element 2 is 1.5", Error);
  CHECK_THROWS_AS(dice_loss(tape, z, Tensor<float>(Shape{1, 2, 2, 1}, std::nanf(""))), Error);
  const Tensor<float> good(Shape{1, 2, 2, 1});
  CHECK_THROWS_WITH_AS(structure_loss(tape, z, good, {.window = 4}),
                       "structure weights need an odd window of at least 1; got 4", Error);
  CHECK_THROWS_WITH_AS(structure_loss(tape, z, good, {.weight = -1}),
                       "structure weights need a weight of at least 0; got -1", Error);
  const Var flat = tape.leaf(Tensor<float>(Shape{4}));
  CHECK_THROWS_WITH_AS(dice_loss(tape, flat, Tensor<float>(Shape{4})),
                       "dice loss needs logits [n,h,w,k]; got [4]", Error);
  const Var none = tape.leaf(Tensor<float>(Shape{0, 2, 2, 1}));
  CHECK_THROWS_AS(structure_loss(tape, none, Tensor<float>(Shape{0, 2, 2, 1})), Error);
}

TEST_CASE("the default window is 31, or the largest odd number within half the side") {
  CHECK(default_structure_window(960) == 31);
  CHECK(default_structure_window(62) == 31);
  CHECK(default_structure_window(61) == 29);
  CHECK(default_structure_window(32) == 15);
  CHECK(default_structure_window(24) == 11);
  CHECK(default_structure_window(6) == 3);
  CHECK(default_structure_window(1) == 1);
}

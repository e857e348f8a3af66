#include "integrad/autograd/tape.h"

#include <doctest/doctest.h>

#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/autograd/ops/max_pool2d.h"
#include "integrad/autograd/ops/reduce.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;

TEST_CASE("a tape runs backward once; the second time is refused and the gradients stay") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{3}, {1, 2, 3}));
  const Var y = sum(tape, mul(tape, x, x));
  tape.backward(y);
  const char* refusal = "a tape runs backward once: the values of its inner nodes are gone";
  CHECK_THROWS_WITH_AS(tape.backward(y), refusal, Error);
  CHECK_THROWS_WITH_AS(tape.backward(y, Tensor<double>(tape.shape(y), 1)), refusal, Error);
  const Tensor<double> gradient = tape.gradient(x);
  for (Index i = 0; i < 3; ++i) CHECK(gradient[i] == 2.0 * static_cast<double>(i + 1));
}

TEST_CASE("a backward that is refused for its arguments may be repeated with better ones") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{2}, {1, 2}));
  const Var y = mul(tape, x, x);
  CHECK_THROWS_AS(tape.backward(y), Error);
  CHECK_THROWS_AS(tape.backward(y, Tensor<double>(Shape{3}, 1)), Error);
  CHECK_THROWS_AS(tape.backward(tape.constant(Tensor<double>(Shape{1}, 1))), Error);
  tape.backward(y, Tensor<double>(Shape{2}, {1, 10}));
  CHECK(tape.gradient(x)[0] == 2);
  CHECK(tape.gradient(x)[1] == 40);
}

TEST_CASE("gradients that share memory are told apart as soon as one of them grows") {
  Tape<double> tape;
  const Var a = tape.leaf(Tensor<double>(Shape{2}, {1, 2}));
  const Var b = tape.leaf(Tensor<double>(Shape{2}, {3, 5}));
  const Var product = mul(tape, a, b);  // comes back last, when a, b and itself share a gradient
  const Var sum = add(tape, a, b);
  const Var twice = add(tape, product, product);
  const Var y = add(tape, twice, sum);
  tape.backward(y, Tensor<double>(Shape{2}, {10, 100}));
  check_equal(tape.gradient(a), Tensor<double>(Shape{2}, {10 * (2 * 3 + 1), 100 * (2 * 5 + 1)}));
  check_equal(tape.gradient(b), Tensor<double>(Shape{2}, {10 * (2 * 1 + 1), 100 * (2 * 2 + 1)}));
  CHECK_THROWS_WITH_AS(tape.accumulate_cotangent(a),
                       "there is a cotangent only while a tape runs backward", Error);
}

TEST_CASE("a kernel that adds to a gradient is told what was there and whether more will come") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{1, 1, 1}, {3}));
  std::vector<bool> last, fresh;
  const auto add_term = [&](Tape<double>& t, const Tensor<double>& cotangent) {
    const auto target = t.accumulation(x);
    last.push_back(target.last);
    fresh.push_back(target.before == nullptr);
    target.after.full[0] =
        (target.before == nullptr ? 0 : target.before->full()[0]) + 2 * cotangent[0];
    t.set_gradient_sums(x, kernels::LineSums({1, 1, 1}));
    CHECK(t.gradient_sums(x) != nullptr);
  };
  const Var a = tape.record("a", Tensor<double>(Shape{1, 1, 1}), {x}, add_term);
  const Var b = tape.record("b", Tensor<double>(Shape{1, 1, 1}), {x}, add_term);
  const Var y = add(tape, add(tape, a, b), x);  // whose cotangent x shares when b runs
  tape.backward(y, Tensor<double>(Shape{1, 1, 1}, {10}));
  CHECK(fresh == std::vector{false, false});
  CHECK(last == std::vector{false, true});
  CHECK(tape.gradient(x)[0] == 10 + 20 + 20);
  tape.accumulate(x, Tensor<double>(Shape{1, 1, 1}, {1}));
  CHECK(tape.gradient_sums(x) == nullptr);  // they were of another gradient
}

TEST_CASE("sums of rounded values are made where they are read, until too many maps are read") {
  Tape<float> tape(Storage::bfloat16);
  const Tensor<float> one(Shape{1, 4, 4, 3}, 1.00390625f);  // 1 + 2^-8, halfway to 1 + 2^-7
  const auto rounded = [&] {
    return tape.record("rounded", kernels::stored(one, Storage::bfloat16),
                       std::initializer_list<Var>{},
                       [](Tape<float>&, const StoredTensor<float>&) {});
  };
  CHECK(tape.value(rounded())[0] == 1.0f);
  const Var three = add(tape, sub(tape, rounded(), rounded()), tape.constant(one));
  CHECK(tape.stored(three).empty());
  CHECK(tape.lines(three).maps_read == 3);
  CHECK(tape.value(three)[0] == 1.00390625f);  // was never stored
  const Var four = add(tape, three, rounded());
  CHECK(tape.stored(four).storage() == Storage::bfloat16);
  CHECK(tape.lines(four).maps_read == 1);
  CHECK(tape.value(four)[0] == 2.0f);  // 2.00390625, rounded
  const Var floats = add(tape, tape.constant(one), tape.constant(one));
  CHECK(tape.stored(floats).storage() == Storage::full);
}

namespace {

// Halves in the place of numbers.
class Halves final : public Encoded<double> {
 public:
  explicit Halves(Tensor<double> halves) : halves_(std::move(halves)) {}
  const Shape& shape() const override { return halves_.shape(); }
  Tensor<double> decode() const override {
    ++decoded;
    Tensor<double> values = halves_;
    for (double& value : values) value *= 2;
    return values;
  }
  mutable int decoded = 0;

 private:
  Tensor<double> halves_;
};

}  // namespace

TEST_CASE("a value in another form is decoded once, when it is first asked for") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{2}, {3, 5}));
  const auto form = std::make_shared<const Halves>(Tensor<double>(Shape{2}, {4, 6}));
  const Var inputs[] = {x};
  const Var y = tape.record_encoded(
      "halves", form, inputs,
      [x](Tape<double>& t, const Tensor<double>&) { t.accumulate_cotangent(x); });
  CHECK(tape.shape(y) == Shape{2});
  CHECK(tape.encoded(y) == form);
  CHECK(tape.encoded(x) == nullptr);
  CHECK(form->decoded == 0);
  const Var z = mul(tape, y, y);
  check_equal(tape.value(z), Tensor<double>(Shape{2}, {64, 144}));
  CHECK(tape.stored(y).empty());
  check_equal(tape.value(y), Tensor<double>(Shape{2}, {8, 12}));
  CHECK(form->decoded == 1);
  tape.backward(z, Tensor<double>(Shape{2}, {1, 10}));
  check_equal(tape.gradient(x), Tensor<double>(Shape{2}, {16, 240}));
  CHECK(form.use_count() == 1);  // freed behind its gradient
}

TEST_CASE("a cotangent that others look at is copied before it is changed") {
  for (const bool shared : {false, true}) {
    CAPTURE(shared);
    Tape<double> tape;
    const Var x = tape.leaf(Tensor<double>(Shape{1}, {3}));
    const Var y = tape.leaf(Tensor<double>(Shape{1}, {3}));
    const Var masked = tape.record("masked", Tensor<double>(Shape{1}, {3}), {x},
                                   [x](Tape<double>& t, const Tensor<double>&) {
                                     t.writable_cotangent()[0] += 4;
                                     t.accumulate_cotangent(x);
                                   });
    const Var sum = shared ? add(tape, masked, y) : mul(tape, masked, y);
    tape.backward(sum, Tensor<double>(Shape{1}, {10}));
    CHECK(tape.gradient(x)[0] == (shared ? 14 : 34));
    CHECK(tape.gradient(y)[0] == (shared ? 10 : 30));
    CHECK_THROWS_WITH_AS(tape.writable_cotangent(),
                         "there is a cotangent only while a tape runs backward", Error);
  }
}

TEST_CASE("sums of a sum's gradient reach its operands, unless their gradients are others") {
  const Shape shape{1, 2, 1};
  for (const bool changes : {false, true})
    for (const bool read_twice : {false, true}) {
      CAPTURE(changes);
      CAPTURE(read_twice);
      Tape<double> tape;
      const Var leaf = tape.leaf(Tensor<double>(shape, {1, 2}));
      std::vector<bool> given;  // whether sums came with the gradient: of b, then of a
      const auto operand = [&] {
        const Var node{tape.size()};
        return tape.record("operand", StoredTensor<double>(tape.value(leaf)), {leaf},
                           [&given, node, leaf](Tape<double>& t, const Tensor<double>&) {
                             given.push_back(t.gradient_sums(node) != nullptr);
                             t.accumulate_cotangent(leaf);
                           });
      };
      const Var a = operand(), b = operand();
      const Var twice = read_twice ? mul(tape, b, b) : a;
      const Var y = add(tape, a, b);
      const Var reader = tape.record("reader", StoredTensor<double>(tape.value(y)), {y},
                                     [=](Tape<double>& t, const Tensor<double>&) {
                                       t.accumulation(y).after.full[0] =
                                           t.accumulation(y).after.full[1] = 3;
                                       const std::vector<Var> waiting = t.summands_waiting_for(y);
                                       CHECK(waiting.size() == (read_twice ? 1 : 2));
                                       for (Var x : waiting)
                                         t.set_gradient_sums(x, kernels::LineSums({1, 2, 1}));
                                       if (changes) t.accumulate(y, Tensor<double>(shape, {0, 1}));
                                     });
      tape.backward(read_twice ? add(tape, reader, twice) : reader, Tensor<double>(shape, {1, 1}));
      CHECK(given == std::vector<bool>{!changes && !read_twice, !changes});
      const double rest = read_twice ? 2 * 1 : 0;  // of b^2, at 1
      CHECK(tape.gradient(leaf)[0] == 3 + 3 + rest);
    }
}

TEST_CASE("a gradient of several terms that is read line by line is that of values of one term") {
  const auto gradient = [](int readers, bool together) {
    Tape<float> tape;
    const Var x = tape.leaf(normal_tensor<float>({1, 4, 6, 3}, 1));
    const MaxPool pool = max_pool2d(tape, x, WindowSpec::square(2, 2));
    const Var pooled = tape.leaf(normal_tensor<float>({1, 2, 3, 3}, 2));
    const auto unpooled = [&] { return max_unpool2d(tape, pooled, pool.winners); };
    const Var once = unpooled();
    Var total{};
    for (int i = 0; i < readers; ++i) {
      const auto factor = normal_tensor<float>({1, 4, 6, 3}, static_cast<std::uint64_t>(3 + i));
      const Var term = mul(tape, together ? once : unpooled(), tape.constant(factor));
      total = i == 0 ? term : add(tape, total, term);
    }
    tape.backward(sum(tape, total));
    return tape.gradient(pooled);
  };
  check_equal(gradient(2, true), gradient(2, false));
  const Tensor<float> one = gradient(3, true), several = gradient(3, false);
  for (Index i = 0; i < one.size(); ++i) CHECK(one[i] == doctest::Approx(several[i]).epsilon(1e-5));
}

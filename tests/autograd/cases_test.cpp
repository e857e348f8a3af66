#include "integrad/autograd/cases.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

// An operator's value and its inputs' gradients for a random cotangent, in precision T.
template <class T>
std::vector<Tensor<double>> run(const OperatorCase::Function<T>& f,
                                const std::vector<Tensor<double>>& inputs) {
  Tape<T> tape;
  std::vector<Var> leaves;
  for (const Tensor<double>& input : inputs) leaves.push_back(tape.leaf(input.cast<T>()));
  const Var y = f(tape, leaves);
  std::vector<Tensor<double>> results{tape.value(y).template cast<double>()};
  tape.backward(y, draw::normal(tape.shape(y), 900).template cast<T>());
  for (Var leaf : leaves) results.push_back(tape.gradient(leaf).template cast<double>());
  return results;
}

}  // namespace

TEST_CASE("every operator in float follows itself in double") {
  const int before = threads();
  set_threads(1);
  for (const OperatorCase& row : operator_cases()) {
    CAPTURE(row.operation);
    CAPTURE(row.name);
    // Inputs that float holds exactly, so that only the arithmetic differs.
    std::vector<Tensor<double>> inputs;
    for (const Tensor<double>& input : row.inputs)
      inputs.push_back(input.cast<float>().cast<double>());
    const auto in_float = run<float>(row.in_float, inputs);
    const auto in_double = run<double>(row.in_double, inputs);
    // Against the row's largest number: a gradient may cancel to nothing.
    double largest = 0, worst = 0;
    for (std::size_t i = 0; i < in_double.size(); ++i) {
      REQUIRE(in_float[i].shape() == in_double[i].shape());
      for (Index k = 0; k < in_double[i].size(); ++k) {
        largest = std::max(largest, std::fabs(in_double[i][k]));
        worst = std::max(worst, std::fabs(in_float[i][k] - in_double[i][k]));
      }
    }
    CHECK(worst <= 1e-5 * largest);
  }
  set_threads(before);
}

TEST_CASE("every operator has the same bits for any number of threads") {
  const int before = threads();
  for (const OperatorCase& row : operator_cases()) {
    CAPTURE(row.operation);
    CAPTURE(row.name);
    set_threads(1);
    const auto one = run<float>(row.in_float, row.inputs);
    for (int count : {2, 3, 5}) {
      set_threads(count);
      const auto many = run<float>(row.in_float, row.inputs);
      for (std::size_t i = 0; i < one.size(); ++i) CHECK(std::ranges::equal(one[i], many[i]));
    }
  }
  set_threads(before);
}

TEST_CASE("rows name themselves uniquely, and operators as the tape does") {
  std::set<std::pair<std::string, std::string>> names;
  for (const OperatorCase& row : operator_cases()) {
    CAPTURE(row.operation);
    CAPTURE(row.name);
    CHECK(names.insert({row.operation, row.name}).second);
    Tape<double> tape;
    std::vector<Var> leaves;
    for (const Tensor<double>& input : row.inputs) leaves.push_back(tape.leaf(input));
    CHECK(tape.operation(row.in_double(tape, leaves)) == row.operation);
  }
}

TEST_CASE("each operator has one row with shapes to be timed on, and takes them") {
  std::set<std::string> all, timed;
  for (const OperatorCase& row : operator_cases()) {
    all.insert(row.operation);
    if (row.timed_shapes.empty()) continue;
    CAPTURE(row.operation);
    CHECK(timed.insert(row.operation).second);
    Tape<float> tape;
    std::vector<Var> inputs;
    Index elements = 0;
    for (const Shape& shape : row.timed_shapes) {
      inputs.push_back(tape.constant(Tensor<float>(shape, 0.25f)));
      elements += shape.elements();
    }
    const Var y = row.in_float(tape, inputs);
    CHECK(tape.operation(y) == row.operation);
    CHECK(elements + tape.shape(y).elements() > 1000000);  // more than any inner cache
  }
  CHECK(timed == all);
}

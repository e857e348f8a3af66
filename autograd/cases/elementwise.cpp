#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/activations.h"
#include "integrad/autograd/ops/arithmetic.h"

namespace integrad {

namespace {

void activation_rows(std::vector<OperatorCase>& rows) {
  const Shape shape{2, 3, 3, 4};
  rows.push_back(operator_case("relu", "both signs", {draw::away_from(shape, 300, {0})},
                               [](auto& tape, auto x) { return relu(tape, x[0]); }));
  rows.push_back(operator_case("relu6", "three pieces", {draw::away_from(shape, 301, {0, 6})},
                               [](auto& tape, auto x) { return relu6(tape, x[0]); }));
  rows.push_back(operator_case("sigmoid", "around 0", {draw::normal(shape, 302)},
                               [](auto& tape, auto x) { return sigmoid(tape, x[0]); }));
  rows.push_back(operator_case("hard_sigmoid", "three pieces",
                               {draw::away_from(shape, 303, {-3, 3})},
                               [](auto& tape, auto x) { return hard_sigmoid(tape, x[0]); }));
  rows.push_back(operator_case("hard_swish", "three pieces", {draw::away_from(shape, 304, {-3, 3})},
                               [](auto& tape, auto x) { return hard_swish(tape, x[0]); }));
}

// The pairs of shapes that arithmetic accepts.
struct Pair {
  const char* name;
  Shape a, b;
};

template <class F>
void arithmetic_rows(std::vector<OperatorCase>& rows, const char* operation, std::uint64_t stream,
                     F function) {
  const Pair pairs[] = {
      {"same shape", {2, 3, 3, 4}, {2, 3, 3, 4}},
      {"second per channel", {2, 3, 3, 4}, {4}},
      {"second per channel, rank 4", {2, 3, 3, 4}, {1, 1, 1, 4}},
      {"second per image and channel", {2, 3, 3, 4}, {2, 1, 1, 4}},
      {"second is one number", {2, 3, 3, 4}, {1}},
      {"second is a number of rank 0", {3, 5}, Shape{}},
      {"first per channel", {3}, {1, 2, 2, 3}},
      {"first per image and channel", {2, 1, 1, 3}, {2, 2, 2, 3}},
      {"one channel", {2, 3, 3, 1}, {2, 1, 1, 1}},
  };
  for (const Pair& pair : pairs) {
    rows.push_back(operator_case(operation, pair.name,
                                 {draw::normal(pair.a, stream), draw::normal(pair.b, stream + 1)},
                                 function));
    stream += 2;
  }
  rows.push_back(operator_case(operation, "a value with itself", {draw::normal({2, 5}, stream)},
                               [=](auto& tape, std::span<const Var> x) {
                                 const Var twice[] = {x[0], x[0]};
                                 return function(tape, std::span<const Var>(twice));
                               }));
}

}  // namespace

std::vector<OperatorCase> elementwise_cases() {
  std::vector<OperatorCase> rows;
  activation_rows(rows);
  arithmetic_rows(rows, "add", 320, [](auto& tape, auto x) { return add(tape, x[0], x[1]); });
  arithmetic_rows(rows, "sub", 350, [](auto& tape, auto x) { return sub(tape, x[0], x[1]); });
  arithmetic_rows(rows, "mul", 380, [](auto& tape, auto x) { return mul(tape, x[0], x[1]); });
  return rows;
}

}  // namespace integrad

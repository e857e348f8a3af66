#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/fully_connected.h"
#include "integrad/autograd/ops/reduce.h"
#include "integrad/autograd/ops/softmax.h"

namespace integrad {

namespace {

void reduction_rows(std::vector<OperatorCase>& rows) {
  // The subsets of the axes that take different ways: runs at either end, in the middle, two runs,
  // all axes and none.
  const std::pair<const char*, std::vector<int>> subsets[] = {
      {"height and width", {1, 2}},
      {"all but the channels", {0, 1, 2}},
      {"the channels", {3}},
      {"batch and width", {2, 0}},
      {"height and channels", {1, 3}},
      {"all four axes", {0, 1, 2, 3}},
      {"no axis", {}},
  };
  std::uint64_t stream = 520;
  for (const auto& subset : subsets) {
    const std::vector<int> axes = subset.second;
    const Tensor<double> x = draw::normal({2, 3, 2, 3}, stream++);
    rows.push_back(operator_case("mean", subset.first, {x},
                                 [=](auto& tape, auto in) { return mean(tape, in[0], axes); }));
    rows.push_back(operator_case("sum", subset.first, {x},
                                 [=](auto& tape, auto in) { return sum(tape, in[0], axes); }));
  }
  const Tensor<double> x = draw::normal({3, 7}, stream);
  rows.push_back(operator_case("mean", "everything", {x},
                               [](auto& tape, auto in) { return mean(tape, in[0]); }));
  rows.push_back(operator_case("sum", "everything", {x},
                               [](auto& tape, auto in) { return sum(tape, in[0]); }));
}

}  // namespace

std::vector<OperatorCase> dense_cases() {
  std::vector<OperatorCase> rows;
  rows.push_back(
      operator_case("fully_connected", "5 to 3, with bias",
                    {draw::normal({4, 5}, 500), draw::normal({3, 5}, 501), draw::normal({3}, 502)},
                    [](auto& tape, auto x) { return fully_connected(tape, x[0], x[1], x[2]); }));
  rows.push_back(
      operator_case("fully_connected", "one image, no bias",
                    {draw::normal({1, 7}, 503), draw::normal({4, 7}, 504)},
                    [](auto& tape, auto x) { return fully_connected(tape, x[0], x[1], Var{}); }));
  rows.push_back(operator_case("softmax", "channels of a map", {draw::normal({2, 2, 3, 5}, 510)},
                               [](auto& tape, auto x) { return softmax(tape, x[0]); }));
  rows.push_back(operator_case("softmax", "one channel", {draw::normal({3, 1}, 511)},
                               [](auto& tape, auto x) { return softmax(tape, x[0]); }));
  reduction_rows(rows);
  return rows;
}

}  // namespace integrad

#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/activations.h"

namespace integrad {

std::vector<OperatorCase> elementwise_cases() {
  std::vector<OperatorCase> rows;
  rows.push_back(operator_case("relu", "random signs", {draw::away_from({2, 3, 3, 4}, 300, {0})},
                               [](auto& tape, auto x) { return relu(tape, x[0]); }));
  rows.push_back(operator_case("relu6", "three pieces",
                               {draw::away_from({2, 3, 3, 4}, 301, {0, 6})},
                               [](auto& tape, auto x) { return relu6(tape, x[0]); }));
  rows.push_back(operator_case("sigmoid", "around zero", {draw::normal({2, 3, 3, 4}, 302)},
                               [](auto& tape, auto x) { return sigmoid(tape, x[0]); }));
  rows.push_back(operator_case("hard_sigmoid", "three pieces",
                               {draw::away_from({2, 3, 3, 4}, 303, {-3, 3})},
                               [](auto& tape, auto x) { return hard_sigmoid(tape, x[0]); }));
  rows.push_back(operator_case("hard_swish", "three pieces",
                               {draw::away_from({2, 3, 3, 4}, 304, {-3, 3})},
                               [](auto& tape, auto x) { return hard_swish(tape, x[0]); }));
  return rows;
}

}  // namespace integrad

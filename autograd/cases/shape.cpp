#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/concat.h"
#include "integrad/autograd/ops/slice.h"

namespace integrad {

std::vector<OperatorCase> shape_cases() {
  std::vector<OperatorCase> rows;
  rows.push_back(operator_case("concat", "channels of three maps",
                               {draw::normal({2, 2, 3, 1}, 400), draw::normal({2, 2, 3, 4}, 401),
                                draw::normal({2, 2, 3, 2}, 402)},
                               [](auto& tape, auto x) {
                                 return concat(tape, {x[0], x[1], x[2]});
                               }));
  rows.push_back(operator_case("concat", "rows",
                               {draw::normal({2, 1, 3, 2}, 403), draw::normal({2, 3, 3, 2}, 404)},
                               [](auto& tape, auto x) {
                                 return concat(tape, {x[0], x[1]}, 1);
                               }));
  rows.push_back(operator_case("concat", "the batch, one map twice",
                               {draw::normal({1, 2, 3, 2}, 405), draw::normal({2, 2, 3, 2}, 406)},
                               [](auto& tape, auto x) {
                                 return concat(tape, {x[0], x[1], x[0]}, 0);
                               }));
  rows.push_back(operator_case(
      "pad", "four different sides", {draw::normal({2, 3, 2, 3}, 410)},
      [](auto& tape, auto x) { return pad(tape, x[0], Padding::fixed(1, 2, 3, 0)); }));
  rows.push_back(operator_case(
      "slice", "inside all four axes", {draw::normal({3, 4, 5, 3}, 420)}, [](auto& tape, auto x) {
        const Shape s = tape.shape(x[0]);
        return slice(tape, x[0], {1, 1, 2, 0}, Shape{s[0] - 1, s[1] - 2, s[2] - 2, s[3] - 1});
      }));
  rows.push_back(operator_case("slice", "columns of a matrix", {draw::normal({4, 6}, 421)},
                               [](auto& tape, auto x) {
                                 return slice(tape, x[0], {0, 2}, Shape{4, 3});
                               }));
  rows.push_back(operator_case("reshape", "map to matrix", {draw::normal({2, 2, 3, 2}, 430)},
                               [](auto& tape, auto x) {
                                 const Shape s = tape.shape(x[0]);
                                 return reshape(tape, x[0], Shape{s[0] * s[1], s[2] * s[3]});
                               }));
  return rows;
}

}  // namespace integrad

#include <iterator>

#include "integrad/autograd/cases.h"

namespace integrad {

std::vector<OperatorCase> operator_cases() {
  std::vector<OperatorCase> rows;
  for (auto* family : {convolution_cases, window_cases, elementwise_cases, shape_cases, dense_cases,
                       normalization_cases}) {
    std::vector<OperatorCase> more = family();
    rows.insert(rows.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
  }
  return rows;
}

}  // namespace integrad

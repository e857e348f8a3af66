#pragma once
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "integrad/autograd/tape.h"

namespace integrad {

/// One row of the operator case table. The same rows serve the gradient check, the float-against-
/// double test and the benchmarks.
struct OperatorCase {
  template <class T>
  using Function = std::function<Var(Tape<T>&, std::span<const Var>)>;

  std::string operation;  ///< as the operator names itself on the tape: "conv2d"
  std::string name;       ///< what is particular to this row: "3x3 stride 2 same, 5 to 7 channels"
  std::vector<Tensor<double>> inputs;  ///< each one is differentiated; drawn clear of kinks
  Function<float> in_float;
  Function<double> in_double;
  /// Shapes of the inputs at the size of a network's layer, for benchmarks; one row of each
  /// operator has them.
  std::vector<Shape> timed_shapes;
};

/// A row from one generic function of (tape, inputs) that serves both precisions.
template <class F>
OperatorCase operator_case(std::string operation, std::string name,
                           std::vector<Tensor<double>> inputs, F function) {
  return {std::move(operation), std::move(name), std::move(inputs), function, function, {}};
}

/// Inputs for rows. `stream` names the draw, so that a row's inputs differ from each other.
namespace draw {
/// Standard normal.
Tensor<double> normal(Shape shape, std::uint64_t stream);
/// Normal, but at least 1/16 away from each kink: for piecewise functions. The standard deviation
/// is that of the furthest kink's distance from 0 (at least 1), so that every piece is visited.
Tensor<double> away_from(Shape shape, std::uint64_t stream, std::initializer_list<double> kinks);
/// Values all different by at least 1/16, in random order around 0: for maxima.
Tensor<double> distinct(Shape shape, std::uint64_t stream);
/// Uniform in [low, high).
Tensor<double> uniform(Shape shape, std::uint64_t stream, double low, double high);
}  // namespace draw

/// The families of rows; each lives in its own file under autograd/cases/.
std::vector<OperatorCase> convolution_cases();    // conv2d, depthwise, transposed
std::vector<OperatorCase> window_cases();         // pools, unpool, resizes
std::vector<OperatorCase> elementwise_cases();    // activations, add, sub, mul with broadcasting
std::vector<OperatorCase> shape_cases();          // concat, pad, slice, reshape
std::vector<OperatorCase> dense_cases();          // fully connected, softmax, mean, sum
std::vector<OperatorCase> normalization_cases();  // batch norm
std::vector<OperatorCase> convolution_batch_norm_cases();

/// All rows, in that order.
std::vector<OperatorCase> operator_cases();

}  // namespace integrad

#include <algorithm>
#include <cmath>
#include <optional>

#include "integrad/autograd/cases.h"
#include "integrad/bench/convolutions.h"
#include "integrad/bench/reporting.h"

// One benchmark for each operator of the case table and each direction, on the row that has shapes
// for it. Float is first checked against the plain loops in double on the row's own inputs.
namespace integrad::bench {

namespace {

template <class T>
std::vector<Tensor<double>> results(const OperatorCase::Function<T>& function,
                                    const std::vector<Tensor<double>>& inputs) {
  Tape<T> tape;
  std::vector<Var> leaves;
  for (const Tensor<double>& input : inputs)
    leaves.push_back(tape.leaf(input.cast<float>().template cast<T>()));
  const Var y = function(tape, leaves);
  std::vector<Tensor<double>> all{tape.value(y).template cast<double>()};
  tape.backward(y, Tensor<T>(tape.shape(y), T(1)));
  for (Var leaf : leaves) all.push_back(tape.gradient(leaf).template cast<double>());
  return all;
}

bool matches_double(const OperatorCase& row) {
  const auto in_float = results<float>(row.in_float, row.inputs);
  const auto in_double = results<double>(row.in_double, row.inputs);
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < in_double.size(); ++i)
    for (Index k = 0; k < in_double[i].size(); ++k) {
      largest = std::max(largest, std::fabs(in_double[i][k]));
      worst = std::max(worst, std::fabs(in_float[i][k] - in_double[i][k]));
    }
  return worst <= 1e-5 * largest;
}

void run_operator(benchmark::State& state, const OperatorCase& row, bool forward) {
  set_threads(static_cast<int>(state.range(0)));
  if (!matches_double(row)) return state.SkipWithError("differs from the same in double");
  std::vector<Tensor<float>> inputs;
  for (const Shape& shape : row.timed_shapes) inputs.push_back(random_tensor(shape, inputs.size()));
  std::optional<Tensor<float>> cotangent;
  OperatorCost cost;
  double seconds = 0;
  for (auto _ : state) {
    TapeProfile profile;
    Tape<float> tape;
    tape.profile_into(&profile);
    std::vector<Var> leaves;
    for (const Tensor<float>& input : inputs) leaves.push_back(tape.leaf(input));
    const Var y = row.in_float(tape, leaves);
    if (!cotangent) cotangent = random_tensor(tape.shape(y), 99);
    if (!forward) tape.backward(y, *cotangent);
    // The row's function may prepare operands; the operator is what it records last.
    const TapeProfile::Node& node = profile.nodes.back();
    const double time = forward ? node.forward : node.backward;
    cost = forward ? forward_cost(node) : backward_cost(node);
    seconds += time;
    state.SetIterationTime(time);
  }
  report(state, cost, seconds);
}

}  // namespace

void register_operators() {
  static const std::vector<OperatorCase> rows = operator_cases();
  for (const OperatorCase& row : rows) {
    if (row.timed_shapes.empty()) continue;
    for (const bool forward : {true, false}) {
      const std::string name = "operator/" + row.operation + (forward ? "/forward" : "/backward");
      auto* benchmark = benchmark::RegisterBenchmark(
          name.c_str(),
          [&row, forward](benchmark::State& state) { run_operator(state, row, forward); });
      benchmark->Unit(benchmark::kMillisecond)->UseManualTime()->MinTime(0.1)->ArgName("threads");
      for (int threads : kThreads) benchmark->Arg(threads);
    }
  }
}

}  // namespace integrad::bench

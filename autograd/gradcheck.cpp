#include "integrad/autograd/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"

namespace integrad {

namespace {

using Function = OperatorCase::Function<double>;
using Inputs = std::vector<Tensor<double>>;

// Streams of the seed.
constexpr std::uint64_t kCotangentStream = 1, kEntryStream = 2;

// One thread while it lives: sharing out thousands of tiny evaluations would cost more than they
// do, and no result's bits depend on the number of threads.
class SingleThread {
 public:
  SingleThread() { set_threads(1); }
  ~SingleThread() { set_threads(before_); }
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
  int before_ = threads();
};

Tensor<double> evaluate(const Function& f, const Inputs& inputs) {
  Tape<double> tape;
  std::vector<Var> variables;
  for (const Tensor<double>& input : inputs) variables.push_back(tape.constant(input));
  return tape.value(f(tape, variables));
}

Tensor<double> random_cotangent(const Shape& shape, std::uint64_t seed) {
  const Random random(seed, kCotangentStream);
  Tensor<double> cotangent = Tensor<double>::uninitialized(shape);
  for (Index i = 0; i < cotangent.size(); ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    const double magnitude = random.uniform(2 * index, 0.5, 1.5);
    cotangent[i] = random.uniform(2 * index + 1) < 0.5 ? -magnitude : magnitude;
  }
  return cotangent;
}

// Gradients of all inputs, or of input `only` with the others constant.
Inputs analytic_gradients(const Function& f, const Inputs& inputs, const Tensor<double>& cotangent,
                          int only = -1) {
  Tape<double> tape;
  std::vector<Var> variables;
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i) {
    const Tensor<double>& input = inputs[static_cast<std::size_t>(i)];
    variables.push_back(only < 0 || only == i ? tape.leaf(input) : tape.constant(input));
  }
  const Var y = f(tape, variables);
  if (tape.needs_gradient(y)) tape.backward(y, cotangent);
  Inputs gradients;
  for (Var variable : variables) gradients.push_back(tape.gradient(variable));
  return gradients;
}

// The central difference quotient of the contracted function by one entry.
double quotient(const Function& f, Inputs& inputs, double& entry, const Tensor<double>& cotangent,
                double step) {
  const double centre = entry, above = centre + step, below = centre - step;
  entry = above;
  const Tensor<double> high = evaluate(f, inputs);
  entry = below;
  const Tensor<double> low = evaluate(f, inputs);
  entry = centre;
  double sum = 0;
  for (Index j = 0; j < cotangent.size(); ++j) sum += cotangent[j] * (high[j] - low[j]);
  return sum / (above - below);
}

std::vector<Index> chosen_entries(Index size, int input, const GradcheckOptions& options) {
  std::vector<Index> entries(static_cast<std::size_t>(size));
  std::iota(entries.begin(), entries.end(), Index{0});
  if (size <= options.max_entries) return entries;
  const Random random =
      Random(options.seed, kEntryStream).substream(static_cast<std::uint64_t>(input));
  const std::vector<std::uint32_t> order = random.permutation(narrow<std::uint32_t>(size));
  entries.assign(order.begin(), order.begin() + options.max_entries);
  return entries;
}

}  // namespace

GradcheckReport gradcheck(const Function& f, const Inputs& inputs,
                          const GradcheckOptions& options) {
  require(options.step > 0 && options.max_entries > 0,
          "gradcheck needs a positive step and number of entries; got ", options.step, " and ",
          options.max_entries);
  const SingleThread single_thread;
  const Tensor<double> y = evaluate(f, inputs);
  const Tensor<double> cotangent = random_cotangent(y.shape(), options.seed);
  double magnitude = 0;
  for (Index j = 0; j < y.size(); ++j) magnitude += std::fabs(cotangent[j] * y[j]);

  const Inputs gradients = analytic_gradients(f, inputs, cotangent);
  Inputs varied = inputs;
  GradcheckReport report;
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i) {
    const Tensor<double>& gradient = gradients[static_cast<std::size_t>(i)];
    Tensor<double>& input = varied[static_cast<std::size_t>(i)];
    require(gradient.shape() == input.shape(), "gradcheck: input ", i, " has shape ", input.shape(),
            ", its gradient ", gradient.shape());
    const Inputs alone = analytic_gradients(f, inputs, cotangent, i);
    require(std::ranges::equal(gradient, alone[static_cast<std::size_t>(i)],
                               [](double a, double b) { return !(a != b) || (a != a && b != b); }),
            "gradcheck: the gradient of input ", i, " changes when the other inputs are constants");

    const std::vector<Index> entries = chosen_entries(input.size(), i, options);
    std::vector<double> numeric;
    double largest = 0;
    for (Index entry : entries) {
      const double step = options.step * std::max(1.0, std::fabs(input[entry]));
      const double whole = quotient(f, varied, input[entry], cotangent, step);
      const double half = quotient(f, varied, input[entry], cotangent, step / 2);
      numeric.push_back((4 * half - whole) / 3);
      largest = std::max({largest, std::fabs(numeric.back()), std::fabs(gradient[entry])});
    }
    const double floor = std::max(1e-3 * largest, 1e-5 * magnitude);
    for (std::size_t k = 0; k < entries.size(); ++k) {
      const double a = gradient[entries[k]], n = numeric[k];
      const double difference = std::fabs(a - n);
      double error =
          difference == 0 ? 0.0 : difference / std::max({std::fabs(a), std::fabs(n), floor});
      if (!std::isfinite(error)) error = std::numeric_limits<double>::infinity();
      ++report.entries;
      if (report.input < 0 || error > report.worst)
        report = {error, report.entries, i, entries[k], a, n};
    }
  }
  return report;
}

std::vector<OperatorSummary> gradcheck_operators(std::uint64_t seed, Index max_entries) {
  std::vector<OperatorSummary> summaries;
  for (const OperatorCase& row : operator_cases()) {
    auto summary = std::ranges::find(summaries, row.operation, &OperatorSummary::operation);
    if (summary == summaries.end()) {
      summary = summaries.emplace(summary);
      summary->operation = row.operation;
    }
    const GradcheckReport report =
        gradcheck(row.in_double, row.inputs, {.seed = seed, .max_entries = max_entries});
    if (summary->rows == 0 || report.worst > summary->worst) {
      summary->worst = report.worst;
      summary->worst_row = row.name;
    }
    ++summary->rows;
    summary->entries += report.entries;
    summary->passed = summary->passed && report.passed();
  }
  return summaries;
}

}  // namespace integrad

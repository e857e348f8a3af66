// integrad_step_profile: where the time of a training step of Q-Segment goes, operator by operator,
// against the limits of this machine. Prints Markdown; --svg FILE draws it.
//   --size 960 --batch 2 --threads 1 --precision float|float-folded|qat|qat-tracking
//   --steps 5
#include <algorithm>
#include <cstdio>
#include <map>

#include "integrad/bench/limits.h"
#include "integrad/bench/measure.h"
#include "integrad/bench/roofline_svg.h"
#include "integrad/bench/workloads.h"
#include "integrad/tensor/files.h"
#include "integrad/tensor/parallel.h"

namespace {

using namespace integrad;
using namespace integrad::bench;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Measured {
  std::vector<ProfiledOperator> operators;
  double optimizer, other, total;  ///< seconds; `other` is in no operator
};

/// Medians over the steps, of each number by itself.
Measured profile_steps(Training& training, int steps) {
  std::vector<StepProfile> profiles(static_cast<std::size_t>(steps));
  std::vector<std::vector<StepProfile::Row>> rows;
  training.step();  // fresh memory
  for (StepProfile& profile : profiles) {
    training.profile_into(&profile);
    training.step();
    rows.push_back(profile.rows());
  }
  const auto over_steps = [&](auto value) {
    std::vector<double> values;
    for (std::size_t i = 0; i < profiles.size(); ++i) values.push_back(value(i));
    return median(values);
  };
  Measured result;
  const Limits& machine = limits(threads());
  for (std::size_t k = 0; k < rows.front().size(); ++k) {
    const StepProfile::Row& row = rows.front()[k];
    ProfiledOperator entry{row.layer,
                           row.operation,
                           over_steps([&](std::size_t i) { return rows[i][k].forward; }),
                           over_steps([&](std::size_t i) { return rows[i][k].backward; }),
                           machine.seconds(row.forward_cost),
                           machine.seconds(row.backward_cost),
                           row.forward_cost};
    entry.cost += row.backward_cost;
    result.operators.push_back(entry);
  }
  result.optimizer = over_steps([&](std::size_t i) { return profiles[i].optimizer; });
  result.total = over_steps([&](std::size_t i) { return profiles[i].total; });
  result.other = over_steps([&](std::size_t i) {
    double other = profiles[i].total - profiles[i].optimizer;
    for (const StepProfile::Row& row : rows[i]) other -= row.forward + row.backward;
    return other;
  });
  return result;
}

void print_row(const std::string& name, const ProfiledOperator& o) {
  const double bytes = o.cost.bytes_read + o.cost.bytes_written;
  std::printf("| %s | %s | %.2f | %.2f | %.2f | %.3f | %.2f | %.2f |\n", name.c_str(),
              o.operation.c_str(), 1e3 * o.forward, 1e3 * o.backward, 1e-9 * o.cost.flop,
              1e-9 * bytes, 1e3 * o.least(), o.seconds() > 0 ? o.least() / o.seconds() : 0);
}

void print_header() {
  std::puts(
      "| layer | operator | forward ms | backward ms | GFLOP | GB | limit ms | share |\n"
      "|---|---|--:|--:|--:|--:|--:|--:|");
}

/// Sums by operator, and what is in no operator.
void print_sums(const Measured& measured) {
  std::map<std::string, ProfiledOperator> sums;
  for (const ProfiledOperator& o : measured.operators) {
    ProfiledOperator& sum = sums[o.operation];
    sum.operation = o.operation;
    sum.forward += o.forward;
    sum.backward += o.backward;
    sum.least_forward += o.least_forward;
    sum.least_backward += o.least_backward;
    sum.cost += o.cost;
  }
  for (const auto& entry : sums) print_row("all", entry.second);
  std::printf(
      "\nOptimizer and checks of gradients and parameters: %.2f ms. Between the operators: %.2f "
      "ms. "
      "Whole step: %.2f ms.\n",
      1e3 * measured.optimizer, 1e3 * measured.other, 1e3 * measured.total);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int size = option(argc, argv, "size", 960), batch = option(argc, argv, "batch", 2);
    const std::string precision = option(argc, argv, "precision", "float");
    set_threads(option(argc, argv, "threads", 1));
    Training training(size, batch, find_training_kind(precision));
    const Measured measured = profile_steps(training, std::max(1, option(argc, argv, "steps", 5)));
    const std::string title = "A training step of Q-Segment, " + precision + ", " +
                              std::to_string(size) + "x" + std::to_string(size) + ", batch " +
                              std::to_string(batch) + ", threads: " + std::to_string(threads());
    const Limits& l = limits(threads());
    std::printf("%s (%s)\n\nLimits: %.0f GFLOP/s; GB/s: read %.1f, write %.1f, stream %.1f.\n\n",
                title.c_str(), std::string(name(isa())).c_str(), l.gflops, l.read_gbs, l.write_gbs,
                l.stream_gbs);
    print_header();
    for (const ProfiledOperator& o : measured.operators) print_row(o.layer, o);
    std::puts("");
    print_header();
    print_sums(measured);
    const std::string svg = option(argc, argv, "svg", std::string());
    if (!svg.empty()) write_file_atomically(svg, draw_roofline(title, measured.operators, l));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "integrad_step_profile: %s\n", error.what());
    return 1;
  }
  return 0;
}

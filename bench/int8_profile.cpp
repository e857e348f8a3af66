// integrad_int8_profile: where the time of Q-Segment's inference in integers goes, node by node,
// against the limits of this machine. Prints Markdown; medians over the runs of the processor time
// of all threads together, which other programs change less than the time on the clock.
//   --size 960 --threads 1 --runs 15
#include <time.h>

#include <algorithm>
#include <cstdio>

#include "integrad/bench/limits.h"
#include "integrad/bench/measure.h"
#include "integrad/bench/workloads.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/parallel.h"

namespace {

using namespace integrad;
using namespace integrad::bench;

double processor_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double elements_of(const QGraph& program, int node) {
  return static_cast<double>(program.node(node).shape.elements());
}

// Of the multiply-accumulates of a linear layer and the codes that each node reads and writes.
OperatorCost cost_of(const QGraph& program, int id) {
  const QNode& node = program.node(id);
  OperatorCost cost{0, 0, elements_of(program, id)};
  for (int from : node.inputs) cost.bytes_read += elements_of(program, from);
  std::visit(
      [&](const auto& o) {
        if constexpr (requires { o.tables.weight; }) {
          const auto weights = static_cast<double>(o.tables.weight.size());
          const auto pixels = elements_of(program, id) / static_cast<double>(node.shape.channels());
          cost.flop = 2 * weights * pixels;
        }
      },
      node.operation);
  return cost;
}

void print_profile(int size, int runs) {
  const Inference inference(size, true);
  const QGraph& program = inference.program();
  std::vector<std::vector<double>> taken(program.nodes.size());
  std::vector<double> totals;
  for (int i = 0; i <= runs; ++i) {
    std::vector<double> marks(program.nodes.size());
    const double start = processor_ms();
    const Tensor<std::int8_t> codes = quantize_image(program, inference.image());
    marks[0] = processor_ms();
    run(program, codes, Keep::output,
        [&](int id) { marks[static_cast<std::size_t>(id)] = processor_ms(); });
    if (i == 0) continue;  // fresh memory
    for (std::size_t id = 0; id < marks.size(); ++id)
      taken[id].push_back(marks[id] - (id == 0 ? start : marks[id - 1]));
    totals.push_back(marks.back() - start);
  }
  const Limits& machine = limits(threads());
  std::puts("| layer | operation | result | ms | GOP/s | limit ms | share |");
  std::puts("|---|---|---|--:|--:|--:|--:|");
  double least_sum = 0;
  for (int id = 0; id < program.size(); ++id) {
    const QNode& node = program.node(id);
    const OperatorCost cost = cost_of(program, id);
    const double ms = median(taken[static_cast<std::size_t>(id)]);
    const double least = 1e3 * machine.seconds(cost, machine.int8_gops);
    const std::string_view name =
        std::visit([](const auto& o) { return std::string_view(o.kName); }, node.operation);
    const Shape& s = node.shape;
    least_sum += least;
    std::printf("| %s | %.*s | %dx%dx%d | %.2f | %.0f | %.2f | %.2f |\n", node.name.c_str(),
                static_cast<int>(name.size()), name.data(), static_cast<int>(s.height()),
                static_cast<int>(s.width()), static_cast<int>(s.channels()), ms,
                1e-6 * cost.flop / ms, least, least / ms);
  }
  std::printf("| whole | | | %.2f | %.0f | %.2f | %.2f |\n", median(totals),
              1e3 * inference_gflop(size) / median(totals), least_sum, least_sum / median(totals));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    set_threads(option(argc, argv, "threads", 1));
    print_profile(option(argc, argv, "size", 960), option(argc, argv, "runs", 15));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "integrad_int8_profile: %s\n", error.what());
    return 1;
  }
  return 0;
}

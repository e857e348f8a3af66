#include "integrad/cli/speed.h"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>

#include "integrad/nn/interpreter.h"
#include "integrad/nn/streamed_evaluator.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"

namespace integrad::cli {

namespace {

constexpr double kSeconds = 2;
constexpr std::size_t kFewest = 3, kMost = 10000;  // runs

template <class Predict>
void print_rate(const char* what, Predict predict) {
  const auto seconds = [&] {
    const auto start = std::chrono::steady_clock::now();
    predict();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  seconds();  // memory and caches are filled
  std::vector<double> runs;
  double sum = 0;
  while (runs.size() < kFewest || (sum < kSeconds && runs.size() < kMost)) {
    runs.push_back(seconds());
    sum += runs.back();
  }
  std::ranges::nth_element(runs, runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2));
  const double median = runs[runs.size() / 2];
  std::cout << what << ": " << std::fixed << std::setprecision(2) << 1 / median << " images/s, "
            << 1000 * median << " ms each, median of " << runs.size()
            << " runs, threads: " << threads() << "\n";
}

}  // namespace

void print_speed(Model<float> folded, const QGraph* program) {
  Tensor<float> image(folded.graph.input_shape());
  const Random random(1, 1);
  for (Index i = 0; i < image.size(); ++i)
    image[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)));
  print_rate("float", [&] {
    Tape<float> tape;
    StreamedEvaluator evaluator(tape, folded.graph, folded.parameters);
    interpret(tape, folded.graph, tape.constant(image), evaluator, Keep::output);
  });
  if (program != nullptr)
    print_rate("int8", [&] { run(*program, quantize_image(*program, image)); });
}

}  // namespace integrad::cli

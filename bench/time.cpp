// integrad_time WHAT --threads N: times this library and prints one line of JSON for each task, as
// the peers' programs do. scripts/bench runs them in turn.
//
//   limits                what the machine can do
//   layers --only TEXT    the network's convolutions, both gradients; in integers; those whose task
//                         holds the text
//   train --size --batch --precision float|float-folded|bf16|qat|qat-tracking
//   infer --size --precision float|int8
//   metrics --size        of one image's scores, both precisions
#include <algorithm>
#include <vector>

#include "integrad/bench/convolutions.h"
#include "integrad/bench/limits.h"
#include "integrad/bench/measure.h"
#include "integrad/bench/workloads.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"
#include "integrad/train/metrics.h"

namespace {

using namespace integrad;
using namespace integrad::bench;

void record(const std::string& task, Timing timing, double gflop) {
  print({"integrad", task, threads(), timing, gflop});
}

void print_limits() {
  const Limits& l = limits(threads());
  std::printf(
      "{\"limits\":\"%s\",\"threads\":%d,\"gflops\":%.1f,\"int8_gops\":%.1f,\"read_gbs\":%.2f,"
      "\"write_gbs\":%.2f,"
      "\"stream_gbs\":%.2f}\n",
      std::string(name(isa())).c_str(), l.threads, l.gflops, l.int8_gops, l.read_gbs, l.write_gbs,
      l.stream_gbs);
}

void time_layers(int repeats, const std::string& only) {
  constexpr Index kCheckedSide = 40;  // the reference is slow
  for (const LayerCase& layer : kLayers) {
    const std::string task = "layer/" + layer.name() + "/";
    if (task.find(only) == std::string::npos) continue;
    FloatConvolution convolution(layer), checked(layer, kCheckedSide);
    for (Direction direction : kDirections) {
      require(checked.matches_reference(direction), task, name_of(direction),
              ": differs from the reference");
      record(task + name_of(direction), measure(repeats, [&] { convolution.run(direction); }),
             layer.gflop());
    }
    IntegerConvolution integer(layer);
    require(IntegerConvolution(layer, kCheckedSide).matches_reference(), task,
            "int8: differs from the reference");
    record(task + "int8", measure(repeats, [&] { integer.run(); }), layer.gflop());
  }
}

std::string at(int size, int batch) {
  return std::to_string(size) + " batch " + std::to_string(batch);
}

void time_training(int size, int batch, const std::string& precision, int repeats) {
  Training training(size, batch, find_training_kind(precision));
  record("train/" + at(size, batch) + "/" + precision, measure(repeats, [&] { training.step(); }),
         training_gflop(size, batch));
}

void time_inference(int size, const std::string& precision, int repeats) {
  require(precision == "float" || precision == "int8", "infer: --precision is float or int8; got ",
          precision);
  Inference inference(size, precision == "int8");
  record("infer/" + at(size, 1) + "/" + precision, measure(repeats, [&] { inference.run(); }),
         inference_gflop(size));
}

template <class T>
void time_metrics(int size, const char* precision, int repeats) {
  const auto pixels = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  // Mostly background, like a vessel mask: wide scores around a truth of one pixel in ten.
  std::vector<T> scores(pixels);
  std::vector<std::uint8_t> truth(pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    const Random random(1, i);
    truth[i] = random.uniform(0) < 0.1;
    const double score = 20 * random.normal(2) + (truth[i] != 0 ? 30 : -60);
    scores[i] = static_cast<T>(std::clamp(score, -128.0, 127.0));
  }
  record("metrics/" + at(size, 1) + "/" + precision,
         measure(repeats,
                 [&] {
                   SegmentationScorer<T> scorer(T{0});
                   scorer.add("image", scores, truth);
                   scorer.pooled();
                 }),
         0);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string what = argc > 1 ? argv[1] : "";
    const int size = option(argc, argv, "size", 960), repeats = option(argc, argv, "repeats", 5);
    const std::string precision = option(argc, argv, "precision", "float");
    set_threads(option(argc, argv, "threads", 1));
    if (what == "limits")
      print_limits();
    else if (what == "layers")
      time_layers(repeats, option(argc, argv, "only", ""));
    else if (what == "train")
      time_training(size, option(argc, argv, "batch", 2), precision, repeats);
    else if (what == "infer")
      time_inference(size, precision, repeats);
    else if (what == "metrics") {
      time_metrics<float>(size, "float", repeats);
      time_metrics<std::int8_t>(size, "int8", repeats);
    } else
      fail("integrad_time: limits, layers, train, infer or metrics; got '", what, "'");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "integrad_time: %s\n", error.what());
    return 1;
  }
  return 0;
}

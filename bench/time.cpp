// integrad_time WHAT --threads N: times this library and prints one line of JSON for each task, as
// the peers' programs do. scripts/bench runs them in turn.
//
//   limits                what the machine can do
//   layers                the network's convolutions, both gradients; in integers
//   train --size --batch --precision float|float-folded|qat|qat-tracking
//   infer --size --precision float|int8
#include "integrad/bench/convolutions.h"
#include "integrad/bench/limits.h"
#include "integrad/bench/measure.h"
#include "integrad/bench/workloads.h"
#include "integrad/tensor/parallel.h"

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

void time_layers(int repeats) {
  constexpr Index kCheckedSide = 40;  // the reference is slow
  for (const LayerCase& layer : kLayers) {
    const std::string task = "layer/" + layer.name() + "/";
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
      time_layers(repeats);
    else if (what == "train")
      time_training(size, option(argc, argv, "batch", 2), precision, repeats);
    else if (what == "infer")
      time_inference(size, precision, repeats);
    else
      fail("integrad_time: limits, layers, train or infer; got '", what, "'");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "integrad_time: %s\n", error.what());
    return 1;
  }
  return 0;
}

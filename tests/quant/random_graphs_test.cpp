// Random models over every layer that has an integer kernel: all paths agree in every byte.
#include <doctest/doctest.h>

#include <unistd.h>

#include "../support/kernel_cases.h"
#include "integrad/quant/process.h"
#include "integrad/quant/random_graph.h"
#include "integrad/quant/soak.h"
#include "integrad/tensor/sha256.h"

using namespace integrad;

namespace {

// Every build draws a share of the models, scripts/test --all all of them.
constexpr int kShare = INTEGRAD_MODELS_SHARE;

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("integrad_random_graphs" + std::to_string(::getpid()));
  ~Folder() { std::filesystem::remove_all(path); }
};

SoakReport soaked(int first, int graphs, const std::string& optimization) {
  const Folder folder;
  SoakOptions options;
  options.first = first;
  options.graphs = graphs;
  options.folder = folder.path;
  options.optimization = optimization;
  if (on_path("gcc"))
    options.compilers = {"gcc"};
  else
    MESSAGE("no gcc: the emitted C is left out");
  return soak(options);
}

void check_no_difference(const SoakReport& report) {
  if (report.first) {
    CAPTURE(report.first->graph);
    CAPTURE(report.first->target);
    CAPTURE(report.first->path);
    CAPTURE(report.first->layer);
    CAPTURE(report.first->operation);
    CHECK(report.differences == 0);
  }
  CHECK_FALSE(report.first);
}

}  // namespace

TEST_CASE("random models: training-time forward, integer runner and emitted C agree") {
  const SoakReport report = soaked(0, 400 / kShare, "-O0");
  CHECK(report.graphs == 400 / kShare);
  check_no_difference(report);
  for (const char* operation : {"conv2d",
                                "depthwise_conv2d",
                                "transposed_conv2d",
                                "fully_connected",
                                "add",
                                "sub",
                                "mul",
                                "max_pool2d",
                                "max_unpool2d",
                                "average_pool2d",
                                "resize_nearest",
                                "resize_bilinear",
                                "concat",
                                "pad",
                                "slice",
                                "reshape",
                                "softmax",
                                "requantize",
                                "logistic",
                                "hard_swish"}) {
    CAPTURE(operation);
    const auto found = report.operators.find(operation);
    CHECK((found != report.operators.end() && found->second > 25 / kShare));
  }
  CHECK(report.bytes > 1000000 / kShare);
  CHECK(report.lowest > 10000 / kShare);
  CHECK(report.highest > 10000 / kShare);
}

TEST_CASE("more of them with the optimising compiler") {
  check_no_difference(soaked(400, 100 / kShare, "-O1"));
}

TEST_CASE("others in every instruction set") {
  const testing::Settings settings;
  for (const Isa each : available_isas()) {
    CAPTURE(name(each));
    set_isa(each);
    SoakOptions options;
    options.first = 500;
    options.graphs = 100 / kShare;
    check_no_difference(soak(options));
  }
}

TEST_CASE("random models on emulated cores agree too") {
  const std::vector<std::string> cores{"cortex-m4", "cortex-m55"};
  for (const char* tool : {"arm-none-eabi-gcc", "qemu-system-arm"})
    if (!on_path(tool)) {
      MESSAGE("skipped: no " << tool);
      return;
    }
  const Folder folder;
  SoakOptions options;
  options.seed = 2;
  options.graphs = 200 / kShare;
  options.folder = folder.path;
  options.devices = cores;
  const SoakReport report = soak(options);
  check_no_difference(report);
  CHECK(report.operators.size() >= 20);
  CHECK(report.bytes > 1000000 / kShare);
}

TEST_CASE("a seed draws the same models whoever compiles the generator") {
  Sha256 digest;
  for (std::uint64_t number = 0; number < 300; ++number) {
    Dice dice(2026, number);
    const Graph graph = random_graph(dice);
    for (const Node& node : graph.nodes()) {
      digest.add(static_cast<std::uint32_t>(node.layer.index()));
      for (const int input : node.inputs) digest.add(static_cast<std::uint32_t>(input));
      for (int axis = 0; axis < node.shape.rank(); ++axis)
        digest.add(static_cast<std::uint32_t>(node.shape[axis]));
    }
  }
  CHECK(digest.finish() == "099e2a3217c393a2222f1522c985ddb0eb0c86ce1e017f9ca4564a2770f26d4b");
}

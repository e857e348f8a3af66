// Exported .tflite files in TensorFlow Lite Micro and LiteRT: every layer's bytes are the runner's.
#include <doctest/doctest.h>

#include "../support/tflite_cases.h"
#include "../support/tflite_peer.h"
#include "integrad/autograd/cases.h"
#include "integrad/nn/models/qsegment.h"
#include "integrad/quant/calibrate.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/random_model.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/files.h"

using namespace integrad;

namespace {

void add(TflitePeers& peers, const std::string& name, const Model<float>& model,
         const std::vector<Quantization>& quantizations, const Tensor<float>& images) {
  const QGraph program =
      lower(model.graph, model.parameters, quantizations, find_target("cmsis-nn"));
  peers.add(name, program, quantize_image(program, images));
}

void check(const TflitePeers& peers) {
  const ProgramResult result = peers.check();
  CHECK_MESSAGE(result.exit_code == 0, result.out, result.errors);
  if (result.exit_code == 0) MESSAGE(result.out.substr(0, result.out.size() - 1));
}

}  // namespace

TEST_CASE("TFLM computes Q-Segment from the exported file, every byte of every layer") {
  if (!have_tflite_peers()) return;
  TflitePeers peers;
  for (const auto& [height, width] : {std::pair<Index, Index>{16, 24}, {32, 32}}) {
    const Graph graph = make_qsegment(height, width);
    Model<float> model = fold(graph, initialize<float>(graph, 11));
    const auto q = quantizations_on(model, random_images(graph, 2, 1, 1));
    add(peers, "qsegment" + std::to_string(height), model, q, random_images(graph, 2, 1, 2));
  }
  check(peers);
}

TEST_CASE("TFLM computes every operator, zero points at the ends included") {
  if (!have_tflite_peers()) return;
  TflitePeers peers;
  for (const TfliteCase& c : tflite_cases())
    for (const std::int32_t zero_point : {1000, -128, 127}) {
      Model<float> model{c.graph, initialize<float>(c.graph, 3)};
      for (auto& p : model.parameters.all())
        if (p.name.ends_with("/bias"))
          p.value = draw::uniform(p.value.shape(), 17, -0.3, 0.3).cast<float>();
      auto q = quantizations_on(model, random_images(c.graph, 2, 1, 1));
      // All of them move, or none: pools and others share their input's quantiser.
      for (std::size_t id = 0; zero_point < 1000 && id < q.size(); ++id)
        if (fixed_quantization(c.graph.nodes()[id].layer) == nullptr) q[id].zero_point = zero_point;
      add(peers, c.name + "_" + std::to_string(zero_point), model, q,
          random_images(c.graph, 2, 1, 2));
    }
  check(peers);
}

TEST_CASE("TFLM computes random models; what the format cannot say is refused") {
  if (!have_tflite_peers()) return;
  constexpr const char* kReasons[] = {"would leave 32 bits",
                                      "the format's pools have no dilation",
                                      "an average pool's padding",
                                      "unpooling is put together for",
                                      "the format's transposed convolution has no dilation",
                                      "TFLM needs an output scale",
                                      "TFLM's softmax takes"};
  constexpr int kModels = 200;
  constexpr std::uint64_t kSeed = 41;
  TflitePeers peers;
  for (std::uint64_t number = 0; peers.size() < kModels && number < 4 * kModels; ++number) {
    CAPTURE(number);
    const RandomModel random = random_model(kSeed, number);
    const Index count = 1 + static_cast<Index>(number % 2);
    try {
      add(peers, std::to_string(number), random.model, random.quantizations,
          random_images(random.model.graph, count, kSeed, number));
    } catch (const Error& error) {
      const std::string what = error.what();
      CAPTURE(what);
      bool known = false;
      for (const char* reason : kReasons) known = known || what.find(reason) != std::string::npos;
      CHECK(known);
    }
  }
  CHECK(peers.size() == kModels);
  check(peers);
}

TEST_CASE("the check sees one altered byte") {
  if (!have_tflite_peers()) return;
  TflitePeers peers;
  Graph graph;
  graph.layer("conv1", layer::Conv2d{3, WindowSpec::square(3)}, {graph.input({1, 4, 4, 2})});
  Model<float> model{graph, initialize<float>(graph, 3)};
  add(peers, "altered", model, quantizations_on(model, random_images(graph, 2, 1, 1)),
      random_images(graph, 1, 1, 2));
  CHECK(peers.check().exit_code == 0);
  const std::string file = peers.folder(0) + "/codes.bin";
  std::string codes = content(file);
  codes.back() = static_cast<char>(codes.back() ^ 1);
  write_file_atomically(file, codes);
  const ProgramResult result = peers.check();
  CHECK(result.exit_code == 1);
  CHECK(
      result.out.find("altered: TFLM: image 0, layer 'conv1': 1 of 12 codes differ, by up to 1") !=
      std::string::npos);
}

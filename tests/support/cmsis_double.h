// Emitted projects that call CMSIS-NN, built with the double in tests/doubles/cmsis_nn.
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "integrad/autograd/cases.h"
#include "integrad/nn/interpreter.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/observer.h"
#include "integrad/quant/verify.h"
#include "temporary_folder.h"

namespace integrad {

inline const std::string kDouble = INTEGRAD_SOURCE_DIR "/tests/doubles/cmsis_nn";
// The double takes the working memory of a core from its macro.
inline const std::vector<std::string> kCores{"-O1", "-DARM_MATH_DSP", "-DARM_MATH_MVEI"};

inline Tensor<float> pixels(Shape shape, std::uint64_t stream) {
  Tensor<float> image = draw::uniform(shape, stream, 0.0, 256.0).cast<float>();
  for (float& v : image) v = std::floor(v) / 255.0f;
  return image;
}

struct Quantized {
  Model<float> model;
  std::vector<Quantization> quantizations;

  QGraph program(const char* target = "cmsis-nn") const {
    return lower(model.graph, model.parameters, quantizations, find_target(target));
  }
};

inline Quantized calibrated(const Graph& graph) {
  Model<float> model = fold(graph, initialize<float>(graph, 11));
  RangeObserver observer(model.graph, {});
  Tape<float> tape;
  FloatEvaluator<float> evaluator(tape, model.graph, model.parameters, Mode::evaluate);
  const Tensor<float> images = pixels(graph.input_shape().with(0, 2), 1);
  const auto values = interpret(tape, model.graph, tape.constant(images), evaluator);
  for (int id = 0; id < model.graph.size(); ++id)
    observer.observe(id, tape.value(values[static_cast<std::size_t>(id)]));
  auto quantizations = observer.quantizations();
  return {std::move(model), std::move(quantizations)};
}

inline VerifyOptions options(const TemporaryFolder& folder) {
  return {
      .folder = folder.path(), .compilers = {"gcc"}, .optimizations = kCores, .cmsis_nn = kDouble};
}

inline void check_every_core(const Quantized& q, const char* target = "cmsis-nn") {
  const TemporaryFolder folder;
  Verifier verifier(q.model, q.quantizations, find_target(target), options(folder));
  for (std::uint64_t i = 0; i < 2; ++i) verifier.check(pixels(q.model.graph.input_shape(), 50 + i));
  CHECK(verifier.report().differences == 0);
  CHECK(verifier.report().paths.size() == 1 + 2 * kCores.size());
}

inline Graph one_layer(Shape input, Layer layer) {
  Graph graph;
  graph.layer("layer", std::move(layer), {graph.input(input)});
  return graph;
}

inline WindowSpec window(int kernel_y, int kernel_x, int stride_y, int stride_x,
                         Padding padding = {}) {
  WindowSpec w;
  w.kernel_y = kernel_y;
  w.kernel_x = kernel_x;
  w.stride_y = stride_y;
  w.stride_x = stride_x;
  w.padding = padding;
  return w;
}

}  // namespace integrad

// Emitted projects that call CMSIS-NN, built with the double in tests/doubles/cmsis_nn.
#pragma once
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "integrad/quant/verify.h"
#include "quantized_model.h"
#include "temporary_folder.h"

namespace integrad {

inline const std::string kDouble = INTEGRAD_SOURCE_DIR "/tests/doubles/cmsis_nn";
// The double takes the working memory of a core from its macro.
inline const std::vector<std::string> kCores{"-O1", "-DARM_MATH_DSP", "-DARM_MATH_MVEI"};

inline QuantizedModel calibrated(const Graph& graph) {
  Model<float> model = fold(graph, initialize<float>(graph, 11));
  const auto images = random_pixels(graph.input_shape().with(0, 2), 1);
  return calibrated(std::move(model), images);
}

inline VerifyOptions options(const TemporaryFolder& folder) {
  return {
      .folder = folder.path(), .compilers = {"gcc"}, .optimizations = kCores, .cmsis_nn = kDouble};
}

inline void check_every_core(const QuantizedModel& q, const char* target = "cmsis-nn") {
  const TemporaryFolder folder;
  Verifier verifier(q.model, q.quantizations, find_target(target), options(folder));
  for (std::uint64_t i = 0; i < 2; ++i)
    verifier.check(random_pixels(q.model.graph.input_shape(), 50 + i));
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

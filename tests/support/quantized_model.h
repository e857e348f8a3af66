#pragma once
#include <cmath>
#include <vector>

#include "integrad/autograd/cases.h"
#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/fold.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/models/qsegment.h"
#include "integrad/quant/calibrate.h"
#include "integrad/quant/lower.h"

namespace integrad {

struct QuantizedModel {
  Model<float> model;
  std::vector<Quantization> quantizations;

  QGraph program(const char* target = "cmsis-nn") const {
    return lower(model.graph, model.parameters, quantizations, find_target(target));
  }
};

/// The quantisations that the ranges on these images give.
inline QuantizedModel calibrated(Model<float> model, const Tensor<float>& images) {
  auto quantizations = quantizations_on(model, images);
  return {std::move(model), std::move(quantizations)};
}

/// An image of 8-bit pixels; `stream` names the draw.
inline Tensor<float> random_pixels(Shape shape, std::uint64_t stream) {
  Tensor<float> image = draw::uniform(shape, stream, 0.0, 256.0).cast<float>();
  for (float& v : image) v = std::floor(v) / 255.0f;
  return image;
}

/// Q-Segment for images [1,16,24,3], with drawn weights.
inline QuantizedModel quantized_qsegment() {
  const Graph graph = make_qsegment(16, 24);
  return calibrated(fold(graph, initialize<float>(graph, 11)), random_pixels({2, 16, 24, 3}, 1));
}

}  // namespace integrad

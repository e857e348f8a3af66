// The whole training loop: a two-layer convolutional net learns to mark the outline of discs.
#include <cstdio>
#include <vector>

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/losses.h"
#include "integrad/tensor/random.h"
#include "integrad/train/optimizer.h"

using namespace integrad;

namespace {

constexpr Index kSide = 24, kBatch = 4;

// A model is data: layers in order, with shapes checked as they are added.
Graph make_model() {
  Graph graph;
  Value x = graph.input({1, kSide, kSide, 1});
  const WindowSpec window = WindowSpec::square(3, 1, Padding::same());
  x = graph.layer("features", layer::Conv2d{8, window, 1, true, Activation::relu}, {x});
  graph.layer("outline", layer::Conv2d{1, window}, {x});
  return graph;
}

struct Batch {
  Tensor<float> images{{kBatch, kSide, kSide, 1}};
  Tensor<float> outlines{{kBatch, kSide, kSide, 1}};
};

// Discs of random place and size; a pixel of the outline lies in the disc, a neighbour outside.
Batch draw_batch(std::uint64_t seed) {
  Batch batch;
  const Random random(seed, 1);
  for (Index n = 0; n < kBatch; ++n) {
    const auto draw = static_cast<std::uint64_t>(n) * 3;
    const double centre_y = random.uniform(draw, 8, 16), centre_x = random.uniform(draw + 1, 8, 16);
    const double radius = random.uniform(draw + 2, 3, 7);
    const auto inside = [&](Index y, Index x) {
      const double dy = static_cast<double>(y) - centre_y, dx = static_cast<double>(x) - centre_x;
      return dy * dy + dx * dx <= radius * radius;
    };
    for (Index y = 0; y < kSide; ++y)
      for (Index x = 0; x < kSide; ++x) {
        if (!inside(y, x)) continue;
        batch.images(n, y, x, 0) = 1;
        const bool surrounded =
            inside(y - 1, x) && inside(y + 1, x) && inside(y, x - 1) && inside(y, x + 1);
        batch.outlines(n, y, x, 0) = surrounded ? 0 : 1;
      }
  }
  return batch;
}

// One step: forward, loss, backward, update. Returns the loss.
float step(const Graph& graph, Parameters<float>& parameters, Optimizer& optimizer,
           const Batch& batch) {
  Tape<float> tape;
  FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::train);
  const Var logits = interpret(tape, graph, tape.constant(batch.images), evaluator).back();
  const Var loss = binary_cross_entropy(tape, logits, batch.outlines);
  const float value = tape.value(loss)[0];
  tape.backward(loss);

  std::vector<Tensor<float>> gradients;
  for (Var parameter : evaluator.parameter_values()) gradients.push_back(tape.gradient(parameter));
  std::vector<OptimizedTensor> tensors;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Parameter<float>& parameter = parameters.all()[i];
    tensors.push_back({parameter.name, &parameter.value, &gradients[i]});
  }
  optimizer.step(tensors, 0.02);
  return value;
}

// The share of pixels on the right side of logit 0.
double accuracy(const Graph& graph, Parameters<float>& parameters, const Batch& batch) {
  Tape<float> tape;
  FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::evaluate);
  const Var y = interpret(tape, graph, tape.constant(batch.images), evaluator).back();
  const Tensor<float>& logits = tape.value(y);
  Index right = 0;
  for (Index i = 0; i < logits.size(); ++i)
    right += (logits[i] > 0) == (batch.outlines[i] > 0.5f) ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(logits.size());
}

}  // namespace

int main() {
  const Graph graph = make_model();
  Parameters<float> parameters = initialize<float>(graph, /*seed=*/1);
  std::printf("%d values to learn\n", static_cast<int>(count_trainable(graph)));
  Optimizer optimizer(Adam{});
  for (std::uint64_t i = 0; i <= 150; ++i) {
    const float loss = step(graph, parameters, optimizer, draw_batch(100 + i));
    if (i % 50 == 0) std::printf("step %3d  loss %.4f\n", static_cast<int>(i), loss);
  }
  const double unseen = accuracy(graph, parameters, draw_batch(1));
  std::printf("on discs never seen: %.2f %% of the pixels right\n", 100 * unseen);
  return unseen > 0.99 ? 0 : 1;
}

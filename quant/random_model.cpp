#include "integrad/quant/random_model.h"

#include <cmath>

#include "integrad/quant/calibrate.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/random_graph.h"

namespace integrad {

namespace {

Parameters<float> random_parameters(const Graph& graph, Dice& dice) {
  Parameters<float> parameters = initialize<float>(graph, 1);
  for (auto& p : parameters.all()) {
    const bool bias = p.name.ends_with("/bias");
    for (float& v : p.value) v = static_cast<float>(dice.normal() * (bias ? 1.0 : 0.3));
    // An output channel (the first) without weights, or far stronger than its neighbours.
    if (!bias && dice.one_in(4)) p.value[0] = dice.one_in(2) ? 0.0f : 20.0f;
  }
  return parameters;
}

// Makes some scales unfit for their values and moves zero points to the ends; what shares a
// quantiser goes on sharing it.
void disturb(const Graph& graph, std::vector<Quantization>& quantizations, Dice& dice) {
  const std::vector<int> classes = quantizer_classes(graph);
  const auto prescribed = prescribed_quantizations(graph);
  for (std::size_t id = 0; id < quantizations.size(); ++id) {
    Quantization& q = quantizations[id];
    const auto shared = static_cast<std::size_t>(classes[id]);
    if (shared != id) {
      q = quantizations[shared];
    } else if (prescribed[id] == nullptr && (id > 0 || dice.one_in(4))) {
      if (dice.one_in(2)) q.scale *= static_cast<float>(dice.uniform(0.1, 1.0));
      if (dice.one_in(8)) q.scale = std::ldexp(q.scale, dice.between(-6, 6));
      constexpr std::int32_t kEnds[] = {-128, 127, 0, -127, 126};
      if (dice.one_in(2)) q.zero_point = kEnds[dice.between(0, 4)];
    }
  }
}

bool can_lower(const RandomModel& random) {
  try {
    for (const Target& target : rounding_targets())
      lower(random.model.graph, random.model.parameters, random.quantizations, target);
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace

RandomModel random_model(std::uint64_t seed, std::uint64_t number) {
  constexpr std::uint64_t kTries = 1000;
  for (std::uint64_t attempt = 0; attempt < kTries; ++attempt) {
    Dice dice(seed, number * kTries + attempt);
    const Graph graph = random_graph(dice);
    RandomModel random{{graph, random_parameters(graph, dice)}, {}};
    random.quantizations = quantizations_on(random.model, random_images(graph, 2, seed, ~number));
    disturb(graph, random.quantizations, dice);
    // A scale too fine for a strong channel, or for hard swish, is refused, rightly.
    if (can_lower(random)) return random;
  }
  fail("random model ", number, " of seed ", seed, ": no draw of ", kTries, " can be lowered");
}

Tensor<float> random_images(const Graph& graph, Index count, std::uint64_t seed,
                            std::uint64_t number) {
  Dice dice(~seed, number);
  Tensor<float> images = Tensor<float>::uninitialized(graph.input_shape().with(0, count));
  const Index size = images.size() / count;
  for (Index n = 0; n < count; ++n) {
    const int low = dice.one_in(8) ? 200 : 0, high = dice.one_in(8) ? 55 : 255;
    for (Index i = 0; i < size; ++i)
      images[n * size + i] =
          static_cast<float>(dice.between(std::min(low, high), std::max(low, high))) / 255.0f;
  }
  return images;
}

}  // namespace integrad

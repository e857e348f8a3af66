#include "integrad/train/tflite/window.h"

#include <algorithm>

namespace integrad::tflite {

namespace {

bool places_alike(std::int32_t inputs, std::int32_t outputs, const integrad_window& window,
                  const integrad_window& other) {
  return window.pad_before == other.pad_before && integrad_window_outputs(inputs, other) == outputs;
}

// Points needed after the input for the last output's window.
std::int32_t border_after(std::int32_t inputs, std::int32_t outputs, const integrad_window& w) {
  const std::int32_t end = (outputs - 1) * w.stride + integrad_window_extent(w);
  return std::max(0, end - w.pad_before - inputs);
}

}  // namespace

std::optional<PaddingRule> padding_rule(const WindowUse& use) {
  const integrad_window &y = use.window.y, &x = use.window.x;
  const auto places_as = [&](const Window2d& other) {
    return places_alike(use.input.height, use.output.height, y, other.y) &&
           places_alike(use.input.width, use.output.width, x, other.x);
  };
  const auto unpadded = [](integrad_window w) {
    w.pad_before = w.pad_after = 0;
    return w;
  };
  if (places_as({unpadded(y), unpadded(x)})) return PaddingRule::valid;
  const WindowSpec same{y.kernel,   x.kernel,   y.stride,       x.stride,
                        y.dilation, x.dilation, Padding::same()};
  if (places_as(resolve(same, use.input.height, use.input.width))) return PaddingRule::same;
  return std::nullopt;
}

PaddedInput padded(Composer& composer, TensorId input, const std::string& layer,
                   const WindowUse& use, std::int8_t value) {
  if (const auto rule = padding_rule(use)) return {input, *rule};
  const integrad_window &y = use.window.y, &x = use.window.x;
  const Composer::Border border{y.pad_before, border_after(use.input.height, use.output.height, y),
                                x.pad_before, border_after(use.input.width, use.output.width, x)};
  return {composer.pad(input, layer + "/border", border, value), PaddingRule::valid};
}

}  // namespace integrad::tflite

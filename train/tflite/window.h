#pragma once
#include <optional>

#include "integrad/quant/c/layout.h"
#include "integrad/tensor/geometry.h"
#include "integrad/train/tflite/composer.h"

namespace integrad::tflite {

/// A sliding window on an input and output of known size.
struct WindowUse {
  integrad_dims input, output;
  Window2d window;
};

/// The format has two words for padding instead of numbers: VALID, none, and SAME, which is
/// Padding::same(). The word that places the window's outputs where `use` has them; none: neither.
std::optional<PaddingRule> padding_rule(const WindowUse& use);

/// What a windowed operator reads, and its padding.
struct PaddedInput {
  TensorId tensor;
  PaddingRule rule;
};
/// The input itself where a word says its padding, else a copy with a border of `value`, which must
/// leave every output as it is, and VALID.
PaddedInput padded(Composer& composer, TensorId input, const std::string& layer,
                   const WindowUse& use, std::int8_t value);

}  // namespace integrad::tflite

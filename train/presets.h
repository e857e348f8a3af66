#pragma once
#include <string_view>

#include "integrad/train/config.h"

namespace integrad {

/// The training recipe of the Q-Segment paper (arXiv 2312.09854): 4000 epochs in batches of 8, SGD
/// at 1e-3 with cosine annealing and warm restarts every 20 epochs. The paper does not state the
/// momentum; 0.9 is assumed.
TrainConfig q_segment_recipe();

/// Throws Error listing the known names ("default", "q-segment") when there is no such preset.
TrainConfig training_preset(std::string_view name);

/// Settings for quantisation-aware training of a model that was trained with `config`: the same
/// data treatment and loss, a third of the epochs, a tenth of the learning rate, no warm-up.
TrainConfig quantization_aware(TrainConfig config);

}  // namespace integrad

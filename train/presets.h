#pragma once
#include <string_view>

#include "integrad/train/config.h"

namespace integrad {

/// "paper", the recipe of the Q-Segment paper (arXiv 2312.09854): 4000 epochs in batches of 8, SGD
/// at 1e-3 with cosine annealing and warm restarts every 20 epochs, mixed precision. The paper does
/// not state the momentum; 0.9 is assumed.
TrainConfig paper_recipe();

/// "strong", for a few hundred megapixels on a small computer: random parts of the images, AdamW
/// with one long cosine, and cross entropy with IoU unweighted (the structure loss with a window of
/// one pixel), whose optimum suits a threshold of one half.
TrainConfig strong_recipe();

/// Throws Error listing the known names ("default", "paper", "strong") when there is no such
/// preset.
TrainConfig training_preset(std::string_view name);

/// Trains on whole images where one of them, of these extents [n,h,w,c], is smaller than the
/// preset's random parts.
void fit_crop(TrainConfig& config, const Shape& image);

/// Settings for quantisation-aware training of a model that was trained with `config`: the same
/// data treatment and loss, a third of the epochs, a tenth of the learning rate, no warm-up.
TrainConfig quantization_aware(TrainConfig config);

}  // namespace integrad

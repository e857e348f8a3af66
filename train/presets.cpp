#include "integrad/train/presets.h"

#include <algorithm>

#include "integrad/tensor/error.h"

namespace integrad {

TrainConfig paper_recipe() {
  TrainConfig config;
  config.epochs = 4000;
  config.batch_size = 8;
  config.precision = "bf16";
  config.optimizer = "sgd";
  config.momentum = 0.9;
  config.learning_rate = 1e-3;
  config.schedule = "cosine-restarts";
  config.schedule_period = 20;
  config.warm_up = 0;
  return config;
}

TrainConfig strong_recipe() {
  TrainConfig config;
  config.epochs = 1600;
  config.batch_size = 4;
  config.precision = "bf16";
  config.optimizer = "adamw";
  config.learning_rate = 3e-3;
  config.weight_decay = 5e-4;
  config.schedule = "cosine";
  config.warm_up = 10;
  config.loss = "structure";
  config.loss_window = 1;
  config.augmentation.brightness = 0.25;
  config.augmentation.rotation_degrees = 10;
  config.augmentation.crop_height = config.augmentation.crop_width = 256;
  config.checkpoint_every = 20;
  config.evaluate_every = 200;
  return config;
}

TrainConfig training_preset(std::string_view name) {
  if (name == "default") return {};
  if (name == "paper") return paper_recipe();
  if (name == "strong") return strong_recipe();
  fail("there is no preset '", name, "'; known: default, paper, strong");
}

void fit_crop(TrainConfig& config, const Shape& image) {
  Augmentation& crop = config.augmentation;
  if (image.height() < crop.crop_height || image.width() < crop.crop_width)
    crop.crop_height = crop.crop_width = 0;
}

TrainConfig quantization_aware(TrainConfig config) {
  config.epochs = std::max<Index>(1, config.epochs / 3);
  config.steps = 0;
  config.learning_rate /= 10;
  config.warm_up = 0;
  config.precision = "float";
  return config;
}

}  // namespace integrad

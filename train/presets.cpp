#include "integrad/train/presets.h"

#include <algorithm>

#include "integrad/tensor/error.h"

namespace integrad {

TrainConfig q_segment_recipe() {
  TrainConfig config;
  config.epochs = 4000;
  config.batch_size = 8;
  config.optimizer = "sgd";
  config.momentum = 0.9;
  config.learning_rate = 1e-3;
  config.schedule = "cosine-restarts";
  config.schedule_period = 20;
  config.warm_up = 0;
  return config;
}

TrainConfig training_preset(std::string_view name) {
  if (name == "default") return {};
  if (name == "q-segment") return q_segment_recipe();
  fail("there is no preset '", name, "'; known: default, q-segment");
}

TrainConfig quantization_aware(TrainConfig config) {
  config.epochs = std::max<Index>(1, config.epochs / 3);
  config.steps = 0;
  config.learning_rate /= 10;
  config.warm_up = 0;
  return config;
}

}  // namespace integrad

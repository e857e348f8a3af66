#include "integrad/train/config.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "integrad/nn/models/registry.h"
#include "integrad/tensor/error.h"
#include "integrad/train/json.h"
#include "integrad/train/settings_reader.h"
#include "integrad/train/weight_average.h"

namespace integrad {

namespace {

using Json = JsonOutput;

/// Calls field(name, reference) for every setting: the one list that printing and reading share.
template <class Config, class Field>
void for_each_field(Config& c, Field&& field) {
  field("model", c.model);
  field("height", c.height);
  field("width", c.width);
  field("seed", c.seed);
  field("epochs", c.epochs);
  field("steps", c.steps);
  field("batch_size", c.batch_size);
  field("shrink", c.shrink);
  field("level_loss", c.level_loss);
  field("precision", c.precision);
  field("optimizer", c.optimizer);
  field("learning_rate", c.learning_rate);
  field("momentum", c.momentum);
  field("weight_decay", c.weight_decay);
  field("schedule", c.schedule);
  field("schedule_period", c.schedule_period);
  field("warm_up", c.warm_up);
  field("weight_average", c.weight_average);
  field("loss", c.loss);
  field("loss_window", c.loss_window);
  field("brightness", c.augmentation.brightness);
  field("flip_horizontal", c.augmentation.flip_horizontal);
  field("flip_vertical", c.augmentation.flip_vertical);
  field("rotation_degrees", c.augmentation.rotation_degrees);
  field("scale", c.augmentation.scale);
  field("colour", c.augmentation.colour);
  field("gamma", c.augmentation.gamma);
  field("elastic", c.augmentation.elastic);
  field("crop_height", c.augmentation.crop_height);
  field("crop_width", c.augmentation.crop_width);
  field("target", c.target);
  field("range_method", c.observer.method);
  field("range_percentile", c.observer.percentile);
  field("range_momentum", c.observer.momentum);
  field("freeze_ranges", c.freeze_ranges);
  field("checkpoint_every", c.checkpoint_every);
  field("evaluate_every", c.evaluate_every);
}

using Method = ObserverOptions::Method;

template <class T>
Json to_value(const T& value) {
  return value;
}
Json to_value(const Method& method) {
  return name_of(method);
}

template <class T>
void read(const SettingsReader& settings, const char* name, T& value) {
  settings.read(name, value);
}
void read(const SettingsReader& settings, const char* name, Method& method) {
  std::string text;
  settings.read(name, text);
  method = range_method(text, "setting '" + std::string(name) + "'");
}

template <class Value>
void require_one_of(const char* name, const Value& value,
                    std::initializer_list<const char*> known) {
  std::string list;
  for (const char* entry : known) {
    if (value == entry) return;
    list += (list.empty() ? "" : ", ") + std::string(entry);
  }
  fail(name, " is one of ", list, "; got '", value, "'");
}

}  // namespace

Index TrainConfig::step_height() const {
  return augmentation.crop_height > 0 ? augmentation.crop_height : height;
}
Index TrainConfig::step_width() const {
  return augmentation.crop_width > 0 ? augmentation.crop_width : width;
}

Index TrainConfig::steps_per_epoch(Index images) const {
  return (images + batch_size - 1) / batch_size;
}

Index TrainConfig::run_steps(Index images) const {
  const Index all = epochs * steps_per_epoch(images);
  return steps > 0 ? std::min(steps, all) : all;
}

Schedule TrainConfig::make_schedule() const {
  Schedule result{learning_rate, ConstantRate{}, warm_up};
  const double period = schedule_period > 0 ? schedule_period : 20;
  if (schedule == "step") result.shape = StepRate{period, 0.1};
  if (schedule == "cosine")
    result.shape = CosineRate{std::max(1.0, static_cast<double>(epochs)), 0};
  if (schedule == "cosine-restarts") result.shape = CosineRestartsRate{period, 1, 0};
  return result;
}

OptimizerRule TrainConfig::make_optimizer() const {
  if (optimizer == "sgd") return Sgd{momentum, weight_decay};
  Adam adam;
  adam.weight_decay = weight_decay;
  adam.decoupled = optimizer == "adamw";
  return adam;
}

void check(const TrainConfig& config) {
  require(config.shrink >= 1 && config.shrink <= 64, "shrink lies in 1..64; got ", config.shrink);
  require(config.height % config.shrink == 0 && config.width % config.shrink == 0, "images of ",
          config.height, " x ", config.width, " cannot be shrunk by ", config.shrink);
  make_model(config.model, config.height / config.shrink, config.width / config.shrink);
  require(config.epochs >= 0 && config.epochs <= 1000000, "epochs lie in 0..1000000; got ",
          config.epochs);
  require(config.steps >= 0, "steps is at least 0; got ", config.steps);
  require(config.batch_size >= 1 && config.batch_size <= 65536,
          "the batch size lies in 1..65536; got ", config.batch_size);
  require_one_of("level_loss", config.level_loss, {"all", "last"});
  require(config.checkpoint_every >= 1, "checkpoint_every is at least 1 epoch; got ",
          config.checkpoint_every);
  require(config.evaluate_every >= 0, "evaluate_every is at least 0; got ", config.evaluate_every);
  require(config.freeze_ranges >= 0 && config.freeze_ranges <= 1,
          "freeze_ranges lies in 0..1; got ", config.freeze_ranges);
  require(std::isfinite(config.learning_rate) && config.learning_rate > 0,
          "the learning rate is above 0; got ", config.learning_rate);
  require_one_of("precision", config.precision, {"float", "bf16"});
  require_one_of("optimizer", config.optimizer, {"sgd", "adam", "adamw"});
  require_one_of("schedule", config.schedule, {"constant", "step", "cosine", "cosine-restarts"});
  require_one_of("loss", config.loss, {"structure", "structure-pranet", "bce", "dice"});
  require(config.loss_window >= 0 && (config.loss_window == 0 || config.loss_window % 2 == 1),
          "the loss window is odd, or 0 for the default; got ", config.loss_window);
  find_target(config.target);
  check(config.augmentation);
  check(config.make_schedule());
  static_cast<void>(Optimizer(config.make_optimizer()));
  static_cast<void>(WeightAverage(config.weight_average));
}

std::string to_json(const TrainConfig& config) {
  Json json;
  for_each_field(config,
                 [&](const char* name, const auto& value) { json[name] = to_value(value); });
  return json.dump(2) + "\n";
}

std::map<std::string, std::string> settings_by_name(const TrainConfig& config) {
  std::map<std::string, std::string> settings;
  for_each_field(config, [&](const char* name, const auto& field) {
    const Json value = to_value(field);
    settings[name] = value.is_string() ? value.template get<std::string>() : value.dump();
  });
  return settings;
}

TrainConfig config_from_json(const std::string& text, const TrainConfig& base) {
  const SettingsReader settings(text, "the configuration");
  TrainConfig config = base;
  std::set<std::string> known;
  for_each_field(config, [&](const char* name, auto& value) {
    known.insert(name);
    if (settings.has(name)) read(settings, name, value);
  });
  for (const std::string& name : settings.names())
    require(known.contains(name), "there is no setting '", name, "'");
  return config;
}

}  // namespace integrad

#include "integrad/train/checkpoint.h"

#include <charconv>
#include <cmath>

#include "integrad/nn/models/registry.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/observer.h"
#include "integrad/tensor/files.h"

namespace integrad {

namespace {

constexpr const char* kFormat = "integrad-model-1";
constexpr const char* kRanges = "quantization/ranges";
constexpr const char* kOptimizer = "optimizer/";
constexpr const char* kAverage = "average/";

Index number(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  require(found != file.metadata.end(), "the metadata lacks '", key, "'");
  Index value = 0;
  const std::string& text = found->second;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  require(end.ec == std::errc() && end.ptr == text.data() + text.size() && value >= 0,
          "the metadata's '", key, "' is not a number: '", text, "'");
  return value;
}

std::string text(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  require(found != file.metadata.end(), "the metadata lacks '", key, "'");
  return found->second;
}

/// The tensors whose names begin with `prefix`, without it.
std::vector<NamedTensor> tensors_under(const std::string& prefix, const TensorFile& file) {
  std::vector<NamedTensor> result;
  for (const NamedTensor& tensor : file.tensors)
    if (tensor.name.starts_with(prefix))
      result.push_back({tensor.name.substr(prefix.size()), tensor.value});
  return result;
}

Graph stage_graph(const Graph& graph, Checkpoint::Stage stage) {
  if (stage == Checkpoint::Stage::floating) return graph;
  return fold(graph, initialize<float>(graph, 0)).graph;
}

Checkpoint read(const TensorFile& file) {
  const auto format = file.metadata.find("format");
  require(format != file.metadata.end() && format->second == kFormat,
          "not a model of this program (its metadata says format '",
          format == file.metadata.end() ? "" : format->second, "', expected '", kFormat, "')");
  Checkpoint result;
  result.model = text(file, "model");
  result.height = number(file, "height");
  result.width = number(file, "width");
  const std::string stage = text(file, "stage");
  require(stage == "float" || stage == "quantized", "unknown stage '", stage, "'");
  result.stage = stage == "float" ? Checkpoint::Stage::floating : Checkpoint::Stage::quantized;
  result.config = text(file, "config");

  const Graph graph =
      stage_graph(make_model(result.model, result.height, result.width), result.stage);
  for (const ParameterSpec& spec : parameter_specs(graph)) {
    const Tensor<float>& value = file.get<float>(spec.name);
    require(value.shape() == spec.shape, "tensor '", spec.name, "' has shape ", value.shape(),
            "; model ", result.model, " needs ", spec.shape);
    for (float v : value)
      require(std::isfinite(v), "tensor '", spec.name, "' holds a value that is not finite");
    result.parameters.add({spec.name, value, spec.trainable});
  }
  if (result.stage == Checkpoint::Stage::quantized) {
    result.target = text(file, "target");
    find_target(result.target);
    result.ranges = file.get<float>(kRanges);
    RangeObserver(graph, {}).restore(result.ranges);
  }
  if (file.metadata.contains("epoch")) {
    TrainingState state;
    state.epoch = number(file, "epoch");
    state.optimizer.steps = number(file, "optimizer_steps");
    state.optimizer.tensors = tensors_under(kOptimizer, file);
    state.average = tensors_under(kAverage, file);
    result.training = std::move(state);
  }
  for (const NamedTensor& tensor : file.tensors)
    require(result.parameters.contains(tensor.name) || tensor.name == kRanges ||
                tensor.name.starts_with(kOptimizer) || tensor.name.starts_with(kAverage),
            "tensor '", tensor.name, "' does not belong to model ", result.model);
  return result;
}

}  // namespace

Graph Checkpoint::graph(Index at_height, Index at_width) const {
  return stage_graph(make_model(model, at_height, at_width), stage);
}

Model<float> Checkpoint::folded(Index at_height, Index at_width) const {
  if (stage == Stage::floating) return fold(make_model(model, at_height, at_width), parameters);
  return {graph(at_height, at_width), parameters};
}

std::vector<Quantization> Checkpoint::quantizations() const {
  require(stage == Stage::quantized, "the model is not quantised: run quantize first");
  const Graph folded_graph = graph();
  RangeObserver observer(folded_graph, {});
  observer.restore(ranges);
  return observer.quantizations();
}

QGraph Checkpoint::program(Index at_height, Index at_width) const {
  const std::vector<Quantization> of_nodes = quantizations();
  return lower(graph(at_height, at_width), parameters, of_nodes, find_target(target));
}

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  const bool quantized = checkpoint.stage == Checkpoint::Stage::quantized;
  TensorFile file;
  file.metadata = {{"format", kFormat},
                   {"model", checkpoint.model},
                   {"height", std::to_string(checkpoint.height)},
                   {"width", std::to_string(checkpoint.width)},
                   {"stage", quantized ? "quantized" : "float"},
                   {"config", checkpoint.config}};
  for (const Parameter<float>& p : checkpoint.parameters.all()) file.add(p.name, p.value);
  if (quantized) {
    file.metadata["target"] = checkpoint.target;
    file.add(kRanges, checkpoint.ranges);
  }
  if (checkpoint.training) {
    const TrainingState& state = *checkpoint.training;
    file.metadata["epoch"] = std::to_string(state.epoch);
    file.metadata["optimizer_steps"] = std::to_string(state.optimizer.steps);
    for (const NamedTensor& tensor : state.optimizer.tensors)
      file.add(kOptimizer + tensor.name, tensor.value);
    for (const NamedTensor& tensor : state.average) file.add(kAverage + tensor.name, tensor.value);
  }
  save_safetensors(path, file);
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const TensorFile file = load_safetensors(path);
  return with_context(path.string(), [&] { return read(file); });
}

}  // namespace integrad

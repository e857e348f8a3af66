#include "integrad/nn/parameters.h"

#include <bit>
#include <cmath>

#include "integrad/tensor/error.h"
#include "integrad/tensor/random.h"
#include "integrad/tensor/sha256.h"

namespace integrad {

namespace {

// FNV-1a: a stream number from a name.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}

}  // namespace

template <class T>
void Parameters<T>::add(Parameter<T> parameter) {
  const bool fresh = index_.emplace(parameter.name, all_.size()).second;
  require(fresh, "parameter '", parameter.name, "' exists twice");
  all_.push_back(std::move(parameter));
}

template <class T>
std::size_t Parameters<T>::position(std::string_view name) const {
  const auto found = index_.find(name);
  require(found != index_.end(), "there is no parameter '", name, "'");
  return found->second;
}

template <class T>
const Tensor<T>& Parameters<T>::at(std::string_view name) const {
  return all_[position(name)].value;
}

template <class T>
Tensor<T>& Parameters<T>::at(std::string_view name) {
  return all_[position(name)].value;
}

std::vector<ParameterSpec> parameter_specs(const Graph& graph) {
  std::vector<ParameterSpec> all;
  for (const Node& node : graph.nodes()) {
    if (node.shares()) continue;
    for (ParameterSpec& spec : parameters_of(node.layer, graph.input_shapes(node))) {
      spec.name = node.parameter(spec.name);
      all.push_back(std::move(spec));
    }
  }
  return all;
}

// Initial::repeat, or smooth: [out,kh,kw,in].
template <class T>
static void spread_channels(Tensor<T>& weight, bool smooth) {
  const Shape& shape = weight.shape();
  const Index outputs = shape[0], inputs = shape[3];
  require(inputs % outputs == 0,
          "a weight that begins by spreading channels has a multiple of its ", outputs,
          " outputs as inputs; got ", inputs);
  const auto share = [&](Index side, Index at) {  // of the binomials of a row
    if (!smooth) return 1.0;
    double binomial = 1;
    for (Index i = 1; i <= at; ++i)
      binomial = binomial * static_cast<double>(side - i) / static_cast<double>(i);
    return binomial / std::exp2(static_cast<double>(side - 1));
  };
  const double mean = static_cast<double>(outputs) / static_cast<double>(inputs);
  for (Index o = 0; o < outputs; ++o)
    for (Index y = 0; y < shape[1]; ++y)
      for (Index x = 0; x < shape[2]; ++x)
        for (Index i = o; i < inputs; i += outputs)
          weight[((o * shape[1] + y) * shape[2] + x) * inputs + i] =
              static_cast<T>(mean * share(shape[1], y) * share(shape[2], x));
}

template <class T>
Parameters<T> initialize(const Graph& graph, std::uint64_t seed) {
  Parameters<T> parameters;
  for (const ParameterSpec& spec : parameter_specs(graph)) {
    Tensor<T> value(spec.shape, spec.initial == Initial::one ? T(1) : T(0));
    if (spec.initial == Initial::kaiming) {
      const Random random(seed, hash(spec.name));
      const double deviation = std::sqrt(2.0 / static_cast<double>(spec.fan_in));
      for (Index i = 0; i < value.size(); ++i)
        value[i] = static_cast<T>(deviation * random.normal(static_cast<std::uint64_t>(i)));
    }
    if (spec.initial == Initial::repeat || spec.initial == Initial::smooth)
      spread_channels(value, spec.initial == Initial::smooth);
    parameters.add({spec.name, std::move(value), spec.trainable});
  }
  return parameters;
}

Index count_trainable(const Graph& graph) {
  Index count = 0;
  for (const ParameterSpec& spec : parameter_specs(graph))
    if (spec.trainable) count += spec.shape.elements();
  return count;
}

std::string weights_digest(const Parameters<float>& parameters) {
  Sha256 sha;
  for (const Parameter<float>& p : parameters.all())
    for (const float value : p.value) sha.add(std::bit_cast<std::uint32_t>(value));
  return sha.finish();
}

template <class T>
void check_parameters(const Graph& graph, const Parameters<T>& parameters) {
  const auto specs = parameter_specs(graph);
  for (const ParameterSpec& spec : specs) {
    require(parameters.contains(spec.name), "the model's parameter '", spec.name, "' ", spec.shape,
            " is missing");
    const Shape& shape = parameters.at(spec.name).shape();
    require(shape == spec.shape, "parameter '", spec.name, "' has shape ", shape,
            "; the model needs ", spec.shape);
  }
  require(parameters.all().size() == specs.size(), "there are ", parameters.all().size(),
          " parameters; the model has ", specs.size());
}

template class Parameters<float>;
template class Parameters<double>;
template Parameters<float> initialize(const Graph&, std::uint64_t);
template Parameters<double> initialize(const Graph&, std::uint64_t);
template void check_parameters(const Graph&, const Parameters<float>&);
template void check_parameters(const Graph&, const Parameters<double>&);

}  // namespace integrad

#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "integrad/nn/graph.h"
#include "integrad/tensor/tensor.h"

namespace integrad {

template <class T>
struct Parameter {
  std::string name;  ///< "<layer>/weight"
  Tensor<T> value;
  bool trainable = true;
};

/// A model's parameters in the order of its layers, found by name.
template <class T>
class Parameters {
 public:
  /// Throws Error when the name is taken.
  void add(Parameter<T> parameter);
  /// Throws Error when there is no such parameter.
  Tensor<T>& at(std::string_view name);
  const Tensor<T>& at(std::string_view name) const;
  bool contains(std::string_view name) const { return index_.contains(name); }
  /// Index into all(); throws Error when there is no such parameter.
  std::size_t position(std::string_view name) const;

  std::vector<Parameter<T>>& all() { return all_; }
  const std::vector<Parameter<T>>& all() const { return all_; }

  template <class U>
  Parameters<U> cast() const {
    Parameters<U> result;
    for (const auto& p : all_) result.add({p.name, p.value.template cast<U>(), p.trainable});
    return result;
  }

 private:
  std::vector<Parameter<T>> all_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// The specifications of all parameters of a graph, with full names.
std::vector<ParameterSpec> parameter_specs(const Graph& graph);

/// Initial values by each specification. A value is a function of (seed, name, position), so two
/// models that share a layer's name and shape share its start.
template <class T>
Parameters<T> initialize(const Graph& graph, std::uint64_t seed);

/// Number of trainable values (running statistics excluded).
Index count_trainable(const Graph& graph);

/// Names weights by what they hold: the SHA-256 of all values in the order of all(), running
/// statistics included, each as the four bytes of its float32, the lowest first.
std::string weights_digest(const Parameters<float>& parameters);

/// Throws Error, naming the parameter, unless names and shapes are exactly those of the graph.
template <class T>
void check_parameters(const Graph& graph, const Parameters<T>& parameters);

}  // namespace integrad

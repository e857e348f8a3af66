#include "integrad/train/weight_average.h"

#include <algorithm>

#include "integrad/tensor/error.h"

namespace integrad {

WeightAverage::WeightAverage(double decay) : decay_(decay) {
  require(decay >= 0 && decay < 1, "the weight average's decay lies in [0,1); got ", decay);
}

const Tensor<float>& WeightAverage::stored(std::size_t i,
                                           const Parameters<float>& parameters) const {
  require(state_.size() == parameters.all().size(), "the weight average holds ", state_.size(),
          " tensors; the model has ", parameters.all().size());
  const Parameter<float>& p = parameters.all()[i];
  const auto* tensor = std::get_if<Tensor<float>>(&state_[i].value);
  require(state_[i].name == p.name && tensor != nullptr && tensor->shape() == p.value.shape(),
          "the weight average '", state_[i].name, "' does not belong to parameter '", p.name,
          "' of shape ", p.value.shape());
  return *tensor;
}

void WeightAverage::add(const Parameters<float>& parameters, Index step) {
  if (!kept()) return;
  if (state_.empty()) {
    for (const Parameter<float>& p : parameters.all()) state_.push_back({p.name, p.value});
    return;
  }
  const double t = static_cast<double>(step);
  const auto share = static_cast<float>(1 - std::min(decay_, t / (9 + t)));
  for (std::size_t i = 0; i < parameters.all().size(); ++i) {
    stored(i, parameters);  // checks that it fits
    auto& average = std::get<Tensor<float>>(state_[i].value);
    const Tensor<float>& value = parameters.all()[i].value;
    for (Index k = 0; k < average.size(); ++k) average[k] += share * (value[k] - average[k]);
  }
}

Parameters<float> WeightAverage::of(const Parameters<float>& parameters) const {
  Parameters<float> result = parameters;
  if (state_.empty()) return result;
  for (std::size_t i = 0; i < result.all().size(); ++i)
    result.all()[i].value = stored(i, parameters);
  return result;
}

}  // namespace integrad

#include "integrad/train/optimizer.h"

#include <array>
#include <cmath>

#include "integrad/tensor/elementary.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

constexpr std::array<const char*, 1> kSgdState{".momentum"};
constexpr std::array<const char*, 2> kAdamState{".first_moment", ".second_moment"};

std::span<const char* const> state_names(const Sgd&) {
  return kSgdState;
}
std::span<const char* const> state_names(const Adam&) {
  return kAdamState;
}

void check_rule(const Sgd& rule) {
  require(rule.momentum >= 0 && rule.momentum < 1, "SGD's momentum lies in [0,1); got ",
          rule.momentum);
  require(rule.weight_decay >= 0, "weight decay is not negative; got ", rule.weight_decay);
}

void check_rule(const Adam& rule) {
  for (double beta : {rule.beta1, rule.beta2})
    require(beta >= 0 && beta < 1, "Adam's betas lie in [0,1); got ", beta);
  require(rule.epsilon > 0, "Adam's epsilon is positive; got ", rule.epsilon);
  require(rule.weight_decay >= 0, "weight decay is not negative; got ", rule.weight_decay);
}

/// The tensors one update touches, as plain arrays of one length.
struct Update {
  Index size;
  float* value;
  const float* gradient;
  std::array<float*, 2> state;
  bool decays;
};

void apply(const Sgd& rule, const Update& u, Index steps, double learning_rate) {
  const float rate = static_cast<float>(learning_rate),
              momentum = static_cast<float>(rule.momentum);
  const float decay = u.decays ? static_cast<float>(rule.weight_decay) : 0.0f;
  const bool first = steps == 1;
  parallel_for(u.size, kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const float gradient = u.gradient[i] + decay * u.value[i];
      const float velocity = first ? gradient : momentum * u.state[0][i] + gradient;
      u.state[0][i] = velocity;
      u.value[i] -= rate * (rule.nesterov ? gradient + momentum * velocity : velocity);
    }
  });
}

void apply(const Adam& rule, const Update& u, Index steps, double learning_rate) {
  const auto t = static_cast<unsigned long long>(steps);
  const double correction1 = 1 - elementary::power(rule.beta1, t);
  const double correction2 = 1 - elementary::power(rule.beta2, t);
  const float rate = static_cast<float>(learning_rate / correction1);
  const float root_correction2 = static_cast<float>(std::sqrt(correction2));
  const float beta1 = static_cast<float>(rule.beta1), rest1 = static_cast<float>(1 - rule.beta1);
  const float beta2 = static_cast<float>(rule.beta2), rest2 = static_cast<float>(1 - rule.beta2);
  const float epsilon = static_cast<float>(rule.epsilon);
  const double decay = u.decays ? rule.weight_decay : 0.0;
  const float added = rule.decoupled ? 0.0f : static_cast<float>(decay);
  const float kept = rule.decoupled ? static_cast<float>(1 - learning_rate * decay) : 1.0f;
  parallel_for(u.size, kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const float gradient = u.gradient[i] + added * u.value[i];
      const float first = beta1 * u.state[0][i] + rest1 * gradient;
      const float second = beta2 * u.state[1][i] + rest2 * (gradient * gradient);
      u.state[0][i] = first;
      u.state[1][i] = second;
      u.value[i] =
          kept * u.value[i] - rate * (first / (std::sqrt(second) / root_correction2 + epsilon));
    }
  });
}

void check_parameter(const OptimizedTensor& p) {
  require(p.value != nullptr && p.gradient != nullptr, "parameter '", p.name,
          "' has no value or gradient");
  require(p.value->shape() == p.gradient->shape(), "parameter '", p.name, "' has shape ",
          p.value->shape(), ", its gradient ", p.gradient->shape());
}

}  // namespace

Optimizer::Optimizer(OptimizerRule rule) : rule_(rule) {
  std::visit([](const auto& r) { check_rule(r); }, rule_);
}

void Optimizer::step(std::span<const OptimizedTensor> parameters, double learning_rate) {
  require(std::isfinite(learning_rate) && learning_rate >= 0,
          "a learning rate is not negative; got ", learning_rate);
  const auto names = std::visit([](const auto& rule) { return state_names(rule); }, rule_);
  for (const OptimizedTensor& p : parameters) check_parameter(p);
  if (state_.steps == 0 && state_.tensors.empty())
    for (const OptimizedTensor& p : parameters)
      for (const char* name : names)
        state_.tensors.push_back({p.name + name, Tensor<float>(p.value->shape())});

  // Everything is checked before anything changes.
  require(state_.tensors.size() == parameters.size() * names.size(), "the optimizer's state holds ",
          state_.tensors.size(), " tensors; ", parameters.size(), " parameters need ",
          parameters.size() * names.size());
  std::vector<Update> updates;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const OptimizedTensor& p = parameters[i];
    Update update{p.value->size(), p.value->data(), p.gradient->data(), {}, p.decays};
    for (std::size_t k = 0; k < names.size(); ++k) {
      NamedTensor& stored = state_.tensors[i * names.size() + k];
      Tensor<float>* tensor = std::get_if<Tensor<float>>(&stored.value);
      require(stored.name == p.name + names[k] && tensor != nullptr &&
                  tensor->shape() == p.value->shape(),
              "the optimizer's state '", stored.name, "' does not belong to parameter '", p.name,
              "' of shape ", p.value->shape());
      update.state[k] = tensor->data();
    }
    updates.push_back(update);
  }
  ++state_.steps;
  for (const Update& update : updates)
    std::visit([&](const auto& rule) { apply(rule, update, state_.steps, learning_rate); }, rule_);
}

}  // namespace integrad

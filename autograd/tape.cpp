#include "integrad/autograd/tape.h"

#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

template <class T>
Var Tape<T>::push(const char* operation, Tensor<T> value, bool needs_gradient,
                  std::unique_ptr<BackwardFunction> backward, std::span<const Var> inputs,
                  const Shape* shape) {
  if (profile_ != nullptr) {
    TapeProfile::Node entry{operation, shape == nullptr ? value.shape() : *shape, {}};
    for (Var input : inputs)
      entry.inputs.push_back({this->shape(input), this->needs_gradient(input)});
    entry.forward = profile_->lap();
    profile_->nodes.push_back(std::move(entry));
  }
  nodes_.push_back({operation, std::move(value), nullptr, needs_gradient, std::move(backward)});
  return {static_cast<int>(nodes_.size()) - 1};
}

template <class T>
const Tensor<T>& Tape<T>::materialized(const Node& node) {
  if (node.encoded != nullptr) {
    if (node.mapped.empty()) node.mapped = node.encoded->decode();
  } else if (node.mapped.empty() && !node.value.empty()) {
    const Shape& shape = node.value.shape();
    node.mapped = Tensor<T>::uninitialized(shape);
    kernels::map_lines(kernels::Lines::of(shape), node.map->view(), node.value.data(),
                       node.mapped.data());
  }
  return node.mapped;
}

template <class T>
void Tape<T>::accumulate(Var x, Tensor<T> gradient) {
  Node& target = nodes_[index(x)];
  if (target.needs_gradient) add_gradient(target, std::make_shared<Tensor<T>>(std::move(gradient)));
}

template <class T>
void Tape<T>::accumulate_cotangent(Var x) {
  require(cotangent_ != nullptr, "there is a cotangent only while a tape runs backward");
  Node& target = nodes_[index(x)];
  if (target.needs_gradient) add_gradient(target, cotangent_);
}

template <class T>
Tensor<T>& Tape<T>::writable_cotangent() {
  require(cotangent_ != nullptr, "there is a cotangent only while a tape runs backward");
  if (cotangent_.use_count() > 1) cotangent_ = std::make_shared<Tensor<T>>(*cotangent_);
  return *cotangent_;
}

template <class T>
void Tape<T>::add_gradient(Node& target, std::shared_ptr<Tensor<T>> gradient) {
  require(gradient->shape() == target.shape(), target.operation,
          ": a gradient has the shape of its value; value ", target.shape(), ", gradient ",
          gradient->shape());
  --target.awaited;
  target.sums.reset();
  if (target.gradient == nullptr) {
    target.gradient = std::move(gradient);
    return;
  }
  // The sum goes where nobody else looks. Addition commutes, so its bits are the same everywhere.
  const std::shared_ptr<Tensor<T>> before = target.gradient;
  const T *a = before->data(), *b = gradient->data();
  if (before.use_count() > 2) {
    target.gradient = gradient.use_count() == 1
                          ? gradient
                          : std::make_shared<Tensor<T>>(Tensor<T>::uninitialized(before->shape()));
  }
  T* const sum = target.gradient->data();
  parallel_for(before->size(), kElementwiseGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) sum[i] = a[i] + b[i];
  });
}

template <class T>
typename Tape<T>::Accumulation Tape<T>::accumulation(Var x) {
  Node& target = nodes_[index(x)];
  const std::shared_ptr<Tensor<T>> before = target.gradient;
  target.sums.reset();
  if (before == nullptr || before.use_count() > 2)
    target.gradient = std::make_shared<Tensor<T>>(Tensor<T>::uninitialized(target.shape()));
  return {before, target.gradient->data(), --target.awaited == 0};
}

template <class T>
void Tape<T>::set_gradient_sums(Var x, kernels::LineSums sums) {
  nodes_[index(x)].sums = std::make_unique<kernels::LineSums>(std::move(sums));
}

template <class T>
void Tape<T>::backward(Var y) {
  require(!ran_backward_, "a tape runs backward once: the values of its inner nodes are gone");
  require(value(y).size() == 1, "backward without a cotangent starts from a single value; ",
          node(y).operation, " has shape ", shape(y));
  backward(y, Tensor<T>(shape(y), T(1)));
}

template <class T>
void Tape<T>::backward(Var y, Tensor<T> cotangent) {
  require(needs_gradient(y), "backward starts from a value that depends on a leaf; ",
          node(y).operation, " depends on constants only");
  require(!ran_backward_, "a tape runs backward once: the values of its inner nodes are gone");
  accumulate(y, std::move(cotangent));
  ran_backward_ = true;
  if (profile_ != nullptr) profile_->restart();
  for (int i = y.id; i >= 0; --i) {
    // The functions only append to gradients, never to the list of nodes, so the reference holds.
    Node& current = nodes_[static_cast<std::size_t>(i)];
    if (current.backward == nullptr) continue;
    cotangent_ = std::move(current.gradient);
    if (cotangent_ != nullptr) (*current.backward)(*this, *cotangent_);
    cotangent_ = nullptr;
    current.backward.reset();
    current.sums.reset();
    if (i != y.id) current.free_value();
    if (profile_ != nullptr)
      profile_->nodes[static_cast<std::size_t>(i)].backward = profile_->lap();
  }
}

template <class T>
Tensor<T> Tape<T>::gradient(Var x) const {
  const Node& target = node(x);
  return target.gradient == nullptr ? Tensor<T>(target.shape()) : *target.gradient;
}

template class Tape<float>;
template class Tape<double>;

}  // namespace integrad

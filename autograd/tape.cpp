#include "integrad/autograd/tape.h"

#include "integrad/tensor/parallel.h"

namespace integrad {

template <class T>
Var Tape<T>::push(const char* operation, std::shared_ptr<const StoredTensor<T>> stored,
                  bool needs_gradient, std::unique_ptr<BackwardFunction> backward,
                  std::span<const Var> inputs) {
  if (profile_ != nullptr) {
    TapeProfile::Node entry{operation, stored->shape(), {}};
    for (Var input : inputs) entry.inputs.push_back({shape(input), this->needs_gradient(input)});
    entry.forward = profile_->lap();
    profile_->nodes.push_back(std::move(entry));
  }
  nodes_.push_back(
      {operation, stored->shape(), stored, needs_gradient, std::move(backward), stored->storage()});
  if (stored->storage() != Storage::full) {
    nodes_.back().lines =
        kernels::stored_lines(kernels::Lines::of(stored->shape()), stored->elements());
    nodes_.back().lines.owner = stored;
  }
  return {static_cast<int>(nodes_.size()) - 1};
}

template <class T>
void Tape<T>::set_map(Node& node, ChannelMapping<T> map) {
  node.map = std::make_shared<const ChannelMapping<T>>(std::move(map));
  node.lines = kernels::mapped_lines(kernels::Lines::of(node.shape), node.value->elements(),
                                     node.map->view());
  using Owned = std::pair<decltype(node.value), decltype(node.map)>;
  node.lines.owner = std::make_shared<const Owned>(node.value, node.map);
}

template <class T>
void Tape<T>::defer(Node& node, const Shape& shape, kernels::LineSource<T> lines) const {
  node.shape = shape;
  node.lines = std::move(lines);
  node.gradient_storage = storage_;
  if (profile_ != nullptr) profile_->nodes.back().shape = shape;
}

template <class T>
void Tape<T>::set_form(Node& node, std::shared_ptr<const Encoded<T>> form) const {
  node.shape = form->shape();
  node.encoded = std::move(form);
  if (profile_ != nullptr) profile_->nodes.back().shape = node.shape;
}

template <class T>
kernels::LineSource<T> Tape<T>::lines(Var x) const {
  const Node& n = node(x);
  if (n.lines.reader != nullptr) return n.lines;
  if (n.encoded != nullptr)
    return kernels::stored_lines(kernels::Lines::of(n.shape), Stored<T>{materialized(n).data()});
  auto lines = kernels::stored_lines(kernels::Lines::of(n.shape), n.value->elements());
  lines.owner = n.value;
  return lines;
}

template <class T>
const Tensor<T>& Tape<T>::materialized(const Node& node) {
  if (node.made.empty() && node.encoded != nullptr) {
    node.made = node.encoded->decode();
  } else if (node.made.empty()) {
    node.made = Tensor<T>::uninitialized(node.shape);
    kernels::make_lines(node.lines, node.made.data());
  }
  return node.made;
}

template <class T>
void Tape<T>::accumulate(Var x, Tensor<T> gradient) {
  Node& target = nodes_[index(x)];
  if (target.needs_gradient)
    add_gradient(target, std::make_shared<StoredTensor<T>>(std::move(gradient)));
}

template <class T>
void Tape<T>::accumulate_cotangent(Var x) {
  require(cotangent_ != nullptr, "there is a cotangent only while a tape runs backward");
  Node& target = nodes_[index(x)];
  if (!target.needs_gradient) return;
  // Sums may have been taken of the cotangent before it got here.
  std::unique_ptr<kernels::LineSums> sums = std::move(target.sums);
  const bool first = target.gradient == nullptr;
  add_gradient(target, cotangent_);
  if (first && target.gradient == cotangent_) target.sums = std::move(sums);
}

template <class T>
std::vector<Var> Tape<T>::summands_waiting_for(Var y) const {
  std::vector<Var> waiting;
  for (Var x : node(y).summands) {
    const Node& n = node(x);
    if (n.needs_gradient && n.gradient == nullptr && n.awaited == 1) waiting.push_back(x);
  }
  return waiting;
}

template <class T>
void Tape<T>::forget_sums(Node& target) {
  target.sums.reset();
  for (Var x : target.summands) nodes_[index(x)].sums.reset();
}

template <class T>
Tensor<T>& Tape<T>::writable_cotangent() {
  require(cotangent_ != nullptr, "there is a cotangent only while a tape runs backward");
  if (cotangent_.use_count() > 1) cotangent_ = std::make_shared<StoredTensor<T>>(*cotangent_);
  return cotangent_->full();
}

template <class T>
void Tape<T>::add_gradient(Node& target, Gradient gradient) {
  require(gradient->shape() == target.shape, target.operation,
          ": a gradient has the shape of its value; value ", target.shape, ", gradient ",
          gradient->shape());
  --target.awaited;
  forget_sums(target);
  const bool suits = gradient->storage() == target.gradient_storage;
  if (target.gradient == nullptr && suits) {
    target.gradient = std::move(gradient);
    return;
  }
  // In bfloat16 a sum is rounded where it is stored.
  if (target.backward != nullptr && target.backward->reads_lines() && target.gradient != nullptr &&
      target.addend == nullptr && suits && gradient->storage() == Storage::full) {
    target.addend = std::move(gradient);
    return;
  }
  settle(target);
  add_to(target, std::move(gradient));
}

template <class T>
void Tape<T>::settle(Node& target) {
  if (target.addend != nullptr) add_to(target, std::move(target.addend));
  target.addend = nullptr;
}

template <class T>
void Tape<T>::add_to(Node& target, Gradient gradient) {
  const bool suits = gradient->storage() == target.gradient_storage;
  const Gradient before = target.gradient;
  // The sum goes where nobody else looks. Addition commutes, so its bits are the same everywhere.
  if (before == nullptr || before.use_count() > 2)
    target.gradient = suits && gradient.use_count() == 1
                          ? gradient
                          : std::make_shared<StoredTensor<T>>(StoredTensor<T>::uninitialized(
                                target.shape, target.gradient_storage));
  kernels::add_stored(target.gradient->target(),
                      before == nullptr ? Stored<T>{} : before->elements(), gradient->elements(),
                      gradient->size());
}

template <class T>
typename Tape<T>::Accumulation Tape<T>::accumulation(Var x) {
  Node& target = nodes_[index(x)];
  settle(target);
  const Gradient before = target.gradient;
  forget_sums(target);
  if (before == nullptr || before.use_count() > 2)
    target.gradient = std::make_shared<StoredTensor<T>>(
        StoredTensor<T>::uninitialized(target.shape, target.gradient_storage));
  return {before, target.gradient->target(), --target.awaited == 0};
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
    if (current.addend != nullptr)
      (*current.backward)(*this, kernels::sum_lines(kernels::stored_lines(*cotangent_),
                                                    kernels::stored_lines(*current.addend), false));
    else if (cotangent_ != nullptr)
      (*current.backward)(*this, *cotangent_);
    cotangent_ = nullptr;
    current.addend = nullptr;
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
  return target.gradient == nullptr ? Tensor<T>(target.shape) : kernels::expanded(*target.gradient);
}

template class Tape<float>;
template class Tape<double>;

}  // namespace integrad

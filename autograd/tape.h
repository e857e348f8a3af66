#pragma once
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "integrad/autograd/channel_mapping.h"
#include "integrad/autograd/tape_profile.h"
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/tensor.h"

namespace integrad {

/// A value on a tape.
struct Var {
  int id = -1;
  bool operator==(const Var&) const = default;
};

/// What memory holds in the place of a value: another form of it, codes for instance.
template <class T>
class Encoded {
 public:
  virtual ~Encoded() = default;
  virtual const Shape& shape() const = 0;
  /// The value.
  virtual Tensor<T> decode() const = 0;
};

/// Reverse-mode differentiation. Operators append nodes; a node's index is its topological order,
/// so backward is one loop from the end. T is float or double.
///
/// An operator computes its value, then records it with the inputs it depends on and a function
/// that turns the cotangent (the loss's derivative by this value) into the inputs' gradients.
template <class T>
class Tape {
 public:
  /// A leaf without gradient: data, targets.
  Var constant(Tensor<T> value) { return push("constant", std::move(value), false, nullptr); }
  /// A leaf whose gradient is wanted: a parameter.
  Var leaf(Tensor<T> value) { return push("leaf", std::move(value), true, nullptr); }

  /// Appends an operator's result. `backward(tape, cotangent)` calls accumulate() for each input
  /// that needs_gradient; it is dropped when none does. It may use the values of the inputs and of
  /// this node, and whatever it captured.
  template <class Backward>
  Var record(const char* operation, Tensor<T> value, std::span<const Var> inputs, Backward backward,
             const Shape* shape = nullptr) {
    bool wanted = false;
    for (Var input : inputs) {
      wanted = wanted || needs_gradient(input);
      ++nodes_[index(input)].awaited;
    }
    std::unique_ptr<BackwardFunction> function;
    if (wanted) function = std::make_unique<Holder<Backward>>(std::move(backward));
    return push(operation, std::move(value), wanted, std::move(function), inputs, shape);
  }
  template <class Backward>
  Var record(const char* operation, Tensor<T> value, std::initializer_list<Var> inputs,
             Backward backward) {
    return record(operation, std::move(value), std::span<const Var>(inputs.begin(), inputs.size()),
                  std::move(backward));
  }

  /// The same for a result that each reader maps for itself, channel by channel: `stored` is what
  /// memory holds, and the node's value is map(stored).
  template <class Backward>
  Var record_mapped(const char* operation, Tensor<T> stored, ChannelMapping<T> map,
                    std::initializer_list<Var> inputs, Backward backward) {
    const Var y = record(operation, std::move(stored), inputs, std::move(backward));
    nodes_[index(y)].map = std::make_unique<ChannelMapping<T>>(std::move(map));
    return y;
  }

  /// The same for a result that memory holds in another form; readers that know the form ask for
  /// encoded(), all others for the value.
  template <class Backward>
  Var record_encoded(const char* operation, std::shared_ptr<const Encoded<T>> form,
                     std::span<const Var> inputs, Backward backward) {
    const Shape shape = form->shape();
    const Var y = record(operation, Tensor<T>(), inputs, std::move(backward), &shape);
    nodes_[index(y)].encoded = std::move(form);
    return y;
  }

  /// A mapped or encoded value is computed when it is first asked for, and kept. The reference (and
  /// that of shape()) holds until the next node is recorded, which may move the list of nodes.
  const Tensor<T>& value(Var x) const {
    const Node& n = node(x);
    return n.map == nullptr && n.encoded == nullptr ? n.value : materialized(n);
  }
  /// What memory holds, for readers that apply the map themselves.
  const Tensor<T>& stored(Var x) const {
    return node(x).encoded == nullptr ? node(x).value : value(x);
  }
  /// Null when the value is no encoded one.
  const std::shared_ptr<const Encoded<T>>& encoded(Var x) const { return node(x).encoded; }
  /// Null when the value is stored.
  const ChannelMapping<T>* map(Var x) const { return node(x).map.get(); }
  const Shape& shape(Var x) const { return node(x).shape(); }
  bool needs_gradient(Var x) const { return node(x).needs_gradient; }
  const char* operation(Var x) const { return node(x).operation; }
  int size() const { return static_cast<int>(nodes_.size()); }

  /// Adds to the gradient of x (the first one is moved in, not added). Throws Error when the shape
  /// is not that of the value. Does nothing when x needs no gradient.
  void accumulate(Var x, Tensor<T> gradient);
  /// Inside a backward function: the same with that function's cotangent, whose memory x shares
  /// until something else is added to it.
  void accumulate_cotangent(Var x);
  /// Inside a backward function: its cotangent, to be changed before it is handed on by
  /// accumulate_cotangent(); a copy where somebody else looks at the memory.
  Tensor<T>& writable_cotangent();

  /// For backward functions whose kernels add a term to the gradient of x themselves: they write
  /// after = before + term, element by element; before is null when there is nothing yet, and may
  /// be `after`. `last` says that nobody else will contribute, as far as the tape knows.
  struct Accumulation {
    std::shared_ptr<const Tensor<T>> before;
    T* after;
    bool last;
  };
  Accumulation accumulation(Var x);
  /// Sums of a gradient that its last contributor took for the node's own backward function
  /// (kernels::gradient_sums); null when nobody did, or the gradient has changed since.
  const kernels::LineSums* gradient_sums(Var x) const { return node(x).sums.get(); }
  void set_gradient_sums(Var x, kernels::LineSums sums);

  /// Runs the chain rule from y back to the leaves. Without a cotangent y must have one element,
  /// and 1 is used. Values and gradients of inner nodes are freed as soon as nothing needs them: a
  /// tape runs backward once, and Error is thrown the second time.
  void backward(Var y);
  void backward(Var y, Tensor<T> cotangent);

  /// A leaf's gradient after backward; zeros when y does not depend on it.
  Tensor<T> gradient(Var x) const;

  /// From here on operators and their times are written to `profile`, which outlives the tape, by
  /// Var::id; for an empty tape and an empty profile. Null, as at first, costs nothing.
  void profile_into(TapeProfile* profile) {
    profile_ = profile;
    if (profile_ != nullptr) profile_->restart();
  }

  /// Frees a value that nobody will read again (inference).
  void release(Var x) { nodes_[index(x)].free_value(); }

 private:
  struct BackwardFunction {
    virtual ~BackwardFunction() = default;
    virtual void operator()(Tape& tape, const Tensor<T>& cotangent) = 0;
  };
  template <class F>
  struct Holder final : BackwardFunction {
    explicit Holder(F f) : function(std::move(f)) {}
    void operator()(Tape& tape, const Tensor<T>& cotangent) override { function(tape, cotangent); }
    F function;
  };
  struct Node {
    const char* operation;
    Tensor<T> value;
    std::shared_ptr<Tensor<T>> gradient;  // null: none yet
    bool needs_gradient;
    std::unique_ptr<BackwardFunction> backward;
    std::unique_ptr<const ChannelMapping<T>> map = nullptr;
    mutable Tensor<T> mapped = {};  // map(value) or decoded, once somebody asked for it
    int awaited = 0;                // contributions to the gradient, one for each reader
    std::unique_ptr<kernels::LineSums> sums = nullptr;
    std::shared_ptr<const Encoded<T>> encoded = nullptr;  // in the place of the value

    const Shape& shape() const { return encoded == nullptr ? value.shape() : encoded->shape(); }
    void free_value() {
      value = mapped = Tensor<T>();
      encoded = nullptr;
    }
  };

  static std::size_t index(Var x) { return static_cast<std::size_t>(x.id); }
  const Node& node(Var x) const { return nodes_[index(x)]; }
  void add_gradient(Node& target, std::shared_ptr<Tensor<T>> gradient);
  static const Tensor<T>& materialized(const Node& node);
  Var push(const char* operation, Tensor<T> value, bool needs_gradient,
           std::unique_ptr<BackwardFunction> backward, std::span<const Var> inputs = {},
           const Shape* shape = nullptr);

  std::vector<Node> nodes_;
  TapeProfile* profile_ = nullptr;
  std::shared_ptr<Tensor<T>> cotangent_;  // of the backward function that runs
  bool ran_backward_ = false;
};

}  // namespace integrad

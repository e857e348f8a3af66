#pragma once
#include <initializer_list>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "integrad/autograd/channel_mapping.h"
#include "integrad/autograd/tape_profile.h"
#include "integrad/tensor/kernels/line_source.h"
#include "integrad/tensor/stored_tensor.h"

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
  /// `maps` is how operators that can choose store their results, and the gradients of these.
  explicit Tape(Storage maps = Storage::full) : storage_(maps) {}
  Storage storage() const { return storage_; }

  /// A leaf without gradient: data, targets.
  Var constant(Tensor<T> value) { return constant(shared(std::move(value))); }
  /// The same without a copy, for one that others hold too.
  Var constant(std::shared_ptr<const StoredTensor<T>> value) {
    return push("constant", std::move(value), false, nullptr);
  }
  /// A leaf whose gradient is wanted: a parameter.
  Var leaf(Tensor<T> value) { return push("leaf", shared(std::move(value)), true, nullptr); }

  /// Appends an operator's result. `backward(tape, cotangent)` calls accumulate() for each input
  /// that needs_gradient; it is dropped when none does. It may use the values of the inputs and of
  /// this node, and whatever it captured. The cotangent is stored as the value is: a function whose
  /// value is a Tensor takes a Tensor, one that may be rounded takes a StoredTensor; one that reads
  /// it a line at a time takes a LineSource, which may be a sum that memory does not hold.
  template <class Backward>
  Var record(const char* operation, StoredTensor<T> value, std::span<const Var> inputs,
             Backward backward) {
    bool wanted = false;
    for (Var input : inputs) {
      wanted = wanted || needs_gradient(input);
      ++nodes_[index(input)].awaited;
    }
    std::unique_ptr<BackwardFunction> function;
    if (wanted) function = std::make_unique<Holder<Backward>>(std::move(backward));
    return push(operation, shared(std::move(value)), wanted, std::move(function), inputs);
  }
  template <class Backward>
  Var record(const char* operation, StoredTensor<T> value, std::initializer_list<Var> inputs,
             Backward backward) {
    return record(operation, std::move(value), std::span<const Var>(inputs.begin(), inputs.size()),
                  std::move(backward));
  }

  /// The same for a result that each reader maps for itself, channel by channel: `stored` is what
  /// memory holds, and the node's value is map(stored).
  template <class Backward>
  Var record_mapped(const char* operation, StoredTensor<T> stored, ChannelMapping<T> map,
                    std::initializer_list<Var> inputs, Backward backward) {
    const Var y = record(operation, std::move(stored), inputs, std::move(backward));
    set_map(nodes_[index(y)], std::move(map));
    return y;
  }

  /// The same for a result that memory does not hold: each reader makes the lines it reads. The
  /// gradient is stored as the tape's maps are.
  template <class Backward>
  Var record_deferred(const char* operation, Shape shape, kernels::LineSource<T> lines,
                      std::initializer_list<Var> inputs, Backward backward) {
    const Var y = record(operation, StoredTensor<T>(), inputs, std::move(backward));
    defer(nodes_[index(y)], shape, std::move(lines));
    return y;
  }

  /// The same for a result that memory holds in another form; readers that know the form ask for
  /// encoded(), all others for the value.
  template <class Backward>
  Var record_encoded(const char* operation, std::shared_ptr<const Encoded<T>> form,
                     std::span<const Var> inputs, Backward backward) {
    const Var y = record(operation, StoredTensor<T>(), inputs, std::move(backward));
    set_form(nodes_[index(y)], std::move(form));
    return y;
  }

  /// A value that is not in memory as it is read is computed when it is first asked for, and kept.
  /// The reference (and that of shape()) holds until the next node is recorded, which may move the
  /// list of nodes.
  const Tensor<T>& value(Var x) const {
    const Node& n = node(x);
    return n.lines.reader == nullptr && n.encoded == nullptr ? n.value->full() : materialized(n);
  }
  /// The value for readers that take it line by line.
  kernels::LineSource<T> lines(Var x) const;
  /// What memory holds, before the map; nothing of a deferred or encoded value.
  const StoredTensor<T>& stored(Var x) const { return *node(x).value; }
  /// Null when the value is not encoded.
  const std::shared_ptr<const Encoded<T>>& encoded(Var x) const { return node(x).encoded; }
  /// Null when the value is not mapped.
  const ChannelMapping<T>* map(Var x) const { return node(x).map.get(); }
  const Shape& shape(Var x) const { return node(x).shape; }
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
    std::shared_ptr<const StoredTensor<T>> before;
    StoredTarget<T> after;
    bool last;
  };
  Accumulation accumulation(Var x);
  /// Sums of a gradient that its last contributor took for the node's own backward function
  /// (kernels::gradient_sums); null when nobody did, or the gradient has changed since.
  const kernels::LineSums* gradient_sums(Var x) const { return node(x).sums.get(); }
  void set_gradient_sums(Var x, kernels::LineSums sums);
  /// y is the sum of these, its backward function hands its cotangent on to each.
  void set_summands(Var y, const std::vector<Var>& summands) {
    nodes_[index(y)].summands = summands;
  }
  /// Those of them whose gradient will be y's: nobody else contributes to it. Sums of y's gradient
  /// may be set for them before they receive it.
  std::vector<Var> summands_waiting_for(Var y) const;

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
    virtual void operator()(Tape& tape, const StoredTensor<T>& cotangent) = 0;
    // Whether the cotangent may be two tensors, to be added up as their lines are read.
    virtual bool reads_lines() const { return false; }
    virtual void operator()(Tape&, const kernels::LineSource<T>&) {}
  };
  template <class F>
  struct Holder final : BackwardFunction {
    explicit Holder(F f) : function(std::move(f)) {}
    void operator()(Tape& tape, const StoredTensor<T>& cotangent) override {
      if constexpr (kReadsLines)
        function(tape, kernels::stored_lines(cotangent));
      else if constexpr (std::is_invocable_v<F&, Tape&, const StoredTensor<T>&>)
        function(tape, cotangent);
      else
        function(tape, cotangent.full());
    }
    bool reads_lines() const override { return kReadsLines; }
    void operator()(Tape& tape, const kernels::LineSource<T>& cotangent) override {
      if constexpr (kReadsLines) function(tape, cotangent);
    }
    static constexpr bool kReadsLines =
        std::is_invocable_v<F&, Tape&, const kernels::LineSource<T>&>;
    F function;
  };
  using Gradient = std::shared_ptr<StoredTensor<T>>;
  struct Node {
    const char* operation;
    Shape shape;
    std::shared_ptr<const StoredTensor<T>> value;
    bool needs_gradient;
    std::unique_ptr<BackwardFunction> backward;
    Storage gradient_storage;
    Gradient gradient = nullptr;  // null: none yet
    Gradient addend = nullptr;    // to be added to it by who reads it
    std::shared_ptr<const ChannelMapping<T>> map = nullptr;
    kernels::LineSource<T> lines = {};  // of a value that is not in memory as it is read
    mutable Tensor<T> made = {};        // such a value, once somebody asked for it
    int awaited = 0;                    // contributions to the gradient, one for each reader
    std::unique_ptr<kernels::LineSums> sums = nullptr;
    std::vector<Var> summands = {};
    std::shared_ptr<const Encoded<T>> encoded = nullptr;  // in the place of the value

    void free_value() {
      value = std::make_shared<StoredTensor<T>>();
      lines = {};
      made = {};
      encoded = nullptr;
    }
  };

  static std::size_t index(Var x) { return static_cast<std::size_t>(x.id); }
  const Node& node(Var x) const { return nodes_[index(x)]; }
  static void set_map(Node& node, ChannelMapping<T> map);
  void defer(Node& node, const Shape& shape, kernels::LineSource<T> lines) const;
  void set_form(Node& node, std::shared_ptr<const Encoded<T>> form) const;
  void add_gradient(Node& target, Gradient gradient);
  void forget_sums(Node& target);
  void add_to(Node& target, Gradient gradient);
  void settle(Node& target);  // adds the addend
  static const Tensor<T>& materialized(const Node& node);
  static std::shared_ptr<const StoredTensor<T>> shared(StoredTensor<T> value) {
    return std::make_shared<const StoredTensor<T>>(std::move(value));
  }
  Var push(const char* operation, std::shared_ptr<const StoredTensor<T>> value, bool needs_gradient,
           std::unique_ptr<BackwardFunction> backward, std::span<const Var> inputs = {});

  Storage storage_;

  std::vector<Node> nodes_;
  TapeProfile* profile_ = nullptr;
  Gradient cotangent_;  // of the backward function that runs
  bool ran_backward_ = false;
};

}  // namespace integrad

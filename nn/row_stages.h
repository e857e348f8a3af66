#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "integrad/tensor/kernels/simd/ring_rows.h"
#include "integrad/tensor/tensor.h"
#include "integrad/tensor/window.h"

/// Inference row by row: consecutive nodes of a graph are computed together, in bands of rows, and
/// what only they read is never stored as a whole map. The same for float maps and for codes.
namespace integrad::rows {

/// Rows [width, channels] of a value: in memory, or made when they are asked for.
template <class T>
class Source {
 public:
  virtual ~Source() = default;
  /// Rows begin .. end - 1. They stay while a row of the result is made: all rows that are asked
  /// for meanwhile have places of their own.
  virtual kernels::RingRows<T> rows(Index image, Index begin, Index end) = 0;
  const T* row(Index image, Index y) { return rows(image, y, y + 1).first; }
  /// A row that lies in memory, so that it can be fetched before it is asked for; null where rows
  /// are made.
  virtual const T* stored(Index image, Index row) const = 0;
};

/// Writes one row.
template <class T>
using Make = std::function<void(Index image, Index row, T* into)>;

template <class T>
struct Operator {
  /// Rows of every input that a row of the result reads, along y.
  integrad_window window{1, 1, 1, 0, 0};
  /// What one thread makes rows with. `winners` are those of the max pool (images in order), which
  /// it writes or, undoing it, reads; null for other nodes.
  std::function<Make<T>(const std::vector<Source<T>*>& inputs, std::uint8_t* winners)> bind;
};

/// What the stages know of a node.
template <class T>
struct Node {
  Shape shape;              ///< of one image
  std::vector<int> inputs;  ///< whose rows it reads; an unpool reads the winners of its pool only.
                            ///< What none reads is not computed, but for the last node
  std::optional<Operator<T>> made;  ///< none: computed as a whole
  int winners_of = -1;              ///< a pool that is undone later, or the unpool of one: the pool
  Index winner_row = 0;             ///< of that pool: bytes per row
  bool begins_stage = false;        ///< an unpool
};

struct Stage {
  int first, last;
};

/// T is float or std::int8_t.
template <class T>
class Stages {
 public:
  explicit Stages(std::vector<Node<T>> nodes);

  /// Runs of nodes with an operator, in order. A stage ends with a node whose rows are further
  /// apart than its input's (a pool) and begins with an unpool: neighbours beyond those would make
  /// many rows twice where two threads meet.
  const std::vector<Stage>& all() const { return stages_; }
  const Node<T>& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }
  /// The last node that reads the rows of node `id`, or -1.
  int last_reader(int id) const;

  struct Result {
    int id;
    Tensor<T> map;
  };
  /// Computes a stage for all images of a batch, on several threads: what nodes behind it read, and
  /// the last node's map. `stored` gives the maps that it reads. Winners stay with this object.
  std::vector<Result> run(const Stage& stage, Index batch,
                          const std::function<const Tensor<T>&(int id)>& stored);

 private:
  class Maker;
  bool read_within(int id, const Stage& stage) const;
  bool read_behind(int id, const Stage& stage) const;

  std::vector<Node<T>> nodes_;
  std::vector<std::vector<int>> readers_;
  std::vector<Stage> stages_;
  std::vector<Tensor<std::uint8_t>> winners_;  // by pool
};

}  // namespace integrad::rows

#pragma once
#include <memory>
#include <vector>

#include "integrad/quant/kernels/fast.h"
#include "integrad/quant/qgraph.h"

namespace integrad {

/// Convolutions that only the next convolution reads wait for it and are computed with it, row by
/// row, where their result is too large to stay in a cache.
class Chains {
 public:
  using Layer = std::shared_ptr<const kernels::int8::RowLayer>;

  /// Not `allowed`: no node waits.
  Chains(const QGraph& program, bool allowed);

  bool waits(int id) const { return reader_[static_cast<std::size_t>(id)] != kNobody; }
  /// The nodes together with which a node is computed; mostly itself.
  int last_of(int id) const;
  int first_of(int id) const;
  /// The convolutions that wait for this one, and itself.
  std::vector<Layer> ending_at(int id) const;

 private:
  static constexpr int kNobody = -1;

  const Layer& layer(int id);

  const QGraph& program_;
  std::vector<Layer> layers_;
  std::vector<int> reader_;  // of a convolution that waits for it
};

}  // namespace integrad

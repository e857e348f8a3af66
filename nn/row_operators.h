#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "integrad/nn/graph.h"
#include "integrad/nn/parameters.h"

/// Layers in evaluation mode, one row of an image at a time: what streamed inference is made of.
/// The bits are those of the whole-map operators.
namespace integrad::rows {

/// Rows [width, channels] of a value: in memory, or made when they are asked for.
class Source {
 public:
  virtual ~Source() = default;
  /// Rows begin .. end - 1, one behind the other, valid until rows of anything are asked for again.
  /// Asking once more for rows that are there moves nothing.
  virtual const float* rows(Index image, Index begin, Index end) = 0;
};

/// Writes one row.
using Make = std::function<void(Index image, Index row, float* into)>;

struct Operator {
  /// Rows of every input that a row of the result reads, along y.
  integrad_window window{1, 1, 1, 0, 0};
  /// What one thread makes rows with. `winners` are those of the max pool (images in order), which
  /// it writes or, undoing it, reads; null for other layers.
  std::function<Make(const std::vector<Source*>& inputs, std::uint8_t* winners)> bind;
};

/// None for layers that are not made by rows: windows that overlap the border of a pool, groups,
/// operands that are repeated, and all that mix rows in other ways.
std::optional<Operator> make_operator(const Graph& graph, int id,
                                      const Parameters<float>& parameters);

}  // namespace integrad::rows

#include <algorithm>

#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::int8 {

namespace {

constexpr Index kRowsPerBand = 8;

bool is_two_side_by_side(integrad_window w, std::int32_t points, std::int32_t windows) {
  return w.kernel == 2 && w.stride == 2 && w.dilation == 1 && w.pad_before == 0 &&
         2 * windows == points;
}

// `fine` are the pool's input or the unpool's output, `coarse` the other.
bool handles(integrad_window y, integrad_window x, integrad_dims fine, integrad_dims coarse) {
  return is_two_side_by_side(y, fine.height, coarse.height) &&
         is_two_side_by_side(x, fine.width, coarse.width) && fine.channels % 16 == 0;
}

}  // namespace

std::optional<PoolRow> max_pool_rows(const integrad_pool& layer) {
  if (int8_kernels() == nullptr ||
      !handles(layer.window_y, layer.window_x, layer.input, layer.output))
    return std::nullopt;
  return PoolRow{layer.output.width, layer.output.channels, layer.low, layer.high, 0};
}

std::optional<PoolRow> unpool_rows(const integrad_unpool& layer) {
  if (int8_kernels() == nullptr ||
      !handles(layer.window_y, layer.window_x, layer.output, layer.input))
    return std::nullopt;
  return PoolRow{layer.input.width, layer.input.channels, 0, 0, layer.zero_point};
}

bool max_pool(const integrad_pool& layer, Index batch, const std::int8_t* input,
              std::int8_t* output, std::uint8_t* winners) {
  const std::optional<PoolRow> c = max_pool_rows(layer);
  if (!c) return false;
  const Index in_row = integrad_row_size(layer.input), out_row = integrad_row_size(layer.output);
  const Index winner_row = integrad_winner_row_size(layer.output, layer.window_y, layer.window_x);
  // Images follow one another as their rows do.
  parallel_for(batch * layer.output.height, kRowsPerBand, [&](Index begin, Index end) {
    for (Index y = begin; y < end; ++y) {
      const std::int8_t* row = input + 2 * y * in_row;
      int8_kernels()->max_pool_row(*c, row, row + in_row, output + y * out_row,
                                   winners == nullptr ? nullptr : winners + y * winner_row);
    }
  });
  return true;
}

bool unpool(const integrad_unpool& layer, Index batch, const std::int8_t* input,
            const std::uint8_t* winners, std::int8_t* output) {
  const std::optional<PoolRow> c = unpool_rows(layer);
  if (!c) return false;
  const Index in_row = integrad_row_size(layer.input), out_row = integrad_row_size(layer.output);
  const Index winner_row = integrad_winner_row_size(layer.input, layer.window_y, layer.window_x);
  parallel_for(batch * layer.input.height, kRowsPerBand, [&](Index begin, Index end) {
    for (Index y = begin; y < end; ++y) {
      std::int8_t* row = output + 2 * y * out_row;
      int8_kernels()->unpool_row(*c, input + y * in_row, winners + y * winner_row, row,
                                 row + out_row);
    }
  });
  return true;
}

}  // namespace integrad::kernels::int8

#include <algorithm>

#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/row_pairs.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::int8 {

namespace {

constexpr Index kSlack = 64;  // a vector may be read where only its first bytes count

Index row_bytes(const RowLayout& layout) {
  return (layout.blocks * layout.pixels * layout.pixel_bytes + kSlack - 1) / kSlack * kSlack;
}

}  // namespace

PreparedRows::PreparedRows(const RowPass& pass)
    : pass_(pass),
      extent_(integrad_window_extent(pass.window_y)),
      bytes_(row_bytes(pass.layout)),
      memory_(Buffer<std::uint8_t>::uninitialized(
          static_cast<std::size_t>((extent_ + 1) * bytes_ + kSlack))),
      rows_(static_cast<std::size_t>(pass.window_y.kernel)) {
  pass.prepare(pass.layout, nullptr, slot(extent_));
}

const std::uint8_t* const* PreparedRows::at(Index start, const Codes& codes) {
  if (start < start_) restart();
  start_ = start;
  const Index end = std::min<Index>(start + extent_, pass_.input.height);
  for (next_ = std::max(next_, start); next_ < end; ++next_)
    pass_.prepare(pass_.layout, codes(next_), slot(next_ % extent_));
  for (Index ky = 0; ky < pass_.window_y.kernel; ++ky) {
    const Index y = start + ky * pass_.window_y.dilation;
    const bool inside = y >= 0 && y < pass_.input.height;
    rows_[static_cast<std::size_t>(ky)] = slot(inside ? y % extent_ : extent_);
  }
  return rows_.data();
}

bool affordable(const RowPass& pass) {
  // In double: the product of hostile extents may exceed 64 bits.
  const double row = static_cast<double>(pass.layout.blocks) *
                     static_cast<double>(pass.layout.pixels) *
                     static_cast<double>(pass.layout.pixel_bytes);
  const double rows = integrad_window_extent(pass.window_y) + 1;
  const double sums = 4.0 * pass.output.width * pass.output.channels;
  return row * rows + sums + static_cast<double>(pass.scratch_bytes) <= kLargestRows;
}

void run_rows(const RowPass& pass, Index batch, const std::int8_t* input, const RowVisitor& visit) {
  const Index height = pass.output.height;
  // Bands so high that the rows which two of them prepare cost little.
  const Index band = (std::clamp<Index>((height + 15) / 16, 4, 32) + 1) / 2 * 2;  // whole pairs
  const Index bands = (height + band - 1) / band;
  const Index row_size = integrad_row_size(pass.input);
  parallel_chunks(batch * bands, [&](Index chunk) {
    const Index n = chunk / bands, begin = chunk % bands * band;
    const std::int8_t* const image = input + n * pass.input.height * row_size;
    const auto codes = [&](Index y) { return image + y * row_size; };
    PreparedRows rows(pass);
    Buffer<std::uint8_t> scratch =
        Buffer<std::uint8_t>::uninitialized(static_cast<std::size_t>(pass.scratch_bytes));
    RowPairs pairs;
    for (Index oy = begin; oy < std::min(height, begin + band); ++oy) {
      const std::uint8_t* const* window =
          rows.at(integrad_window_start(static_cast<std::int32_t>(oy), pass.window_y), codes);
      visit(window, rows.next() < pass.input.height ? codes(rows.next()) : nullptr, scratch.data(),
            pairs.next(n, oy), n * height + oy);
    }
  });
}

}  // namespace integrad::kernels::int8

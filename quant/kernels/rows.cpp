#include <algorithm>

#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::int8 {

namespace {

constexpr Index kSlack = 64;  // a vector may be read where only its first bytes count

Index row_bytes(const RowLayout& layout) {
  return (layout.blocks * layout.pixels * layout.pixel_bytes + kSlack - 1) / kSlack * kSlack;
}

/// The prepared rows that a window looks at, and one of zero points for those outside the image.
class PreparedRows {
 public:
  PreparedRows(const Int8Kernels& kernels, const RowPass& pass, const std::int8_t* image)
      : kernels_(kernels),
        pass_(pass),
        image_(image),
        extent_(integrad_window_extent(pass.window_y)),
        bytes_(row_bytes(pass.layout)),
        memory_(Buffer<std::uint8_t>::uninitialized(
            static_cast<std::size_t>((extent_ + 1) * bytes_ + kSlack))),
        rows_(static_cast<std::size_t>(pass.window_y.kernel)) {
    kernels.prepare_row(pass.layout, nullptr, slot(extent_));
  }

  /// The rows of a window that starts at row `start`, which does not decrease from call to call.
  const std::uint8_t* const* at(Index start) {
    const Index end = std::min<Index>(start + extent_, pass_.input.height);
    for (next_ = std::max(next_, start); next_ < end; ++next_)
      kernels_.prepare_row(pass_.layout, next(), slot(next_ % extent_));
    for (Index ky = 0; ky < pass_.window_y.kernel; ++ky) {
      const Index y = start + ky * pass_.window_y.dilation;
      const bool inside = y >= 0 && y < pass_.input.height;
      rows_[static_cast<std::size_t>(ky)] = slot(inside ? y % extent_ : extent_);
    }
    return rows_.data();
  }

  /// The row of the image that is prepared next; null behind the last.
  const std::int8_t* next() const {
    return next_ < pass_.input.height ? image_ + next_ * integrad_row_size(pass_.input) : nullptr;
  }

 private:
  std::uint8_t* slot(Index i) { return memory_.data() + i * bytes_; }

  const Int8Kernels& kernels_;
  const RowPass& pass_;
  const std::int8_t* image_;
  Index extent_, bytes_, next_ = 0;
  Buffer<std::uint8_t> memory_;
  std::vector<const std::uint8_t*> rows_;
};

}  // namespace

bool affordable(const RowPass& pass) {
  // In double: the product of hostile extents may exceed 64 bits.
  const double row = static_cast<double>(pass.layout.blocks) *
                     static_cast<double>(pass.layout.pixels) *
                     static_cast<double>(pass.layout.pixel_bytes);
  const double rows = integrad_window_extent(pass.window_y) + 1;
  return row * rows + static_cast<double>(pass.scratch_bytes) <= double{1 << 26};
}

void run_rows(const Int8Kernels& kernels, const RowPass& pass, Index batch,
              const std::int8_t* input, const RowKernel& kernel) {
  const Index height = pass.output.height;
  // Bands so high that the rows which two of them prepare cost little.
  const Index band = std::clamp<Index>((height + 15) / 16, 4, 32);
  const Index bands = (height + band - 1) / band;
  const Index in_size = pass.input.height * integrad_row_size(pass.input);
  parallel_chunks(batch * bands, [&](Index chunk) {
    const Index n = chunk / bands, begin = chunk % bands * band;
    PreparedRows rows(kernels, pass, input + n * in_size);
    Buffer<std::uint8_t> scratch =
        Buffer<std::uint8_t>::uninitialized(static_cast<std::size_t>(pass.scratch_bytes));
    for (Index oy = begin; oy < std::min(height, begin + band); ++oy) {
      const std::uint8_t* const* window =
          rows.at(integrad_window_start(static_cast<std::int32_t>(oy), pass.window_y));
      kernel(window, rows.next(), scratch.data(), n * height + oy);
    }
  });
}

}  // namespace integrad::kernels::int8

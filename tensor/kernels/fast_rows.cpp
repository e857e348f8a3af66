#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/caches.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/kernels/line_source.h"
#include "integrad/tensor/kernels/stored_lines.h"
#include "integrad/tensor/kernels/winograd.h"

namespace integrad::kernels::fast {

Reach reach(const integrad_window& w, Index output, Index in_height) {
  const std::int32_t start = integrad_window_start(static_cast<std::int32_t>(output), w);
  const Index first = integrad_window_first_tap(start, w);
  const Index end = integrad_window_end_tap(start, static_cast<std::int32_t>(in_height), w);
  if (first >= end) return {first, first, 0, 0};
  return {first, end, start + first * w.dilation, start + (end - 1) * w.dilation + 1};
}

namespace {

bool streams_alone(const Pass& pass, Index batch) {
  const Lines lines{batch * pass.out_height, pass.out_width, pass.out_channels};
  return streams_past_caches(lines, large_alone()) && pass.out_pixel_step == pass.out_channels;
}

}  // namespace

Index strip_outputs(const PackedPass& packed, Index cache) {
  constexpr Index kFloats = 6144;
  const Pass& pass = packed.pass;
  if (packed.held > 0 || cache < 2 * kFloats * Index{sizeof(float)})
    return std::max<Index>(pass.out_width, 1);
  const Index rows = pass.y.kernel;  // none where a gradient reaches no tap
  const Index per_output = std::max<Index>(rows * pass.in_channels * pass.x.stride, 1);
  const Index most = rows <= 1 ? pass.out_width : std::max<Index>(kFloats / per_output, 1);
  const Index strips = (pass.out_width + most - 1) / most;
  const Index outputs = strips == 0 ? 1 : (pass.out_width + strips - 1) / strips;
  return (outputs + 3) / 4 * 4;  // whole fours (winograd.h)
}

void run_rows(const PackedPass& packed, Index batch, const float* x, float* y, Index image_step) {
  // Results that go past the caches leave the rows that are read their place, without strips.
  const Index cache = streams_alone(packed.pass, batch) ? 0 : first_cache();
  run_rows(packed, batch, x, y, image_step, strip_outputs(packed, cache));
}

void run_rows(const PackedPass& packed, Index batch, const float* x, float* y, Index image_step,
              Index strip) {
  const Pass& pass = packed.pass;
  const bool streams = streams_alone(pass, batch);
  const Index work =
      std::max<Index>(1, pass.out_width * pass.out_channels * pass.y.kernel * pass.x.kernel);
  // Whole pairs; where rows go in strips, so many that those at the edge, which are read again by
  // the next, do not count.
  const Index least = packed.held > 0 ? 4 : 10;
  const Index grain = std::clamp<Index>((Index{1} << 16) / work, least, 64) / 2 * 2;
  parallel_for(batch * pass.out_height, grain, [&](Index begin, Index end) {
    for (Index ox = 0; ox < pass.out_width; ox += strip) {
      RowConvolution c = packed.c;
      c.out_width = std::min(strip, pass.out_width - ox);
      const Index start = std::max<Index>(ox * c.stride - c.pad, 0);  // in the input row
      c.pad -= ox * c.stride - start;  // now of the strip's first output
      c.in_width -= start;
      const Index piece = std::min(c.in_width, c.out_width * c.stride) * c.in_channels *
                          Index{sizeof(float)};  // of the row below, about
      const Index written = c.out_width * pass.out_pixel_step * Index{sizeof(float)};
      PassRows rows(packed, c);
      for (Index row = begin; row < end; ++row) {
        const Index n = row / pass.out_height, oy = row % pass.out_height;
        const Reach r = reach(pass.y, oy, pass.in_height);
        const float* const image = x + n * pass.in_height * pass.in_row() + start * c.in_channels;
        float* const row_into =
            y + packed.offset + n * image_step + oy * pass.out_row_step + ox * pass.out_pixel_step;
        Upcoming next;
        if (r.end < pass.in_height) add_upcoming(image + r.end * pass.in_row(), piece, next);
        if (!streams && oy + 1 < pass.out_height)
          add_upcoming(row_into + pass.out_row_step, written, next);
        rows.row(n, oy, r, {image + r.begin * pass.in_row(), pass.in_row()}, next,
                 streams ? RowDestination{nullptr, row_into} : RowDestination{row_into});
      }
    }
  });
}

PassRows::PassRows(const PackedPass& packed, const RowConvolution& part)
    : packed_(packed),
      c_(part),
      scratch_(Buffer<float>::uninitialized(
          static_cast<std::size_t>(packed.scratch + packed.held * ((part.out_width + 3) / 4)))) {}

void PassRows::row(Index image, Index row, const Reach& r, const RingRows<float>& x, Upcoming& next,
                   const RowDestination& y) {
  c_.row = pairs_.next(image, row);
  packed_.kernel(c_, x.every(packed_.pass.y.dilation), r.first_tap, r.end_tap, scratch_.data(),
                 next, y);
}

Index PackedGradient::band() const {
  // Whichever kernel runs: the bands decide the order of the sums.
  const Index taps = c.kernel_y * c.kernel_x;
  const Index filter = kind == Convolution::full ? taps * c.in_channels : taps;
  return band_rows(rows, (filter + 1) * c.out_channels);
}

void PackedGradient::unpack(const float* total, float* filter_gradient,
                            float* bias_gradient) const {
  const Index channels = narrow ? c.in_channels : c.out_channels;
  if (winograd) {
    const Index inputs = c.in_channels;
    parallel_for(
        inputs, std::max<Index>((Index{1} << 10) / channels, 1), [&](Index begin, Index end) {
          for (Index ci = begin; ci < end; ++ci)
            for (Index o = 0; o < channels; ++o) {
              const auto taps = winograd::filter_gradients<float>(
                  [&](Index k, Index i) { return total[((6 * k + i) * inputs + ci) * width + o]; });
              for (Index tap = 0; tap < 9; ++tap)
                filter_gradient[(o * 9 + tap) * inputs + ci] = taps[static_cast<std::size_t>(tap)];
            }
        });
  } else if (kind == Convolution::full && !narrow) {
    for (Index o = 0; o < channels; ++o)
      for (Index i = 0; i < values; ++i) filter_gradient[o * values + i] = total[i * width + o];
  } else {
    for (Index i = 0; i < values; ++i)
      std::copy_n(total + i * width, channels, filter_gradient + i * channels);
  }
  if (bias_gradient != nullptr) std::copy_n(total + values * width, c.out_channels, bias_gradient);
}

GradientRows::GradientRows(const PackedGradient& packed, bool keeps_above) : packed_(packed) {
  const RowGradient& c = packed.c;
  const Index outputs = c.inner_begin + (c.out_width - c.inner_end);
  const Index extent = (c.kernel_x - 1) * c.dilation + 1;
  const Index strips = (outputs * c.stride + 2 * extent) * c.kernel_y * c.in_channels;
  const Index factors =
      std::min<Index>(c.chunk, (c.out_width + 3) / 4) * 6 * (c.in_channels + packed.width);
  strips_ =
      Buffer<float>::uninitialized(static_cast<std::size_t>(packed.winograd ? factors : strips));
  // A convolution's kernel reads the cotangent in whole vectors.
  if (packed.kind == Convolution::full && !packed.narrow && packed.width != c.out_channels)
    wide_ = Buffer<float>::uninitialized(static_cast<std::size_t>(c.out_width * packed.width));
  std::fill_n(wide_.data(), wide_.size(), 0.0f);
  copies_upper_ = packed.winograd && (!keeps_above || wide_.size() > 0);
  if (copies_upper_)
    upper_ = Buffer<float>::uninitialized(static_cast<std::size_t>(c.out_width * packed.width));
}

const float* GradientRows::widened(Index count, const float* d) {
  if (wide_.size() == 0) return d;
  const Index channels = packed_.c.out_channels;
  for (Index ox = 0; ox < count; ++ox)
    std::copy_n(d + ox * channels, channels, wide_.data() + ox * packed_.width);
  return wide_.data();
}

void GradientRows::add(Index row, bool ends, const Reach& r, const RingRows<float>& x,
                       const float* d, const float* above, float* partial, Upcoming& next) {
  RowGradient c = packed_.c;
  const float* const wide = widened(c.out_width, d);
  if (packed_.winograd) {
    c.lower = row % 2 != 0;
    c.paired = c.lower ? paired_ : !ends;
    c.upper = c.lower && c.paired ? (copies_upper_ ? upper_.data() : above) : nullptr;
    paired_ = !c.lower && c.paired;
    if (paired_ && copies_upper_) std::copy_n(wide, upper_.size(), upper_.data());
  }
  packed_.kernel(c, x.every(packed_.y.dilation), r.first_tap, r.end_tap, wide, strips_.data(),
                 partial, next);
}

void GradientRows::add_pixels(Index count, const float* x, const float* d, float* partial,
                              Upcoming& next) {
  RowGradient c = packed_.c;
  c.in_width = c.out_width = c.inner_end = count;
  packed_.kernel(c, {x, 0}, 0, 1, widened(count, d), strips_.data(), partial, next);
}

}  // namespace integrad::kernels::fast

#include "integrad/tensor/kernels/fast_pointwise.h"

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/caches.h"

namespace integrad::kernels::fast {

namespace {

Index piece_of(const ConvGeometry& g) {
  return piece_pixels(std::max(g.in_channels, g.out_channels));
}

// Calls visit(line, span, next_line, next_span) for the pieces of lines begin .. end - 1, with the
// piece that comes after, if only for another thread; the last of all has none (an empty span).
template <class Visit>
void for_each_piece_of(const Lines& lines, Index begin, Index end, Index piece, Visit&& visit) {
  for (Index line = begin; line < end; ++line)
    for_each_piece(lines.pixels, piece, [&](Span span) {
      const bool ends = span.end == lines.pixels;
      const Index next = ends ? line + 1 : line, from = ends ? 0 : span.end;
      visit(
          line, span, next,
          next < lines.count ? Span{from, std::min(from + piece, lines.pixels)} : Span{from, from});
    });
}

// The row kernel's arguments for a piece.
RowConvolution piece_row(const PackedPass& pass, Index pixels) {
  RowConvolution c = pass.c;
  c.in_width = c.out_width = pixels;
  return c;
}

}  // namespace

bool is_pointwise(Convolution kind, const ConvGeometry& g) {
  const auto one = [](const integrad_window& w) {
    return w.kernel == 1 && w.stride == 1 && w.pad_before == 0;
  };
  return kind == Convolution::full && one(g.window.y) && one(g.window.x) &&
         g.in_height == g.out_height && g.in_width == g.out_width;
}

bool pointwise(Convolution kind, const ConvGeometry& g, const PackedPass& pass, const float* x,
               float* y) {
  const Index in = pass.pass.in_channels, out = pass.pass.out_channels;
  const Index pixels = Index{g.batch} * g.out_height * g.out_width;
  if (!is_pointwise(kind, g) || streams_past_caches({1, pixels, out}, large_alone())) return false;
  const Index piece = piece_pixels(2 * std::max(in, out)), pieces = (pixels + piece - 1) / piece;
  // Neighbours to one thread, but as much to each.
  const Index grain = std::clamp<Index>(pieces / 32, 1, 64);
  parallel_for(pieces, grain, [&](Index begin, Index end) {
    Buffer<float> scratch = Buffer<float>::uninitialized(static_cast<std::size_t>(pass.scratch));
    for (Index i = begin; i < end; ++i) {
      const Index at = i * piece, count = std::min(piece, pixels - at);
      const Index after = at + count, following = std::min(piece, pixels - after);
      Upcoming next;
      next.near = true;
      const auto fetch = [&](const float* map, Index channels) {
        add_upcoming(map + after * channels, following * channels * Index{sizeof(float)}, next);
      };
      if (following > 0) fetch(x, in), fetch(y, out);
      pass.kernel(piece_row(pass, count), {x + at * in, 0}, 0, 1, scratch.data(), next,
                  {y + at * out});
    }
  });
  return true;
}

void pointwise_and_sum(const PackedPass& pass, const ConvGeometry& g, const LineSource<float>& x,
                       StoredTarget<float> y, double* sums) {
  const Lines lines = Lines::of(g.output());
  LineSums partial(lines);
  const bool streams = streams_past_caches(lines);
  parallel_for(lines.count, band_rows(lines.count, 1), [&](Index begin, Index end) {
    LineInput<float> input(x);
    LineWriter<float> output(y, {}, lines.size(), streams);
    Buffer<float> scratch = Buffer<float>::uninitialized(static_cast<std::size_t>(pass.scratch));
    const auto piece = [&](Index line, Span span, Index next_line, Span next_span) {
      const RowConvolution c = piece_row(pass, span.count());
      const Index at = line * lines.size() + span.begin * lines.channels;
      const float* const from = input.piece(line, span);
      Upcoming next;
      add_upcoming(x.places, next_line, next_span, lines.pixels, next);
      const float* const row =
          output.part(at, span.count() * lines.channels, [&](const RowDestination& into) {
            pass.kernel(c, {from, 0}, 0, 1, scratch.data(), next, into);
          });
      if (sums == nullptr) return;
      add_moments(span.count(), lines.channels, row,
                  span.begin == 0 ? partial.start(line) : partial.of(line));
    };
    for_each_piece_of(lines, begin, end, piece_of(g), piece);
  });
  if (sums != nullptr) partial.total(sums);
}

bool pointwise_gradients(const ConvGeometry& g, const LineSource<float>& x, const float* filter,
                         const LineSource<float>& cotangent, const InputGradient<float>& into,
                         float* dfilter) {
  const PackedGradient gradient = pack_filter_gradient(Convolution::full, g, false);
  const auto passes = into.dx.empty() ? std::vector<PackedPass>{}
                                      : pack_input_gradient(Convolution::full, g, filter);
  if (gradient.rows == 0 || (!into.dx.empty() && passes.empty())) return false;
  const Lines lines = Lines::of(g.input());
  const auto band = [&](Index begin, Index end, float* partial) {
    LineInput<float> input(x), dy(cotangent);
    GradientRows rows(gradient);
    InputGradientRows<float> finish(lines, into, streams_past_caches(lines));
    Buffer<float> scratch = Buffer<float>::uninitialized(
        static_cast<std::size_t>(passes.empty() ? 0 : passes.front().scratch));
    const auto piece = [&](Index line, Span span, Index next_line, Span next_span) {
      const float* const from = input.piece(line, span);
      const float* const d = dy.piece(line, span);
      Upcoming next;
      add_upcoming(x.places, next_line, next_span, lines.pixels, next);
      add_upcoming(cotangent.places, next_line, next_span, lines.pixels, next);
      finish.add_upcoming(next_line, next_span, next);
      rows.add_pixels(span.count(), from, d, partial, next);
      if (passes.empty()) return;
      const PackedPass& pass = passes.front();
      const RowConvolution c = piece_row(pass, span.count());
      finish.piece(line, span, [&](const RowDestination& row) {
        pass.kernel(c, {d, 0}, 0, 1, scratch.data(), next, row);
      });
    };
    for_each_piece_of(lines, begin, end, piece_of(g), piece);
  };
  sum_bands<float>(gradient.rows, gradient.band(), gradient.size(), band,
                   [&](const float* total) { gradient.unpack(total, dfilter, nullptr); });
  return true;
}

}  // namespace integrad::kernels::fast

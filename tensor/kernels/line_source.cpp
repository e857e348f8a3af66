#include "integrad/tensor/kernels/line_source.h"

namespace integrad::kernels {

template <class T>
LineSource<T> stored_lines(const Lines& lines, Stored<T> x) {
  const Index size = lines.size(), channels = lines.channels;
  return {lines, x.full,
          [=]() -> LineReader<T> {
            return [=](Index line, Span pixels, T* into) {
              read_into(x, line * size + pixels.begin * channels, pixels.count() * channels, into);
            };
          },
          1, places_of(lines, x)};
}

template <class T>
LineSource<T> mapped_lines(const Lines& lines, Stored<T> x, ChannelMap<T> map) {
  const Index size = lines.size(), channels = lines.channels;
  return {lines, nullptr,
          [=]() -> LineReader<T> {
            return [=](Index line, Span pixels, T* into) {
              map_line(map, pixels.count(), channels, x, line * size + pixels.begin * channels,
                       into);
            };
          },
          1, places_of(lines, x)};
}

template <class T>
LineSource<T> sum_lines(LineSource<T> a, LineSource<T> b, bool subtract) {
  const Lines lines = a.lines;
  const int maps_read = a.maps_read + b.maps_read;
  std::vector<LinePlace> places = a.places;
  places.insert(places.end(), b.places.begin(), b.places.end());
  return {lines, nullptr,
          [=, a = std::move(a), b = std::move(b)]() -> LineReader<T> {
            return [channels = lines.channels, subtract, left = LineInput<T>(a),
                    right = LineInput<T>(b)](Index line, Span pixels, T* into) mutable {
              const Index size = pixels.count() * channels;
              const T *const x = left.piece(line, pixels, into), *const y =
                                                                     right.piece(line, pixels);
              if (subtract)
                for (Index i = 0; i < size; ++i) into[i] = x[i] - y[i];
              else
                add_rows(size, x, y, into);
            };
          },
          maps_read, std::move(places)};
}

template <class T>
void make_lines(const LineSource<T>& source, T* into) {
  const Lines lines = source.lines;
  const Index piece = piece_pixels(lines.channels);
  parallel_lines(lines, [&] {
    return [=, reader = source.reader()](Index line) {
      for_each_piece(lines.pixels, piece, [&](Span span) {
        reader(line, span, into + line * lines.size() + span.begin * lines.channels);
      });
    };
  });
}

template LineSource<float> stored_lines(const Lines&, Stored<float>);
template LineSource<double> stored_lines(const Lines&, Stored<double>);
template LineSource<float> mapped_lines(const Lines&, Stored<float>, ChannelMap<float>);
template LineSource<double> mapped_lines(const Lines&, Stored<double>, ChannelMap<double>);
template LineSource<float> sum_lines(LineSource<float>, LineSource<float>, bool);
template LineSource<double> sum_lines(LineSource<double>, LineSource<double>, bool);
template void make_lines(const LineSource<float>&, float*);
template void make_lines(const LineSource<double>&, double*);

}  // namespace integrad::kernels

#include "integrad/tensor/kernels/line_source.h"

namespace integrad::kernels {

template <class T>
LineSource<T> stored_lines(const Lines& lines, Stored<T> x) {
  const Index size = lines.size();
  return {lines, x.full,
          [=]() -> LineReader<T> {
            return [=](Index line, T* into) { read_into(x, line * size, size, into); };
          },
          1, places_of(lines, x)};
}

template <class T>
LineSource<T> mapped_lines(const Lines& lines, Stored<T> x, ChannelMap<T> map) {
  const Index size = lines.size();
  return {lines, nullptr,
          [=]() -> LineReader<T> {
            return [=](Index line, T* into) { map_line(map, lines, x, line * size, into); };
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
            return [size = lines.size(), subtract, left = LineInput<T>(a), right = LineInput<T>(b)](
                       Index line, T* into) mutable {
              const T *const x = left.line(line), *const y = right.line(line);
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
  const Index size = source.lines.size();
  parallel_lines(source.lines, [&] {
    return [=, reader = source.reader()](Index line) { reader(line, into + line * size); };
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

#pragma once
#include <doctest/doctest.h>

#include <bit>
#include <cstdint>

#include "integrad/tensor/geometry.h"
#include "integrad/tensor/isa.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"
#include "integrad/tensor/tensor.h"

namespace integrad::testing {

/// Values between -1 and 1, among them both zeros, and some so small that products underflow.
template <class T>
Tensor<T> kernel_values(const Shape& shape, std::uint64_t seed) {
  const Random random(seed, 7);
  Tensor<T> values = Tensor<T>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i) {
    const auto draw = static_cast<std::uint64_t>(i);
    const double value = random.uniform(draw, -1.0, 1.0);
    const std::uint64_t kind = random.bits(draw) % 16;
    values[i] = static_cast<T>(kind == 0   ? 0.0
                               : kind == 1 ? -0.0
                               : kind == 2 ? value * 0x1p-80
                                           : value);
  }
  return values;
}

/// Index of the first element whose bits differ, or -1.
inline Index first_difference(const Tensor<float>& a, const Tensor<float>& b) {
  for (Index i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return i;
  return -1;
}

/// A result with a guard of known bits behind it, so that writing past the end shows.
struct Guarded {
  static constexpr Index kGuard = 32;
  static constexpr float kMark = -12345.0f;
  explicit Guarded(Index size) : values(Shape{size + kGuard}, kMark), size(size) {}
  /// Whether the values have the expected bits and nothing was written behind them.
  bool holds(const Tensor<float>& expected) const {
    for (Index i = 0; i < size + kGuard; ++i) {
      const float value = i < size ? expected[i] : kMark;
      if (std::bit_cast<std::uint32_t>(values[i]) != std::bit_cast<std::uint32_t>(value)) {
        MESSAGE("element ", i, " of ", size, " is ", values[i], ", not ", value);
        return false;
      }
    }
    return true;
  }
  Tensor<float> values;
  Index size;
};

/// Puts the instruction set and the number of threads back when it goes; one thread meanwhile, as
/// waking threads costs more than most test cases.
class Settings {
 public:
  Settings() { set_threads(1); }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  ~Settings() {
    set_isa(isa_);
    set_threads(threads_);
  }

 private:
  Isa isa_ = isa();
  int threads_ = threads();
};

/// Calls body() under every available instruction set, now and then (by `salt`) with 2, 3 or 5
/// threads.
template <class Body>
void for_each_isa(std::uint64_t salt, Body&& body) {
  constexpr int kThreads[] = {2, 3, 5};
  const Settings settings;
  for (Isa isa : available_isas()) {
    CAPTURE(name(isa));
    set_isa(isa);
    ++salt;
    set_threads(salt % 13 == 0 ? kThreads[salt / 13 % 3] : 1);
    body();
  }
}

/// A sequence of random choices for test cases.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed, 0) {}
  std::int32_t below(std::int32_t count) {
    return static_cast<std::int32_t>(random_.below(next_++, static_cast<std::uint64_t>(count)));
  }
  /// Kernels 1 to 7, rectangular, strides and dilations, all kinds of padding.
  WindowSpec window() {
    constexpr std::int32_t kKernels[] = {1, 2, 3, 5, 7};
    WindowSpec w{kKernels[below(5)], kKernels[below(5)], 1, 1, 1, 1, {}};
    if (below(3) == 0) w.stride_y = 1 + below(2), w.stride_x = 1 + below(3);
    if (below(3) == 0) w.dilation_y = 1 + below(2), w.dilation_x = 1 + below(3);
    const std::int32_t extent_y = (w.kernel_y - 1) * w.dilation_y + 1;
    const std::int32_t extent_x = (w.kernel_x - 1) * w.dilation_x + 1;
    const std::int32_t kind = below(3);
    if (kind == 0) w.padding = Padding::same();
    if (kind == 1)
      w.padding =
          Padding::fixed(below(extent_y), below(extent_y), below(extent_x), below(extent_x));
    return w;
  }
  /// Image sides: where padding is SAME also smaller than the window.
  Index height(const WindowSpec& w, std::int32_t room) {
    return side(w, (w.kernel_y - 1) * w.dilation_y + 1, room);
  }
  Index width(const WindowSpec& w, std::int32_t room) {
    return side(w, (w.kernel_x - 1) * w.dilation_x + 1, room);
  }

 private:
  Index side(const WindowSpec& w, std::int32_t extent, std::int32_t room) {
    return w.padding.kind == Padding::Kind::same ? 1 + below(extent + room) : extent + below(room);
  }
  Random random_;
  std::uint64_t next_ = 0;
};

}  // namespace integrad::testing

namespace integrad {
inline std::ostream& operator<<(std::ostream& out, const WindowSpec& w) {
  return out << "kernel " << w.kernel_y << 'x' << w.kernel_x << " stride " << w.stride_y << 'x'
             << w.stride_x << " dilation " << w.dilation_y << 'x' << w.dilation_x << " padding "
             << w.padding.top << ',' << w.padding.bottom << ',' << w.padding.left << ','
             << w.padding.right << (w.padding.kind == Padding::Kind::same ? " same" : "");
}
}  // namespace integrad

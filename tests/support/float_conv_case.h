#pragma once
#include <doctest/doctest.h>

#include <cstdint>
#include <ostream>

#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tests/support/kernel_cases.h"

/// Convolutions whose fast paths are compared with the reference.
namespace integrad::testing {

struct FloatConvCase {
  Index batch, height, width, in_channels, out_channels;
  WindowSpec window;
  Index groups = 1;
};

inline std::ostream& operator<<(std::ostream& out, const FloatConvCase& c) {
  return out << c.batch << 'x' << c.height << 'x' << c.width << ' ' << c.in_channels << "->"
             << c.out_channels << ' ' << c.window << " groups " << c.groups;
}

inline Shape filter_shape(const FloatConvCase& c) {
  return {c.out_channels, c.window.kernel_y, c.window.kernel_x, c.in_channels / c.groups};
}

inline ConvGeometry geometry(const FloatConvCase& c) {
  return conv2d_geometry(Shape{c.batch, c.height, c.width, c.in_channels}, filter_shape(c),
                         c.window, c.groups);
}

/// All three kernels, under every instruction set, against the reference.
inline void check_same_bits(const FloatConvCase& c, std::uint64_t seed) {
  const Settings settings;
  CAPTURE(c);
  const ConvGeometry g = geometry(c);
  const Tensor<float> x = kernel_values<float>(g.input(), seed);
  const Tensor<float> filter = kernel_values<float>(filter_shape(c), seed + 1);
  const Tensor<float> bias = kernel_values<float>(Shape{c.out_channels}, seed + 2);
  const Tensor<float> d = kernel_values<float>(g.output(), seed + 3);
  const float* bias_or_null = seed % 3 == 0 ? nullptr : bias.data();
  Tensor<float> y(g.output()), dx(g.input()), dw(filter.shape()), db(bias.shape());
  kernels::reference::conv2d_forward(g, x.data(), filter.data(), bias_or_null, y.data());
  kernels::reference::conv2d_input_gradient(g, d.data(), filter.data(), dx.data());
  kernels::reference::conv2d_filter_gradient(g, x.data(), d.data(), dw.data(), db.data());
  for_each_isa(seed, [&] {
    Guarded y2(y.size()), dx2(dx.size()), dw2(dw.size()), db2(db.size());
    kernels::conv2d_forward(g, x.data(), filter.data(), bias_or_null, y2.values.data());
    kernels::conv2d_input_gradient(g, d.data(), filter.data(), dx2.values.data());
    kernels::conv2d_filter_gradient(g, x.data(), d.data(), dw2.values.data(), db2.values.data());
    CHECK(y2.holds(y));
    CHECK(dx2.holds(dx));
    CHECK(dw2.holds(dw));
    CHECK(db2.holds(db));
  });
}

}  // namespace integrad::testing

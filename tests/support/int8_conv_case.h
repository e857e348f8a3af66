#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "../support/int8_cases.h"
#include "integrad/quant/kernels/fast.h"

namespace integrad::testing {

/// A random convolution of two images, dense or depthwise, by plain loops and in vector registers.
struct ConvCase {
  ConvCase(Draw& draw, const WindowSpec& w, Index in_height, Index in_width, Index in, Index out,
           bool depthwise, Scales kind)
      : stage(draw, out, kind), is_depthwise(depthwise) {
    const Shape input{batch, in_height, in_width, in};
    const Shape filter{depthwise ? 1 : out, w.kernel_y, w.kernel_x, in};
    const ConvGeometry g =
        depthwise ? depthwise_geometry(input, filter, w) : conv2d_geometry(input, filter, w);
    window_y = g.window.y;
    window_x = g.window.x;
    from = dims(in_height, in_width, in);
    to = dims(g.out_height, g.out_width, out);
    zero_point = random_zero_point(draw);
    codes = random_codes(draw, batch * elements(from));
    weights = random_weights(draw, filter.elements());
    if (draw.below(4) != 0)
      for (Index o = 0; o < out; ++o) bias.push_back(draw.below(200000) - 100000);
  }

  integrad_conv conv() const {
    return {from, to, window_y, window_x, 1, zero_point, stage.bound()};
  }
  integrad_depthwise depthwise() const {
    return {from, to, window_y, window_x, zero_point, stage.bound()};
  }
  const std::int32_t* bias_data() const { return bias.empty() ? nullptr : bias.data(); }

  std::vector<std::int8_t> expected() const {
    std::vector<std::int8_t> output(static_cast<std::size_t>(batch * elements(to)));
    const integrad_conv dense = conv();
    const integrad_depthwise deep = depthwise();
    for (Index n = 0; n < batch; ++n) {
      const integrad_rows rows = integrad_all_rows(codes.data() + n * elements(from));
      std::int8_t* into = output.data() + n * elements(to);
      if (is_depthwise)
        integrad_depthwise_rows(&deep, rows, weights.data(), bias_data(), into, 0, to.height);
      else
        integrad_conv_rows(&dense, rows, weights.data(), bias_data(), into, 0, to.height);
    }
    return output;
  }

  // By plain loops.
  std::vector<std::int32_t> sums() const {
    std::vector<std::int32_t> all;
    const Index size = Index{window_y.kernel} * window_x.kernel * from.channels;
    for (Index n = 0; n < batch; ++n)
      for (std::int32_t y = 0; y < to.height; ++y)
        for (std::int32_t x = 0; x < to.width; ++x)
          for (Index o = 0; o < to.channels; ++o) {
            std::int32_t sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(o)];
            for (Index i = 0; i < size; ++i) {
              const Index tap = i / from.channels, channel = i % from.channels;
              if (is_depthwise && channel != o) continue;
              const Index row =
                  integrad_window_start(y, window_y) + tap / window_x.kernel * window_y.dilation;
              const Index column =
                  integrad_window_start(x, window_x) + tap % window_x.kernel * window_x.dilation;
              if (row < 0 || row >= from.height || column < 0 || column >= from.width) continue;
              const Index at =
                  ((n * from.height + row) * from.width + column) * from.channels + channel;
              sum += (codes[static_cast<std::size_t>(at)] - zero_point) *
                     weights[static_cast<std::size_t>(is_depthwise ? i : o * size + i)];
            }
            all.push_back(sum);
          }
    return all;
  }

  bool run_sums(std::int32_t* output) const {
    const Index size = Index{to.width} * to.channels;
    const kernels::int8::SumsRow put = [&](Index row, const std::int32_t* values) {
      std::copy_n(values, size, output + row * size);
    };
    return is_depthwise ? kernels::int8::depthwise_sums(depthwise(), batch, codes.data(),
                                                        weights.data(), bias_data(), put)
                        : kernels::int8::conv_sums(conv(), batch, codes.data(), weights.data(),
                                                   bias_data(), put);
  }

  bool run(std::int8_t* output) const {
    return is_depthwise ? kernels::int8::depthwise(depthwise(), batch, codes.data(), weights.data(),
                                                   bias_data(), output)
                        : kernels::int8::conv(conv(), batch, codes.data(), weights.data(),
                                              bias_data(), output);
  }

  static constexpr Index batch = 2;
  RandomStage stage;
  bool is_depthwise;
  integrad_window window_y, window_x;
  integrad_dims from, to;
  std::int32_t zero_point;
  std::vector<std::int8_t> codes, weights;
  std::vector<std::int32_t> bias;
};

// Whether every instruction set but the baseline computes it, and as the portable kernels do.
template <class T, class Run>
void check_every_isa(std::uint64_t salt, const std::vector<T>& expected, Run&& run) {
  for_each_isa(salt, [&] {
    GuardedCodes<T> output(static_cast<Index>(expected.size()));
    const bool handled = run(output.data());
    CHECK(handled == (kernels::int8::int8_kernels() != nullptr));
    if (handled) CHECK(output.holds(expected));
  });
}

inline void check(const ConvCase& c, std::uint64_t salt) {
  check_every_isa(salt, c.expected(), [&](std::int8_t* output) { return c.run(output); });
  check_every_isa(salt, c.sums(), [&](std::int32_t* output) { return c.run_sums(output); });
}

}  // namespace integrad::testing

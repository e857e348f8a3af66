#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/kernels/fast_pointwise.h"
#include "integrad/tensor/kernels/forward_rows.h"

namespace integrad::kernels::fast {

namespace {

struct WholeRows {
  const float* x;
  Index height, row;
  RingRows<float> rows(Index image, Index begin, Index) const {
    return {x + (image * height + begin) * row, row};
  }
};

bool forward(Convolution kind, const ConvGeometry& g, const float* x, const float* filter,
             const float* bias, float* y) {
  const auto packed = pack_forward_rows(kind, g, filter, bias);
  if (!packed) return false;
  const Index in_row = Index{g.in_width} * g.in_channels;
  const Index out_row = Index{g.out_width} * g.out_channels;
  if (packed->pass) {
    if (!pointwise(kind, g, *packed->pass, x, y))
      run_rows(*packed->pass, g.batch, x, y, g.out_height * out_row);
    return true;
  }
  parallel_for(Index{g.batch} * g.out_height, 32, [&](Index begin, Index end) {
    ForwardRows<WholeRows> rows(*packed, {x, g.in_height, in_row});
    for (Index i = begin; i < end; ++i)
      rows.row(i / g.out_height, i % g.out_height, {y + i * out_row});
  });
  return true;
}

bool input_gradient(Convolution kind, const ConvGeometry& g, const float* cotangent,
                    const float* filter, float* x_gradient) {
  const auto passes = pack_input_gradient(kind, g, filter);
  if (!passes.empty() && pointwise(kind, g, passes.front(), cotangent, x_gradient)) return true;
  const Index image = Index{g.in_height} * g.in_width * g.in_channels;
  for (const PackedPass& pass : passes) run_rows(pass, g.batch, cotangent, x_gradient, image);
  return !passes.empty();
}

bool filter_and_bias(Convolution kind, const ConvGeometry& g, const float* x,
                     const float* cotangent, float* filter_gradient, float* bias_gradient) {
  const PackedGradient packed = pack_filter_gradient(kind, g, bias_gradient != nullptr);
  if (packed.rows == 0) return false;
  const Index in_row = Index{g.in_width} * g.in_channels;
  const Index out_row = Index{g.out_width} * g.out_channels;
  const auto band = [&](Index begin, Index end, float* partial) {
    GradientRows rows(packed, true);
    for (Index row = begin; row < end; ++row) {
      const Reach r = reach(packed.y, row % g.out_height, g.in_height);
      const float* const image = x + row / g.out_height * g.in_height * in_row;
      const float* const d = cotangent + row * out_row;
      Upcoming next;
      constexpr Index kBytes = sizeof(float);
      if (r.end < g.in_height) add_upcoming(image + r.end * in_row, in_row * kBytes, next);
      if (row + 1 < packed.rows) add_upcoming(d + out_row, out_row * kBytes, next);
      rows.add(row % g.out_height, row + 1 == end || (row + 1) % g.out_height == 0, r,
               {image + r.begin * in_row, in_row}, d, row > begin ? d - out_row : nullptr, partial,
               next);
    }
  };
  sum_bands<float>(packed.rows, packed.band(), packed.size(), band, [&](const float* total) {
    packed.unpack(total, filter_gradient, bias_gradient);
  });
  return true;
}

}  // namespace

bool conv2d_forward(const ConvGeometry& g, const float* x, const float* filter, const float* bias,
                    float* y) {
  return forward(Convolution::full, g, x, filter, bias, y);
}

bool conv2d_input_gradient(const ConvGeometry& g, const float* cotangent, const float* filter,
                           float* x_gradient) {
  return input_gradient(Convolution::full, g, cotangent, filter, x_gradient);
}

bool conv2d_filter_gradient(const ConvGeometry& g, const float* x, const float* cotangent,
                            float* filter_gradient, float* bias_gradient) {
  return filter_and_bias(Convolution::full, g, x, cotangent, filter_gradient, bias_gradient);
}

bool depthwise_forward(const ConvGeometry& g, const float* x, const float* filter,
                       const float* bias, float* y) {
  return forward(Convolution::depthwise, g, x, filter, bias, y);
}

bool depthwise_input_gradient(const ConvGeometry& g, const float* cotangent, const float* filter,
                              float* x_gradient) {
  return input_gradient(Convolution::depthwise, g, cotangent, filter, x_gradient);
}

bool depthwise_filter_gradient(const ConvGeometry& g, const float* x, const float* cotangent,
                               float* filter_gradient, float* bias_gradient) {
  return filter_and_bias(Convolution::depthwise, g, x, cotangent, filter_gradient, bias_gradient);
}

}  // namespace integrad::kernels::fast

#include "integrad/tensor/kernels/conv2d.h"

#include <type_traits>

#include "integrad/tensor/kernels/fast.h"

namespace integrad::kernels {

template <class T>
void conv2d_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y) {
  if constexpr (std::is_same_v<T, float>)
    if (fast::conv2d_forward(g, x, filter, bias, y)) return;
  reference::conv2d_forward(g, x, filter, bias, y);
}

template <class T>
void conv2d_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                           T* x_gradient) {
  if constexpr (std::is_same_v<T, float>)
    if (fast::conv2d_input_gradient(g, cotangent, filter, x_gradient)) return;
  reference::conv2d_input_gradient(g, cotangent, filter, x_gradient);
}

template <class T>
void conv2d_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                            T* filter_gradient, T* bias_gradient) {
  if constexpr (std::is_same_v<T, float>)
    if (fast::conv2d_filter_gradient(g, x, cotangent, filter_gradient, bias_gradient)) return;
  reference::conv2d_filter_gradient(g, x, cotangent, filter_gradient, bias_gradient);
}

template void conv2d_forward(const ConvGeometry&, const float*, const float*, const float*, float*);
template void conv2d_forward(const ConvGeometry&, const double*, const double*, const double*,
                             double*);
template void conv2d_input_gradient(const ConvGeometry&, const float*, const float*, float*);
template void conv2d_input_gradient(const ConvGeometry&, const double*, const double*, double*);
template void conv2d_filter_gradient(const ConvGeometry&, const float*, const float*, float*,
                                     float*);
template void conv2d_filter_gradient(const ConvGeometry&, const double*, const double*, double*,
                                     double*);

}  // namespace integrad::kernels

#pragma once
#include "integrad/autograd/ops/batch_norm.h"
#include "integrad/tensor/geometry.h"

namespace integrad {

/// The normalisation behind a convolution, and whether a ReLU follows it.
template <class T>
struct Normalization {
  Var gamma, beta;             ///< [co] each
  BatchNormState<T>& running;  ///< updated now
  BatchNormOptions options = {};
  bool relu = false;
};

/// relu(batch_norm(conv2d(x, filter, bias))) as one node, bit for bit what the operators of those
/// names give one after the other: x [n,h,w,ci], filter [co,kh,kw,ci], bias [co] or Var{}. What the
/// tape stores is the convolution's output; its readers normalise it as they read, and this
/// operator reads a mapped x the same way. Nothing but the maps between such operators and their
/// gradients is ever stored. Throws Error as they do.
template <class T>
Var conv2d_batch_norm(Tape<T>& tape, Var x, Var filter, Var bias, const WindowSpec& window,
                      Index groups, const Normalization<T>& norm);

/// The same for depthwise_conv2d: filter [1,kh,kw,ci*multiplier].
template <class T>
Var depthwise_conv2d_batch_norm(Tape<T>& tape, Var x, Var filter, Var bias,
                                const WindowSpec& window, const Normalization<T>& norm);

}  // namespace integrad

/* A model in integer arithmetic: real = scale * (code - zero point), codes are int8_t,
 * images [height, width, channels].
 * Arithmetic: cmsis-nn (CMSIS-NN and TFLM, default build: double rounding).
 *
 * Layers: id, operation, output shape, scale, zero point, name
 *   0  input  [1,64,64,3]  3.921569e-03f  -128  input
 *   1  conv2d  [1,64,64,16]  4.4711262e-02f  -128  encoder1/full
 *   2  conv2d  [1,64,64,16]  1.389792e-01f  1  encoder1/point
 *   3  depthwise_conv2d  [1,64,64,16]  1.0593539e-01f  -128  encoder1/depthwise
 *   4  max_pool2d  [1,32,32,16]  1.0593539e-01f  -128  encoder1/pool
 *   5  conv2d  [1,32,32,32]  5.3313814e-02f  -128  encoder2/full
 *   6  conv2d  [1,32,32,32]  1.3929203e-01f  -6  encoder2/point
 *   7  depthwise_conv2d  [1,32,32,32]  8.1846945e-02f  -128  encoder2/depthwise
 *   8  conv2d  [1,32,32,32]  1.5294887e-01f  28  encoder2/residual
 *   9  add  [1,32,32,32]  1.6381182e-01f  0  encoder2/sum
 *   10  max_pool2d  [1,16,16,32]  1.6381182e-01f  0  encoder2/pool
 *   11  conv2d  [1,16,16,64]  5.7084233e-02f  -128  encoder3/full
 *   12  conv2d  [1,16,16,64]  1.3709061e-01f  -5  encoder3/point
 *   13  depthwise_conv2d  [1,16,16,64]  8.010484e-02f  -128  encoder3/depthwise
 *   14  conv2d  [1,16,16,64]  9.02553e-02f  49  encoder3/residual
 *   15  add  [1,16,16,64]  1.3281849e-01f  -15  encoder3/sum
 *   16  max_pool2d  [1,8,8,64]  1.3281849e-01f  -15  encoder3/pool
 *   17  conv2d  [1,8,8,64]  5.33283e-02f  -128  middle/full
 *   18  conv2d  [1,8,8,64]  1.3869514e-01f  5  middle/point
 *   19  depthwise_conv2d  [1,8,8,64]  9.6376054e-02f  -128  middle/depthwise
 *   20  conv2d  [1,8,8,64]  5.9773482e-02f  12  middle/residual
 *   21  add  [1,8,8,64]  1.1799875e-01f  -65  middle/sum
 *   22  max_unpool2d  [1,16,16,64]  1.1799875e-01f  -65  decoder1/unpool
 *   23  add  [1,16,16,64]  1.22256495e-01f  -70  decoder1/merge
 *   24  conv2d  [1,16,16,32]  6.4411774e-02f  -128  decoder1/full
 *   25  conv2d  [1,16,16,32]  1.3348748e-01f  7  decoder1/point
 *   26  depthwise_conv2d  [1,16,16,32]  1.2493548e-01f  -128  decoder1/depthwise
 *   27  conv2d  [1,16,16,32]  7.606908e-02f  6  decoder1/residual
 *   28  add  [1,16,16,32]  1.5765545e-01f  -67  decoder1/sum
 *   29  max_unpool2d  [1,32,32,32]  1.5765545e-01f  -67  decoder2/unpool
 *   30  add  [1,32,32,32]  1.525882e-01f  -67  decoder2/merge
 *   31  conv2d  [1,32,32,16]  6.71125e-02f  -128  decoder2/full
 *   32  conv2d  [1,32,32,16]  1.1263316e-01f  -24  decoder2/point
 *   33  depthwise_conv2d  [1,32,32,16]  9.3581215e-02f  -128  decoder2/depthwise
 *   34  conv2d  [1,32,32,16]  1.1283439e-01f  0  decoder2/residual
 *   35  add  [1,32,32,16]  1.5180396e-01f  -46  decoder2/sum
 *   36  max_unpool2d  [1,64,64,16]  1.5180396e-01f  -46  decoder3/unpool
 *   37  add  [1,64,64,16]  1.472651e-01f  -47  decoder3/merge
 *   38  conv2d  [1,64,64,16]  6.1154295e-02f  -128  decoder3/full
 *   39  conv2d  [1,64,64,16]  1.1319831e-01f  17  decoder3/point
 *   40  depthwise_conv2d  [1,64,64,16]  5.2298117e-02f  -128  decoder3/depthwise
 *   41  conv2d  [1,64,64,16]  1.4347987e-01f  8  decoder3/residual
 *   42  add  [1,64,64,16]  1.4852263e-01f  -6  decoder3/sum
 *   43  conv2d  [1,64,64,1]  1.1755288e-01f  16  head
 *
 * SHA-256 of the weights, biases and multipliers:
 *   47f37705863883e8a53615271de505636ac66a473ce5dd62e601560eb6c8f93e
 */
#ifndef MODEL_H
#define MODEL_H
#include <stdint.h>

#define MODEL_INPUT_HEIGHT 64
#define MODEL_INPUT_WIDTH 64
#define MODEL_INPUT_CHANNELS 3
#define MODEL_INPUT_BYTES 12288
#define MODEL_INPUT_SCALE 3.921569e-03f
#define MODEL_INPUT_ZERO_POINT (-128)
#define MODEL_OUTPUT_HEIGHT 64
#define MODEL_OUTPUT_WIDTH 64
#define MODEL_OUTPUT_CHANNELS 1
#define MODEL_OUTPUT_BYTES 4096
#define MODEL_OUTPUT_SCALE 1.1755288e-01f
#define MODEL_OUTPUT_ZERO_POINT (16)
#define MODEL_TARGET "cmsis-nn"
#define MODEL_ROUNDING "double"
#define MODEL_LAYERS 44
#define MODEL_ARENA_BYTES 144384

/* Computes `output` from `input`; `arena` is MODEL_ARENA_BYTES of working memory.
 * Keeps nothing between calls. */
void model_run(const int8_t* input, int8_t* output, int8_t* arena);

#ifdef MODEL_TRACE
/* Supplied by whoever defines MODEL_TRACE: receives codes first .. first + count - 1 of a
 * layer's output as soon as they are computed. */
void model_trace(int32_t layer, int32_t first, int32_t count, const int8_t* codes);
#endif
#ifdef MODEL_PROFILE
/* Supplied by whoever defines MODEL_PROFILE: called before and after each computation of a
 * layer's rows. */
void model_begin_layer(int32_t layer);
void model_end_layer(int32_t layer);
#endif

#endif

/* A model in integer arithmetic: real = scale * (code - zero point), codes are int8_t,
 * images [height, width, channels].
 * Arithmetic: cmsis-nn (CMSIS-NN and TFLM, default build: double rounding).
 *
 * Layers: id, operation, output shape, scale, zero point, name
 *   0  input  [1,64,64,3]  3.921569e-03f  -128  input
 *   1  conv2d  [1,64,64,16]  2.6328135e-02f  -128  encoder1/full
 *   2  conv2d  [1,64,64,16]  7.284281e-02f  -2  encoder1/point
 *   3  depthwise_conv2d  [1,64,64,16]  4.5996998e-02f  -128  encoder1/depthwise
 *   4  max_pool2d  [1,32,32,16]  4.5996998e-02f  -128  encoder1/pool
 *   5  conv2d  [1,32,32,32]  1.7202662e-02f  -128  encoder2/full
 *   6  conv2d  [1,32,32,32]  6.331318e-02f  14  encoder2/point
 *   7  depthwise_conv2d  [1,32,32,32]  2.9835382e-02f  -128  encoder2/depthwise
 *   8  conv2d  [1,32,32,32]  5.8963213e-02f  59  encoder2/residual
 *   9  add  [1,32,32,32]  7.220813e-02f  18  encoder2/sum
 *   10  max_pool2d  [1,16,16,32]  7.220813e-02f  18  encoder2/pool
 *   11  conv2d  [1,16,16,64]  1.919827e-02f  -128  encoder3/full
 *   12  conv2d  [1,16,16,64]  5.639352e-02f  -9  encoder3/point
 *   13  depthwise_conv2d  [1,16,16,64]  3.2103293e-02f  -128  encoder3/depthwise
 *   14  conv2d  [1,16,16,64]  1.6785348e-02f  43  encoder3/residual
 *   15  add  [1,16,16,64]  4.178268e-02f  -62  encoder3/sum
 *   16  max_pool2d  [1,8,8,64]  4.178268e-02f  -62  encoder3/pool
 *   17  conv2d  [1,8,8,64]  1.5973365e-02f  -128  middle/full
 *   18  conv2d  [1,8,8,64]  6.804876e-02f  -10  middle/point
 *   19  depthwise_conv2d  [1,8,8,64]  3.526704e-02f  -128  middle/depthwise
 *   20  conv2d  [1,8,8,64]  2.024796e-02f  27  middle/residual
 *   21  add  [1,8,8,64]  4.64573e-02f  -69  middle/sum
 *   22  max_unpool2d  [1,16,16,64]  4.64573e-02f  -69  decoder1/unpool
 *   23  add  [1,16,16,64]  4.1598316e-02f  -74  decoder1/merge
 *   24  conv2d  [1,16,16,32]  1.9771019e-02f  -128  decoder1/full
 *   25  conv2d  [1,16,16,32]  5.6584522e-02f  -7  decoder1/point
 *   26  depthwise_conv2d  [1,16,16,32]  4.039604e-02f  -128  decoder1/depthwise
 *   27  conv2d  [1,16,16,32]  2.7324941e-02f  4  decoder1/residual
 *   28  add  [1,16,16,32]  5.00952e-02f  -62  decoder1/sum
 *   29  max_unpool2d  [1,32,32,32]  5.00952e-02f  -62  decoder2/unpool
 *   30  add  [1,32,32,32]  4.2866226e-02f  -62  decoder2/merge
 *   31  conv2d  [1,32,32,16]  2.0903638e-02f  -128  decoder2/full
 *   32  conv2d  [1,32,32,16]  3.7628375e-02f  0  decoder2/point
 *   33  depthwise_conv2d  [1,32,32,16]  4.5407932e-02f  -128  decoder2/depthwise
 *   34  conv2d  [1,32,32,16]  4.924198e-02f  -12  decoder2/residual
 *   35  add  [1,32,32,16]  8.696627e-02f  -64  decoder2/sum
 *   36  max_unpool2d  [1,64,64,16]  8.696627e-02f  -64  decoder3/unpool
 *   37  add  [1,64,64,16]  6.919966e-02f  -68  decoder3/merge
 *   38  conv2d  [1,64,64,16]  2.2048099e-02f  -128  decoder3/full
 *   39  conv2d  [1,64,64,16]  4.726346e-02f  13  decoder3/point
 *   40  depthwise_conv2d  [1,64,64,16]  2.1940662e-02f  -128  decoder3/depthwise
 *   41  conv2d  [1,64,64,16]  5.5430982e-02f  -37  decoder3/residual
 *   42  add  [1,64,64,16]  5.8548797e-02f  -45  decoder3/sum
 *   43  conv2d  [1,64,64,1]  1.07344165e-01f  38  head
 *
 * SHA-256 of the weights, biases and multipliers:
 *   7e58843064448d8bd948729d2e0e9ddfa43110a5e54f77cecfc93a3afaf33ae3
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
#define MODEL_OUTPUT_SCALE 1.07344165e-01f
#define MODEL_OUTPUT_ZERO_POINT (38)
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

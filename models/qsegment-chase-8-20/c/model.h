/* A model in integer arithmetic: real = scale * (code - zero point), codes are int8_t,
 * images [height, width, channels].
 * Arithmetic: cmsis-nn (CMSIS-NN and TFLM, default build: double rounding).
 *
 * Layers: id, operation, output shape, scale, zero point, name
 *   0  input  [1,64,64,3]  3.921569e-03f  -128  input
 *   1  conv2d  [1,64,64,16]  2.306423e-02f  -128  encoder1/full
 *   2  conv2d  [1,64,64,16]  6.696691e-02f  39  encoder1/point
 *   3  depthwise_conv2d  [1,64,64,16]  4.872824e-02f  -128  encoder1/depthwise
 *   4  max_pool2d  [1,32,32,16]  4.872824e-02f  -128  encoder1/pool
 *   5  conv2d  [1,32,32,32]  2.4877716e-02f  -128  encoder2/full
 *   6  conv2d  [1,32,32,32]  5.883898e-02f  6  encoder2/point
 *   7  depthwise_conv2d  [1,32,32,32]  3.477824e-02f  -128  encoder2/depthwise
 *   8  conv2d  [1,32,32,32]  6.2487774e-02f  26  encoder2/residual
 *   9  add  [1,32,32,32]  7.52331e-02f  -10  encoder2/sum
 *   10  max_pool2d  [1,16,16,32]  7.52331e-02f  -10  encoder2/pool
 *   11  conv2d  [1,16,16,64]  1.696653e-02f  -128  encoder3/full
 *   12  conv2d  [1,16,16,64]  4.4027645e-02f  -5  encoder3/point
 *   13  depthwise_conv2d  [1,16,16,64]  2.9614024e-02f  -128  encoder3/depthwise
 *   14  conv2d  [1,16,16,64]  3.427276e-02f  44  encoder3/residual
 *   15  add  [1,16,16,64]  5.1491298e-02f  -17  encoder3/sum
 *   16  max_pool2d  [1,8,8,64]  5.1491298e-02f  -17  encoder3/pool
 *   17  conv2d  [1,8,8,64]  1.5485186e-02f  -128  middle/full
 *   18  conv2d  [1,8,8,64]  3.8140222e-02f  -2  middle/point
 *   19  depthwise_conv2d  [1,8,8,64]  3.1111356e-02f  -128  middle/depthwise
 *   20  conv2d  [1,8,8,64]  2.4823457e-02f  22  middle/residual
 *   21  add  [1,8,8,64]  4.3459214e-02f  -55  middle/sum
 *   22  max_unpool2d  [1,16,16,64]  4.3459214e-02f  -55  decoder1/unpool
 *   23  add  [1,16,16,64]  3.7872847e-02f  -60  decoder1/merge
 *   24  conv2d  [1,16,16,32]  1.7814e-02f  -128  decoder1/full
 *   25  conv2d  [1,16,16,32]  3.848407e-02f  -9  decoder1/point
 *   26  depthwise_conv2d  [1,16,16,32]  3.6210217e-02f  -128  decoder1/depthwise
 *   27  conv2d  [1,16,16,32]  3.1106215e-02f  -4  decoder1/residual
 *   28  add  [1,16,16,32]  5.0769158e-02f  -57  decoder1/sum
 *   29  max_unpool2d  [1,32,32,32]  5.0769158e-02f  -57  decoder2/unpool
 *   30  add  [1,32,32,32]  4.3193188e-02f  -62  decoder2/merge
 *   31  conv2d  [1,32,32,16]  2.3565235e-02f  -128  decoder2/full
 *   32  conv2d  [1,32,32,16]  4.282678e-02f  -23  decoder2/point
 *   33  depthwise_conv2d  [1,32,32,16]  3.4951176e-02f  -128  decoder2/depthwise
 *   34  conv2d  [1,32,32,16]  4.4889417e-02f  4  decoder2/residual
 *   35  add  [1,32,32,16]  6.525517e-02f  -41  decoder2/sum
 *   36  max_unpool2d  [1,64,64,16]  6.525517e-02f  -41  decoder3/unpool
 *   37  add  [1,64,64,16]  5.1275358e-02f  -53  decoder3/merge
 *   38  conv2d  [1,64,64,16]  2.073354e-02f  -128  decoder3/full
 *   39  conv2d  [1,64,64,16]  4.355599e-02f  -16  decoder3/point
 *   40  depthwise_conv2d  [1,64,64,16]  2.2007393e-02f  -128  decoder3/depthwise
 *   41  conv2d  [1,64,64,16]  5.3280473e-02f  -15  decoder3/residual
 *   42  add  [1,64,64,16]  5.6233503e-02f  -27  decoder3/sum
 *   43  conv2d  [1,64,64,1]  1.0881689e-01f  24  head
 *
 * SHA-256 of the weights, biases and multipliers:
 *   1537d9a45bfde890025d820b84d12ba74012e903d471d12d4d052df4ce9234e7
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
#define MODEL_OUTPUT_SCALE 1.0881689e-01f
#define MODEL_OUTPUT_ZERO_POINT (24)
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

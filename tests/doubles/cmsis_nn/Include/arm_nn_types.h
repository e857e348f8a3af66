/* The types of CMSIS-NN's public interface that emitted projects use. */
#ifndef ARM_NN_TYPES_H
#define ARM_NN_TYPES_H
#include <stdint.h>

#if !defined ARM_MATH_MVEI && defined __ARM_FEATURE_MVE && !defined ARM_MATH_AUTOVECTORIZE
#define ARM_MATH_MVEI
#endif
#if !defined ARM_MATH_DSP && defined __ARM_FEATURE_DSP
#define ARM_MATH_DSP
#endif

typedef enum {
  ARM_CMSIS_NN_SUCCESS = 0,
  ARM_CMSIS_NN_ARG_ERROR = -1,
  ARM_CMSIS_NN_NO_IMPL_ERROR = -2,
  ARM_CMSIS_NN_FAILURE = -3
} arm_cmsis_nn_status;

/* In this order, unlike the sizes below. */
typedef struct {
  int32_t w, h;
} cmsis_nn_tile;

typedef struct {
  int32_t n, h, w, c;
} cmsis_nn_dims;

/* Memory that a function works in. */
typedef struct {
  void* buf;
  int32_t size;
} cmsis_nn_context;

typedef struct {
  int32_t* multiplier;
  int32_t* shift;
} cmsis_nn_per_channel_quant_params;

typedef struct {
  int32_t* multiplier;
  int32_t* shift;
  int32_t is_per_channel;
} cmsis_nn_quant_params;

typedef struct {
  int32_t min, max;
} cmsis_nn_activation;

/* input_offset is the negated zero point, output_offset the zero point. */
typedef struct {
  int32_t input_offset, output_offset;
  cmsis_nn_tile stride, padding, dilation;
  cmsis_nn_activation activation;
} cmsis_nn_conv_params;

typedef struct {
  int32_t input_offset, output_offset, ch_mult;
  cmsis_nn_tile stride, padding, dilation;
  cmsis_nn_activation activation;
} cmsis_nn_dw_conv_params;

typedef struct {
  int32_t input_offset, output_offset;
  cmsis_nn_tile stride, padding, padding_offsets, dilation;
  cmsis_nn_activation activation;
} cmsis_nn_transpose_conv_params;

typedef struct {
  int32_t input_offset, filter_offset, output_offset;
  cmsis_nn_activation activation;
} cmsis_nn_fc_params;

typedef struct {
  cmsis_nn_tile stride, padding;
  cmsis_nn_activation activation;
} cmsis_nn_pool_params;

#endif

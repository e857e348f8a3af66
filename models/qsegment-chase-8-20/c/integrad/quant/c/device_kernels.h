/* Which kernels an emitted program runs: those for Arm's DSP extension where the processor has it,
 * else the portable ones. All give the same bytes.
 *     -DINTEGRAD_PORTABLE       the portable ones everywhere
 *     -DINTEGRAD_DSP_EMULATED   the DSP ones everywhere, in plain C
 * INTEGRAD_FOLDED_BIAS is 1 where the sums of products take folded biases, bias[o] - zero_point *
 * (sum of the weights of o), and 0 where they take the biases themselves. */
#ifndef INTEGRAD_QUANT_C_DEVICE_KERNELS_H
#define INTEGRAD_QUANT_C_DEVICE_KERNELS_H
#include "dsp/lanes.h"

#if (defined(INTEGRAD_DSP_INSTRUCTIONS) || defined(INTEGRAD_DSP_EMULATED)) && \
    !defined(INTEGRAD_PORTABLE)
#define INTEGRAD_FOLDED_BIAS 1
#include "dsp/conv.h"
#include "dsp/depthwise.h"
#include "dsp/elementwise.h"
#include "dsp/pool.h"
#include "dsp/unpool.h"
#else
#define INTEGRAD_FOLDED_BIAS 0
#include "conv.h"
#include "depthwise.h"
#include "elementwise.h"
#include "pool.h"
#include "unpool.h"
#endif

static inline void integrad_run_conv_rows(const integrad_conv* layer, integrad_rows input,
                                          const int8_t* filter, const int32_t* bias, int8_t* output,
                                          int32_t row_begin, int32_t row_end) {
#if INTEGRAD_FOLDED_BIAS
  integrad_dsp_conv_rows(layer, input, filter, bias, output, row_begin, row_end);
#else
  integrad_conv_rows(layer, input, filter, bias, output, row_begin, row_end);
#endif
}

static inline void integrad_run_depthwise_rows(const integrad_depthwise* layer, integrad_rows input,
                                               const int8_t* filter, const int32_t* bias,
                                               int8_t* output, int32_t row_begin, int32_t row_end) {
#if INTEGRAD_FOLDED_BIAS
  integrad_dsp_depthwise_rows(layer, input, filter, bias, output, row_begin, row_end);
#else
  integrad_depthwise_rows(layer, input, filter, bias, output, row_begin, row_end);
#endif
}

static inline void integrad_run_add_elements(const integrad_add* layer, const int8_t* input1,
                                             const int8_t* input2, int8_t* output,
                                             ptrdiff_t count) {
#if INTEGRAD_FOLDED_BIAS
  integrad_dsp_add_elements(layer, input1, input2, output, count);
#else
  integrad_add_elements(layer, input1, input2, output, count);
#endif
}

static inline void integrad_run_max_pool_rows(const integrad_pool* layer, integrad_rows input,
                                              int8_t* output, uint8_t* winners, int32_t row_begin,
                                              int32_t row_end) {
#if INTEGRAD_FOLDED_BIAS
  integrad_dsp_max_pool_rows(layer, input, output, winners, row_begin, row_end);
#else
  integrad_max_pool_rows(layer, input, output, winners, row_begin, row_end);
#endif
}

static inline void integrad_run_unpool_rows(const integrad_unpool* layer, integrad_rows input,
                                            integrad_winner_rows winners, int8_t* output,
                                            int32_t row_begin, int32_t row_end) {
#if INTEGRAD_FOLDED_BIAS
  integrad_dsp_unpool_rows(layer, input, winners, output, row_begin, row_end);
#else
  integrad_unpool_rows(layer, input, winners, output, row_begin, row_end);
#endif
}

#endif

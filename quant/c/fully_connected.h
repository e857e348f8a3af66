/* Fully connected layer on one vector. Filter [outputs, inputs]. */
#ifndef INTEGRAD_QUANT_C_FULLY_CONNECTED_H
#define INTEGRAD_QUANT_C_FULLY_CONNECTED_H
#include "layout.h"

typedef struct {
  int32_t inputs, outputs;
  int32_t input_zero_point;
  int32_t filter_zero_point; /* 0 in every model this library writes */
  integrad_output_stage stage;
} integrad_fully_connected;

/* output[o] = finish(bias[o] + sum over i of (input[i] - zero_point) * (filter[o,i] - filter
 * zero_point)) for begin <= o < end; `output` points at the place of output `begin`. `bias` may be
 * null. TFLM: reference_integer_ops::FullyConnected, FullyConnectedPerChannel; CMSIS-NN:
 * arm_fully_connected_s8. */
static inline void integrad_fully_connected_outputs(const integrad_fully_connected* layer,
                                                    const int8_t* input, const int8_t* filter,
                                                    const int32_t* bias, int8_t* output,
                                                    int32_t begin, int32_t end) {
  for (int32_t o = begin; o < end; ++o) {
    const int8_t* weights = filter + (ptrdiff_t)o * layer->inputs;
    uint32_t sum = bias != NULL ? (uint32_t)bias[o] : 0;
    sum += integrad_dot(input, layer->input_zero_point, weights, layer->inputs);
    if (layer->filter_zero_point != 0) {
      for (int32_t i = 0; i < layer->inputs; ++i)
        sum -= (uint32_t)((input[i] - layer->input_zero_point) * layer->filter_zero_point);
    }
    *output++ = integrad_finish(sum, o, &layer->stage);
  }
}

#endif

/* Weights, biases and multipliers of the double's linear functions. */
#ifndef DOUBLE_TABLES_H
#define DOUBLE_TABLES_H
#include "check.h"

enum { DOUBLE_MOST_CHANNELS = 2048 };

/* The scales of `channels` output channels; null when they are no scales. */
static inline const integrad_scale* scales_of(const cmsis_nn_per_channel_quant_params* quant,
                                              int32_t channels) {
  static integrad_scale scales[DOUBLE_MOST_CHANNELS];
  int32_t i;
  if (quant == NULL || channels > DOUBLE_MOST_CHANNELS) return NULL;
  for (i = 0; i < channels; ++i) {
    if (!is_scale(quant->multiplier[i], quant->shift[i])) return NULL;
    scales[i].multiplier = quant->multiplier[i];
    scales[i].shift = quant->shift[i];
  }
  return scales;
}

/* Symmetric weights never use -128. */
static inline int are_weights(const int8_t* weights, ptrdiff_t count) {
  while (count > 0 && weights[count - 1] != -128) --count;
  return count == 0;
}

/* Biases may be missing only where the kernels look for them first: not in groups. */
static inline int are_biases(const cmsis_nn_dims* size, const int32_t* bias, int32_t channels) {
  return bias != NULL && size->n == 1 && size->h == 1 && size->w == 1 && size->c == channels;
}

/* Sets the stage of a linear layer from the parameters of its function. */
#define DOUBLE_STAGE(quant, channels, params)                                         \
  {                                                                                   \
    scales_of(quant, channels), 1, (params)->output_offset, (params)->activation.min, \
        (params)->activation.max, DOUBLE_ROUNDING                                     \
  }

#endif

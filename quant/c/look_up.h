/* Any function of one code: a code has 256 values, so a layer computes a table once and then only
 * looks up. */
#ifndef INTEGRAD_QUANT_C_LOOK_UP_H
#define INTEGRAD_QUANT_C_LOOK_UP_H
#include <stddef.h>
#include <stdint.h>

/* output[i] = table[input[i] + 128]. */
static inline void integrad_look_up(const int8_t* table, const int8_t* input, int8_t* output,
                                    ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) output[i] = table[input[i] + 128];
}

#endif

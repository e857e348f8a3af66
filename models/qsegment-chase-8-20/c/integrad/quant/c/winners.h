/* Where the maxima of a max pool lie in their windows, kept for the unpool that undoes it. Places
 * are packed row by row: two bits each for windows of at most four points, else a byte each; every
 * row begins with a fresh byte. */
#ifndef INTEGRAD_QUANT_C_WINNERS_H
#define INTEGRAD_QUANT_C_WINNERS_H
#include "layout.h"

/* The rows of packed winners from row `first` on. */
typedef struct {
  const uint8_t* packed;
  int32_t first;
} integrad_winner_rows;

static inline integrad_winner_rows integrad_all_winners(const uint8_t* packed) {
  integrad_winner_rows rows;
  rows.packed = packed;
  rows.first = 0;
  return rows;
}

/* Bits of one place in a window. */
static inline int32_t integrad_winner_bits(integrad_window y, integrad_window x) {
  return y.kernel * x.kernel <= 4 ? 2 : 8;
}

/* Bytes of one row of winners of a pool's output. */
static inline ptrdiff_t integrad_winner_row_size(integrad_dims output, integrad_window y,
                                                 integrad_window x) {
  return (integrad_row_size(output) * integrad_winner_bits(y, x) + 7) / 8;
}

/* Writes place number `index` of a row; those of a row are written in order. */
static inline void integrad_set_winner(uint8_t* row, ptrdiff_t index, int32_t bits, uint8_t place) {
  if (bits == 8) {
    row[index] = place;
  } else {
    const int32_t shift = 2 * (int32_t)(index & 3);
    const uint32_t before = shift == 0 ? 0u : row[index >> 2];
    row[index >> 2] = (uint8_t)(before | (uint32_t)place << shift);
  }
}

/* Place number `index` of a row. */
static inline int32_t integrad_winner(const uint8_t* row, ptrdiff_t index, int32_t bits) {
  return bits == 8 ? row[index] : row[index >> 2] >> (2 * (int32_t)(index & 3)) & 3;
}

#endif

/* Computing layers row by row: which rows of its input a layer needs, and a band that holds only
 * the rows that are still of use. The memory planner plays a program's schedule with these
 * functions, and emitted programs run it with them. */
#ifndef INTEGRAD_QUANT_C_STREAM_H
#define INTEGRAD_QUANT_C_STREAM_H
#include "layout.h"

static inline int32_t integrad_smaller(int32_t a, int32_t b) {
  return a < b ? a : b;
}

static inline int32_t integrad_larger(int32_t a, int32_t b) {
  return a > b ? a : b;
}

/* A layer whose windows gather points of `inputs` rows needs the input rows before this one for its
 * output rows before `end`. */
static inline int32_t integrad_rows_needed(integrad_window w, int32_t end, int32_t inputs) {
  const int32_t last = integrad_window_start(end - 1, w) + integrad_window_extent(w);
  return end <= 0 ? 0 : integrad_clamp(last, 0, inputs);
}

/* The first input row that its output rows from `begin` on look at. */
static inline int32_t integrad_rows_kept(integrad_window w, int32_t begin, int32_t inputs) {
  return integrad_clamp(integrad_window_start(begin, w), 0, inputs);
}

/* The same two for a layer whose windows spread points: unpooling, transposed convolution. */
static inline int32_t integrad_spread_rows_needed(integrad_window w, int32_t end, int32_t inputs) {
  return end <= 0 ? 0 : integrad_smaller(integrad_window_last_reaching(end - 1, w) + 1, inputs);
}

static inline int32_t integrad_spread_rows_kept(integrad_window w, int32_t begin, int32_t inputs) {
  return integrad_smaller(integrad_window_first_reaching(begin, w), inputs);
}

/* A layer that nobody else in its stage waits for has computed its rows before this one when round
 * number `round` of `rounds` ends; the last round completes it. */
static inline int32_t integrad_rows_due(int32_t round, int32_t rounds, int32_t height) {
  return (int32_t)(((int64_t)(round + 1) * height + rounds - 1) / rounds);
}

/* Rows first <= row < end of an image, the first one at `codes`. */
typedef struct {
  int8_t* codes;
  int32_t first, end;
} integrad_band;

static inline integrad_rows integrad_band_rows(const integrad_band* band) {
  integrad_rows rows;
  rows.codes = band->codes;
  rows.first = band->first;
  return rows;
}

/* Where the next row goes. */
static inline int8_t* integrad_band_next(const integrad_band* band, ptrdiff_t row_size) {
  return band->codes + (band->end - band->first) * row_size;
}

/* Forgets the rows before `kept` and moves the others to the front. */
static inline void integrad_band_drop(integrad_band* band, int32_t kept, ptrdiff_t row_size) {
  const int32_t first = integrad_clamp(kept, band->first, band->end);
  const int8_t* from = band->codes + (first - band->first) * row_size;
  const ptrdiff_t count = (band->end - first) * row_size;
  if (first == band->first) return;
  for (ptrdiff_t i = 0; i < count; ++i) band->codes[i] = from[i];
  band->first = first;
}

#endif

/* The trace hook of the harnesses: writes one record to standard output for every block of rows
 * that a layer computes, its layer, first code and number of codes as three little-endian 32-bit
 * numbers, then the codes. Included once by the harness of a program. */
#ifndef TRACE_H
#define TRACE_H
#include <stdint.h>
#include <stdio.h>

void model_trace(int32_t layer, int32_t first, int32_t count, const int8_t* codes);

static void write_number(int32_t value) {
  unsigned char bytes[4];
  int i;
  for (i = 0; i < 4; ++i) bytes[i] = (unsigned char)(((uint32_t)value >> (8 * i)) & 255u);
  fwrite(bytes, 1, sizeof bytes, stdout);
}

void model_trace(int32_t layer, int32_t first, int32_t count, const int8_t* codes) {
  write_number(layer);
  write_number(first);
  write_number(count);
  fwrite(codes, 1, (size_t)count, stdout);
}

#endif

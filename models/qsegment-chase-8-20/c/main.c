/* Runs the model on raw images: reads MODEL_INPUT_BYTES codes (pixel - 128) per image from standard
 * input until it ends, writes MODEL_OUTPUT_BYTES codes per image to standard output.
 *
 * Built with -DMODEL_TRACE it writes, instead, every layer's codes (trace.h); each image ends with
 * a record of layer -1 that holds the output.
 *
 * Built with -DMODEL_PROFILE for an emulated core it writes, instead, how many instructions each
 * layer took (device/count.h). */
#include <stdio.h>

#include "model.h"
#ifdef MODEL_TRACE
#include "trace.h"
#endif
#ifdef MODEL_PROFILE
#include "device/count.h"
#endif

static int8_t input[MODEL_INPUT_BYTES];
static int8_t output[MODEL_OUTPUT_BYTES];
static union {
  int8_t bytes[MODEL_ARENA_BYTES];
  int32_t aligned;
} arena;

/* Some models say which layer failed. */
static int32_t run_model(void) {
#ifdef MODEL_CHECKED
  return model_run(input, output, arena.bytes);
#else
  model_run(input, output, arena.bytes);
  return 0;
#endif
}

int main(void) {
  size_t got = fread(input, 1, sizeof input, stdin);
#ifdef MODEL_PROFILE
  device_count_start();
#endif
  while (got == sizeof input) {
    const int32_t failed = run_model();
    if (failed != 0) {
      fprintf(stderr, "layer %ld failed\n", (long)failed);
      return 1;
    }
#ifdef MODEL_TRACE
    model_trace(-1, 0, MODEL_OUTPUT_BYTES, output);
#elif !defined MODEL_PROFILE
    fwrite(output, 1, sizeof output, stdout);
#endif
    got = fread(input, 1, sizeof input, stdin);
  }
  if (got != 0) {
    fprintf(stderr, "the last image has %lu of %lu bytes\n", (unsigned long)got,
            (unsigned long)sizeof input);
    return 1;
  }
#ifdef MODEL_PROFILE
  device_count_print();
#endif
  return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

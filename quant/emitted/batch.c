/* Runs many models, one after the other: reads each one's images from standard input and writes
 * their traces to standard output, as main.c does. Memory around the arena and the output is
 * checked after every run. */
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "trace.h"

enum { GUARD = 64, PATTERN = 0x5a };

static int8_t input[BATCH_INPUT_BYTES];
static int8_t output[BATCH_OUTPUT_BYTES + GUARD];
static int8_t arena[BATCH_ARENA_BYTES + GUARD];

static int untouched(const int8_t* from, const int8_t* end) {
  for (; from < end; ++from)
    if (*from != PATTERN) return 0;
  return 1;
}

static int run(int number, const batch_model* model) {
  int32_t image;
  for (image = 0; image < model->images; ++image) {
    if (fread(input, 1, (size_t)model->input_bytes, stdin) != (size_t)model->input_bytes) {
      fprintf(stderr, "an image of model %d is missing\n", number);
      return 0;
    }
    memset(output, PATTERN, sizeof output);
    memset(arena, PATTERN, sizeof arena);
    model->run(input, output, arena);
    if (!untouched(output + model->output_bytes, output + sizeof output) ||
        !untouched(arena + model->arena_bytes, arena + sizeof arena)) {
      fprintf(stderr, "model %d writes beyond its output or arena\n", number);
      return 0;
    }
    model_trace(-1, 0, model->output_bytes, output);
  }
  return 1;
}

int main(void) {
  size_t i;
  for (i = 0; i < sizeof batch_models / sizeof *batch_models; ++i)
    if (!run(batch_models[i]->number, batch_models[i])) return 1;
  return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

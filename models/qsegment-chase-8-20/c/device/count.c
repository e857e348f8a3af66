/* Instructions of each layer on an emulated core. QEMU's -icount shift=0 lets one nanosecond pass
 * with each instruction, so that SysTick, which ticks at the machine's clock, counts instructions:
 * exact and repeatable to one tick at each reading, and no measure of time on a real core. */
#include "device/count.h"

#include <stdio.h>

#include "model.h"

#ifndef DEVICE_INSTRUCTIONS_PER_4_TICKS
#error "DEVICE_INSTRUCTIONS_PER_4_TICKS: 4 x 10^9 / the clock of the machine's SysTick in Hz"
#endif

#define SYSTICK_CONTROL (*(volatile uint32_t*)0xE000E010u)
#define SYSTICK_RELOAD (*(volatile uint32_t*)0xE000E014u)
#define SYSTICK_VALUE (*(volatile uint32_t*)0xE000E018u)
#define SYSTICK_BITS 24
#define SYSTICK_MAX ((1u << SYSTICK_BITS) - 1)

static volatile uint32_t rounds; /* how often SysTick has come down to 0 */
static uint64_t begun;
static struct {
  uint64_t ticks;
  uint32_t pieces; /* a layer computed in rows begins and ends many times */
} counted[MODEL_LAYERS];
/* What a pair of hooks counts with nothing between, in ticks over so many pairs. */
#define EMPTY_PAIRS 4096
static uint64_t empty_ticks;

void device_tick(void);
void device_tick(void) {
  ++rounds;
}

static uint64_t now(void) {
  uint32_t before, value;
  do {
    before = rounds;
    value = SYSTICK_VALUE;
    __asm__ volatile("isb" ::: "memory"); /* a round that ended just now is counted here */
  } while (before != rounds);
  return ((uint64_t)before << SYSTICK_BITS) + ((0u - value) & SYSTICK_MAX);
}

/* Called, never inlined, so that empty pairs cost what layers' hooks cost. */
#define CALLED __attribute__((noinline))

CALLED void model_begin_layer(int32_t layer) {
  (void)layer;
  begun = now();
}

CALLED void model_end_layer(int32_t layer) {
  const uint64_t ended = now();
  counted[layer].ticks += ended - begun;
  ++counted[layer].pieces;
}

void device_count_start(void) {
  uint32_t pair, wait;
  SYSTICK_RELOAD = SYSTICK_MAX;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = 7; /* on, with its exception, at the core's clock */
  for (pair = 0; pair < EMPTY_PAIRS; ++pair) {
    model_begin_layer(0);
    model_end_layer(0);
    /* Waits of all lengths, so that pairs begin anywhere within a tick. */
    for (wait = pair % 97; wait > 0; --wait) __asm__ volatile("nop");
  }
  empty_ticks = counted[0].ticks;
  counted[0].ticks = counted[0].pieces = 0;
}

void device_count_print(void) {
  int32_t layer;
  for (layer = 0; layer < MODEL_LAYERS; ++layer) {
    const uint64_t hooks = empty_ticks * counted[layer].pieces / EMPTY_PAIRS;
    const uint64_t ticks = counted[layer].ticks > hooks ? counted[layer].ticks - hooks : 0;
    const uint64_t instructions = ticks * DEVICE_INSTRUCTIONS_PER_4_TICKS / 4;
    const uint32_t million = (uint32_t)(instructions / 1000000u);
    const uint32_t rest = (uint32_t)(instructions % 1000000u);
    /* Some C libraries of devices print no 64-bit numbers. */
    if (million == 0)
      printf("%ld %lu\n", (long)layer, (unsigned long)rest);
    else
      printf("%ld %lu%06lu\n", (long)layer, (unsigned long)million, (unsigned long)rest);
  }
}

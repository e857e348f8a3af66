/* The instructions of Arm's DSP extension (Cortex-M4, M7, M33, M55) that the kernels of this folder
 * are written in, under names that say what they do. A 32-bit word holds four codes ("bytes"), or
 * two numbers of 16 bits ("halves"); byte 0 and half 0 are the lowest.
 *
 * Elsewhere, or with INTEGRAD_DSP_EMULATED, each is a few lines of C with the same result, so that
 * any machine can run and test the same kernels. Three instructions are written in assembly, as no
 * compiler makes them from C: a byte extraction that rotates, a load of two words, and a
 * multiplication that keeps the rounded upper half. */
#ifndef INTEGRAD_QUANT_C_DSP_LANES_H
#define INTEGRAD_QUANT_C_DSP_LANES_H
#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__) && !defined(INTEGRAD_DSP_EMULATED)
#if __ARM_ARCH_PROFILE == 'M'
#define INTEGRAD_DSP_INSTRUCTIONS
#include <arm_acle.h>
#endif
#endif

/* Loops here need every register of the processor: what belongs into them must be in them, and
 * what does not must stay out. */
#if defined(__GNUC__)
#define INTEGRAD_ALWAYS_INLINE static inline __attribute__((always_inline))
#define INTEGRAD_NEVER_INLINE static __attribute__((noinline, unused))
#else
#define INTEGRAD_ALWAYS_INLINE static inline
#define INTEGRAD_NEVER_INLINE static
#endif

/* Four codes from any address. Compilers make one load of it. */
static inline uint32_t integrad_load_word(const int8_t* codes) {
  return (uint32_t)(uint8_t)codes[0] | (uint32_t)(uint8_t)codes[1] << 8 |
         (uint32_t)(uint8_t)codes[2] << 16 | (uint32_t)(uint8_t)codes[3] << 24;
}

/* The first `count` of four codes, 1 to 3, the others 0; nothing behind them is read. */
static inline uint32_t integrad_load_part(const int8_t* codes, int32_t count) {
  uint32_t word = (uint8_t)codes[0];
  if (count > 1) word |= (uint32_t)(uint8_t)codes[1] << 8;
  if (count > 2) word |= (uint32_t)(uint8_t)codes[2] << 16;
  return word;
}

static inline void integrad_store_word(int8_t* codes, uint32_t word) {
  codes[0] = (int8_t)(uint8_t)word;
  codes[1] = (int8_t)(uint8_t)(word >> 8);
  codes[2] = (int8_t)(uint8_t)(word >> 16);
  codes[3] = (int8_t)(uint8_t)(word >> 24);
}

/* The same code four times. */
static inline uint32_t integrad_repeat_code(int32_t code) {
  return (uint32_t)(uint8_t)code * 0x01010101u;
}

typedef struct {
  uint32_t first, second;
} integrad_word_pair;

#if defined(INTEGRAD_DSP_INSTRUCTIONS)

/* Bytes 0 and 2 as halves. */
static inline uint32_t integrad_even_bytes(uint32_t word) {
  return (uint32_t)__sxtb16((int8x4_t)word);
}

/* Bytes 1 and 3 as halves. */
static inline uint32_t integrad_odd_bytes(uint32_t word) {
  uint32_t halves;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
  return halves;
}

/* Two words; `words` moves on to the next two. */
static inline integrad_word_pair integrad_load_pair(const uint32_t** words) {
  integrad_word_pair pair;
  __asm__("ldrd %0, %1, [%2], #8"
          : "=&r"(pair.first), "=&r"(pair.second), "+r"(*words)
          : "m"(*(const integrad_word_pair*)*words));
  return pair;
}

/* addend + floor(a * b / 2^32 + 1/2), modulo 2^32 */
static inline int32_t integrad_multiply_top(int32_t a, int32_t b, int32_t addend) {
  int32_t result;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(addend));
  return result;
}

/* The nearest number in [-128, 127]. */
static inline int32_t integrad_saturate8(int32_t value) {
  return __ssat(value, 8);
}

/* sum + a.half0 * b.half0 + a.half1 * b.half1 */
static inline uint32_t integrad_multiply_halves(uint32_t a, uint32_t b, uint32_t sum) {
  return (uint32_t)__smlad((int16x2_t)a, (int16x2_t)b, (int32_t)sum);
}

/* sum + a.half0 * b.half0 */
static inline uint32_t integrad_multiply_half0(uint32_t a, uint32_t b, uint32_t sum) {
  return (uint32_t)__smlabb((int32_t)a, (int32_t)b, (int32_t)sum);
}

/* sum + a.half1 * b.half1 */
static inline uint32_t integrad_multiply_half1(uint32_t a, uint32_t b, uint32_t sum) {
  return (uint32_t)__smlatt((int32_t)a, (int32_t)b, (int32_t)sum);
}

/* Byte by byte: if_less where a < b as signed numbers, else otherwise. */
static inline uint32_t integrad_select_less(uint32_t a, uint32_t b, uint32_t if_less,
                                            uint32_t otherwise) {
  (void)__ssub8((int8x4_t)a, (int8x4_t)b); /* sets a flag per byte where a >= b */
  return __sel((uint8x4_t)otherwise, (uint8x4_t)if_less);
}

#else

static inline uint32_t integrad_even_bytes(uint32_t word) {
  const uint32_t low = (uint32_t)(int32_t)(int8_t)(uint8_t)word;
  const uint32_t high = (uint32_t)(int32_t)(int8_t)(uint8_t)(word >> 16);
  return (low & 0xffffu) | high << 16;
}

static inline uint32_t integrad_odd_bytes(uint32_t word) {
  return integrad_even_bytes(word >> 8);
}

static inline integrad_word_pair integrad_load_pair(const uint32_t** words) {
  integrad_word_pair pair;
  pair.first = (*words)[0];
  pair.second = (*words)[1];
  *words += 2;
  return pair;
}

static inline int32_t integrad_multiply_top(int32_t a, int32_t b, int32_t addend) {
  const int64_t top = ((int64_t)a * b + ((int64_t)1 << 31)) >> 32;
  return (int32_t)((uint32_t)top + (uint32_t)addend);
}

static inline int32_t integrad_saturate8(int32_t value) {
  return value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value;
}

static inline uint32_t integrad_multiply_half0(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + (uint32_t)((int32_t)(int16_t)(uint16_t)a * (int16_t)(uint16_t)b);
}

static inline uint32_t integrad_multiply_half1(uint32_t a, uint32_t b, uint32_t sum) {
  return integrad_multiply_half0(a >> 16, b >> 16, sum);
}

static inline uint32_t integrad_multiply_halves(uint32_t a, uint32_t b, uint32_t sum) {
  return integrad_multiply_half1(a, b, integrad_multiply_half0(a, b, sum));
}

static inline uint32_t integrad_select_less(uint32_t a, uint32_t b, uint32_t if_less,
                                            uint32_t otherwise) {
  uint32_t word = 0;
  for (int32_t bits = 0; bits < 32; bits += 8) {
    const int less = (int8_t)(uint8_t)(a >> bits) < (int8_t)(uint8_t)(b >> bits);
    word |= (less ? if_less : otherwise) & (uint32_t)0xff << bits;
  }
  return word;
}
#endif

/* Byte by byte: value within [low, high]. */
static inline uint32_t integrad_clamp_bytes(uint32_t value, uint32_t low, uint32_t high) {
  const uint32_t raised = integrad_select_less(value, low, low, value);
  return integrad_select_less(high, raised, high, raised);
}

#endif

/* From sums to output codes, several at a time: the codes of integrad_requantize. */
#ifndef INTEGRAD_QUANT_C_DSP_FINISH_H
#define INTEGRAD_QUANT_C_DSP_FINISH_H
#include "../layout.h"
#include "lanes.h"

/* Four values that take the same way, modulo 2^32. */
typedef struct {
  uint32_t v0, v1, v2, v3;
} integrad_four;

/* What rescaling and adding the zero point come down to for a multiplier of at least 2^30 and a
 * right shift of at least 2, as nearly all layers have them. Double rounding:
 *     high = floor(value * multiplier / 2^31 + 1/2)
 *          = value + floor(value * (2 * multiplier - 2^32) / 2^32 + 1/2),
 * one instruction, as 2 * multiplier - 2^32 is a signed 32-bit number, and ties away from zero are
 *     floor((high - (high < 0) + 2^(right - 1)) / 2^right)
 *          = floor((floor((high - (high < 0)) / 2^(right - 1)) + 1) / 2).
 * Single rounding:
 *     floor(value * multiplier / 2^(31 + right) + 1/2)
 *          = floor((floor(floor(value * multiplier / 2^32) / 2^(right - 2)) + 1) / 2).
 * Nothing leaves 32 bits: |high| < 2^31, and the inner quotients are at most 2^30. */
typedef struct {
  int32_t multiplier; /* double rounding: 2 * multiplier - 2^32; single: the multiplier */
  int32_t shift;      /* double rounding: right - 1; single: right - 2 */
} integrad_common_scale;

static inline int integrad_is_common_scale(integrad_scale scale) {
  return scale.shift <= -2 && scale.multiplier >= (int32_t)1 << 30;
}

static inline integrad_common_scale integrad_make_common_scale(integrad_scale scale,
                                                               integrad_rounding rounding) {
  const int twice = rounding == INTEGRAD_ROUNDING_DOUBLE;
  integrad_common_scale common;
  common.multiplier = twice ? (int32_t)((uint32_t)scale.multiplier << 1) : scale.multiplier;
  common.shift = (twice ? -1 : -2) - scale.shift;
  return common;
}

/* integrad_requantize within [-128, 127] for a common scale; addend is 1 + 2 * zero point. */
static inline int32_t integrad_common_requantize(uint32_t sum, integrad_common_scale scale,
                                                 integrad_rounding rounding, int32_t addend) {
  const int32_t value = (int32_t)sum;
  int32_t high;
  if (rounding == INTEGRAD_ROUNDING_DOUBLE) {
    high = integrad_multiply_top(value, scale.multiplier, value);
    high += high >> 31;
  } else {
    high = (int32_t)(((int64_t)value * scale.multiplier) >> 32);
  }
  return integrad_saturate8(((high >> scale.shift) + addend) >> 1);
}

/* One code, whatever the scale. */
INTEGRAD_NEVER_INLINE int32_t integrad_finish_any(uint32_t sum, const integrad_scale* scale,
                                                  const integrad_output_stage* stage) {
  return integrad_requantize((int32_t)sum, *scale, stage->rounding, stage->zero_point, stage->low,
                             stage->high);
}

INTEGRAD_ALWAYS_INLINE void integrad_clamp_four(integrad_four* codes, int32_t low, int32_t high) {
  if (low > INT8_MIN || high < INT8_MAX) {
    codes->v0 = (uint32_t)integrad_clamp((int32_t)codes->v0, low, high);
    codes->v1 = (uint32_t)integrad_clamp((int32_t)codes->v1, low, high);
    codes->v2 = (uint32_t)integrad_clamp((int32_t)codes->v2, low, high);
    codes->v3 = (uint32_t)integrad_clamp((int32_t)codes->v3, low, high);
  }
}

/* Four sums, each with the common scale at its place; a step of 0 gives all the first. */
INTEGRAD_ALWAYS_INLINE void integrad_common_four(integrad_four* sums,
                                                 const integrad_common_scale* scales, int32_t step,
                                                 integrad_rounding rounding, int32_t addend) {
  const integrad_four in = *sums;
  sums->v0 = (uint32_t)integrad_common_requantize(in.v0, scales[0], rounding, addend);
  sums->v1 = (uint32_t)integrad_common_requantize(in.v1, scales[step], rounding, addend);
  sums->v2 = (uint32_t)integrad_common_requantize(in.v2, scales[2 * step], rounding, addend);
  sums->v3 = (uint32_t)integrad_common_requantize(in.v3, scales[3 * step], rounding, addend);
}

/* Turns four sums that share a scale into codes. */
INTEGRAD_ALWAYS_INLINE void integrad_finish_four(integrad_four* sums, const integrad_scale* scale,
                                                 const integrad_output_stage* stage) {
  if (integrad_is_common_scale(*scale)) {
    const integrad_common_scale common = integrad_make_common_scale(*scale, stage->rounding);
    const int32_t addend = 1 + 2 * stage->zero_point;
    if (stage->rounding == INTEGRAD_ROUNDING_DOUBLE)
      integrad_common_four(sums, &common, 0, INTEGRAD_ROUNDING_DOUBLE, addend);
    else
      integrad_common_four(sums, &common, 0, INTEGRAD_ROUNDING_SINGLE, addend);
    integrad_clamp_four(sums, stage->low, stage->high);
  } else {
    sums->v0 = (uint32_t)integrad_finish_any(sums->v0, scale, stage);
    sums->v1 = (uint32_t)integrad_finish_any(sums->v1, scale, stage);
    sums->v2 = (uint32_t)integrad_finish_any(sums->v2, scale, stage);
    sums->v3 = (uint32_t)integrad_finish_any(sums->v3, scale, stage);
  }
}

/* The scales of four neighbouring channels. */
typedef struct {
  integrad_common_scale scales[4];
  const integrad_scale* any;
  int32_t step;
  int common; /* all four are common scales */
} integrad_channel_scales;

static inline integrad_channel_scales integrad_find_channel_scales(
    const integrad_output_stage* stage, int32_t channel) {
  integrad_channel_scales found;
  found.any = stage->scales + (ptrdiff_t)channel * stage->scale_step;
  found.step = stage->scale_step;
  found.common = 1;
  for (int32_t i = 0; i < 4; ++i) {
    const integrad_scale scale = found.any[i * found.step];
    found.common = found.common && integrad_is_common_scale(scale);
    found.scales[i] = integrad_make_common_scale(scale, stage->rounding);
  }
  return found;
}

/* Turns the sums of four neighbouring channels into codes. */
INTEGRAD_ALWAYS_INLINE void integrad_finish_channels(integrad_four* sums,
                                                     const integrad_channel_scales* scales,
                                                     const integrad_output_stage* stage) {
  if (scales->common) {
    const int32_t addend = 1 + 2 * stage->zero_point;
    if (stage->rounding == INTEGRAD_ROUNDING_DOUBLE)
      integrad_common_four(sums, scales->scales, 1, INTEGRAD_ROUNDING_DOUBLE, addend);
    else
      integrad_common_four(sums, scales->scales, 1, INTEGRAD_ROUNDING_SINGLE, addend);
    integrad_clamp_four(sums, stage->low, stage->high);
  } else {
    sums->v0 = (uint32_t)integrad_finish_any(sums->v0, scales->any, stage);
    sums->v1 = (uint32_t)integrad_finish_any(sums->v1, scales->any + scales->step, stage);
    sums->v2 = (uint32_t)integrad_finish_any(sums->v2, scales->any + 2 * scales->step, stage);
    sums->v3 = (uint32_t)integrad_finish_any(sums->v3, scales->any + 3 * scales->step, stage);
  }
}

#endif

#include "../../../../../quant/c/copy.h"
#include "../../../../../quant/c/softmax.h"
#include "check.h"

void arm_softmax_s8(const int8_t* input, const int32_t rows, const int32_t row_size,
                    const int32_t multiplier, const int32_t shift, const int32_t difference,
                    int8_t* output) {
  const integrad_softmax layer = {row_size, multiplier, shift, difference};
  if (rows < 1 || row_size < 1 || shift < 0 || shift > 30 || difference > 0) return;
  integrad_softmax_rows(&layer, input, output, rows);
}

void arm_concatenation_s8_x(const int8_t* input, const uint16_t x, const uint16_t y,
                            const uint16_t z, const uint16_t w, int8_t* output,
                            const uint16_t output_x, const uint32_t offset_x) {
  const integrad_concat_part part = {x, output_x, (int32_t)offset_x};
  if (offset_x + x > output_x) return;
  integrad_concat_channels(&part, input, output, (ptrdiff_t)y * z * w);
}

arm_cmsis_nn_status arm_pad_s8(const int8_t* input, int8_t* output, const int8_t value,
                               const cmsis_nn_dims* size, const cmsis_nn_dims* before,
                               const cmsis_nn_dims* after) {
  const integrad_pad layer = {
      image_of(size),
      {before->h + size->h + after->h, before->w + size->w + after->w, size->c},
      before->h,
      before->w,
      value};
  if (!is_size(size) || size->n != 1 || before->n != 0 || before->c != 0 || after->n != 0 ||
      after->c != 0 || before->h < 0 || before->w < 0 || after->h < 0 || after->w < 0 ||
      overlap(input, elements(size), output, integrad_row_size(layer.output) * layer.output.height))
    return ARM_CMSIS_NN_ARG_ERROR;
  integrad_pad_rows(&layer, integrad_all_rows(input), output, 0, layer.output.height);
  return ARM_CMSIS_NN_SUCCESS;
}

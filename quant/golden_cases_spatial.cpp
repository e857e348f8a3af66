#include "integrad/quant/c/dsp/pool.h"
#include "integrad/quant/c/pool.h"
#include "integrad/quant/c/resize.h"
#include "integrad/quant/golden_cases.h"

namespace integrad::golden {
namespace {

using Codes = GoldenArray<std::int8_t>;

/// Input, output and the loop over halves; `Run` gets the input and output of one image's half.
template <class Layer, class Run>
void run_image(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder, Layer layer,
               Run&& run) {
  const Codes input = c.tensor<std::int8_t>("input", 4);
  const Codes expected = expected_output<std::int8_t>(c, rounding, 4);
  layer.input = image_dims(input.shape);
  layer.output = image_dims(expected.shape);
  require(input.shape[0] == expected.shape[0] && input.shape[3] == expected.shape[3],
          "input and output must have one batch size and the same channels; got ", input.shape,
          " and ", expected.shape);
  std::vector<std::int8_t> output(expected.values.size());
  for_each_half(input.shape[0], layer.input, layer.output,
                [&](Index from, Index to, std::int32_t begin, std::int32_t end) {
                  run(layer, input.values.data() + from, output.data() + to, begin, end);
                });
  recorder.compare(c, "output", rounding, expected, output);
}

integrad_pool read_pool(const GoldenCase& c) {
  const integrad_pool layer{.input = {},
                            .output = {},
                            .window_y = {.kernel = c.int32("kernel_h", 1, kMaxExtent),
                                         .stride = c.int32("stride_h", 1, kMaxExtent),
                                         .dilation = 1,
                                         .pad_before = c.int32("pad_top", 0, kMaxExtent),
                                         .pad_after = 0},
                            .window_x = {.kernel = c.int32("kernel_w", 1, kMaxExtent),
                                         .stride = c.int32("stride_w", 1, kMaxExtent),
                                         .dilation = 1,
                                         .pad_before = c.int32("pad_left", 0, kMaxExtent),
                                         .pad_after = 0},
                            .low = c.int32("act_min", -128, 127),
                            .high = c.int32("act_max", -128, 127)};
  require(layer.low <= layer.high, "act_min exceeds act_max");
  return layer;
}

/// The first and the last window along an axis meet the image, hence all do.
void require_meets_image(integrad_window window, std::int32_t inputs, std::int32_t outputs) {
  require(window.pad_before < window.kernel && integrad_window_start(outputs - 1, window) < inputs,
          "every window must meet the image; kernel ", window.kernel, ", stride ", window.stride,
          ", padding ", window.pad_before, ", ", inputs, " inputs, ", outputs, " outputs");
}

void require_valid(const integrad_pool& layer) {
  require(Index{layer.input.height} * layer.input.width < (1 << 23),
          "a pooled image must have fewer than 2^23 points, so that sums fit 32 bits");
  require_meets_image(layer.window_y, layer.input.height, layer.output.height);
  require_meets_image(layer.window_x, layer.input.width, layer.output.width);
}

integrad_resize read_resize(const GoldenCase& c, integrad_rounding rounding) {
  return {.input = {},
          .output = {},
          .align_corners = static_cast<int>(c.int32("align_corners", 0, 1)),
          .half_pixel = static_cast<int>(c.int32("half_pixel", 0, 1)),
          .rounding = rounding};
}

void run_max_pool_with(decltype(&integrad_max_pool_rows) kernel, const GoldenCase& c,
                       integrad_rounding rounding, Recorder& recorder) {
  run_image(c, rounding, recorder, read_pool(c),
            [kernel](const integrad_pool& layer, const std::int8_t* input, std::int8_t* output,
                     std::int32_t begin, std::int32_t end) {
              require_valid(layer);
              kernel(&layer, integrad_all_rows(input), output, nullptr, begin, end);
            });
}

}  // namespace

void run_max_pool(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_max_pool_with(integrad_max_pool_rows, c, rounding, recorder);
}
void run_max_pool_dsp(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_max_pool_with(integrad_dsp_max_pool_rows, c, rounding, recorder);
}

void run_average_pool(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_image(c, rounding, recorder, read_pool(c),
            [](const integrad_pool& layer, const std::int8_t* input, std::int8_t* output,
               std::int32_t begin, std::int32_t end) {
              require_valid(layer);
              integrad_average_pool_rows(&layer, integrad_all_rows(input), output, begin, end);
            });
}

void run_resize_nearest(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_image(c, rounding, recorder, read_resize(c, rounding),
            [](const integrad_resize& layer, const std::int8_t* input, std::int8_t* output,
               std::int32_t begin, std::int32_t end) {
              integrad_resize_nearest_rows(&layer, integrad_all_rows(input), output, begin, end);
            });
}

void run_resize_bilinear(const GoldenCase& c, integrad_rounding rounding, Recorder& recorder) {
  run_image(c, rounding, recorder, read_resize(c, rounding),
            [](const integrad_resize& layer, const std::int8_t* input, std::int8_t* output,
               std::int32_t begin, std::int32_t end) {
              integrad_resize_bilinear_rows(&layer, integrad_all_rows(input), output, begin, end);
            });
}

}  // namespace integrad::golden

#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "integrad/quant/c/layout.h"
#include "integrad/quant/golden.h"
#include "integrad/quant/golden_reader.h"
#include "integrad/tensor/error.h"

/// How each operator's recorded cases are run; used by run_golden only.
namespace integrad::golden {

/// Collects what one operator's cases give.
class Recorder {
 public:
  Recorder(GoldenOperatorReport& report, GoldenKernels kernels)
      : report_(report), kernels_(kernels) {}

  /// Computes a case's output: where the host's kernels are wanted by host(output), which returns
  /// whether it did, else by portable().
  template <class Host, class Portable>
  void compute(std::vector<std::int8_t>& output, Host&& host, Portable&& portable) {
    if (kernels_ == GoldenKernels::host && host(output.data()))
      report_.host_bytes += static_cast<Index>(output.size());
    else
      portable();
  }

  /// Compares an output with the recorded one, element by element, by their bits.
  template <class T>
  void compare(const GoldenCase& c, std::string_view what, integrad_rounding rounding,
               const GoldenArray<T>& expected, const std::vector<T>& actual);
  /// Compares quantities that follow from stored scales.
  void derived(const GoldenCase& c, std::string_view what, Index position, std::int64_t expected,
               std::int64_t actual);
  void derived(const GoldenCase& c, std::string_view what, integrad_scale expected,
               integrad_scale actual, Index position = 0);
  /// Runs the checks of one case's derivations; scales outside the contract refuse them, not the
  /// case.
  template <class Checks>
  void derivations(const GoldenCase& c, Checks&& checks) {
    try {
      checks();
    } catch (const Error& error) {
      refuse(c, error.what());
    }
  }
  void refuse(const GoldenCase& c, std::string reason);

 private:
  GoldenOperatorReport& report_;
  GoldenKernels kernels_;
};

using RunCase = void (*)(const GoldenCase&, integrad_rounding, Recorder&);

void run_conv(const GoldenCase&, integrad_rounding, Recorder&);
void run_depthwise(const GoldenCase&, integrad_rounding, Recorder&);
void run_transposed_conv(const GoldenCase&, integrad_rounding, Recorder&);
void run_fully_connected(const GoldenCase&, integrad_rounding, Recorder&);
void run_add(const GoldenCase&, integrad_rounding, Recorder&);
void run_multiply(const GoldenCase&, integrad_rounding, Recorder&);
void run_requantize(const GoldenCase&, integrad_rounding, Recorder&);
void run_requantize_codes(const GoldenCase&, integrad_rounding, Recorder&);
void run_quantize(const GoldenCase&, integrad_rounding, Recorder&);
void run_quantize_multiplier(const GoldenCase&, integrad_rounding, Recorder&);
void run_max_pool(const GoldenCase&, integrad_rounding, Recorder&);
void run_average_pool(const GoldenCase&, integrad_rounding, Recorder&);
void run_resize_nearest(const GoldenCase&, integrad_rounding, Recorder&);
void run_resize_bilinear(const GoldenCase&, integrad_rounding, Recorder&);
void run_softmax(const GoldenCase&, integrad_rounding, Recorder&);
void run_logistic(const GoldenCase&, integrad_rounding, Recorder&);

/// The same cases through the kernels of quant/c/dsp.
void run_conv_dsp(const GoldenCase&, integrad_rounding, Recorder&);
void run_depthwise_dsp(const GoldenCase&, integrad_rounding, Recorder&);
void run_add_dsp(const GoldenCase&, integrad_rounding, Recorder&);
void run_max_pool_dsp(const GoldenCase&, integrad_rounding, Recorder&);

/// No extent, stride or dilation of a case exceeds this; then window positions fit 32 bits.
inline constexpr std::int32_t kMaxExtent = 32767;

/// The recorded output for a rounding: `out_double`, or `out_single` where the two differ.
template <class T>
GoldenArray<T> expected_output(const GoldenCase& c, integrad_rounding rounding, int rank = 0) {
  const bool same = c.integer("single_equals_double", 0, 1) == 1;
  return rounding == INTEGRAD_ROUNDING_DOUBLE || same ? c.tensor<T>("out_double", rank)
                                                      : c.tensor<T>("out_single", rank);
}

/// A stored multiplier and shift.
inline integrad_scale stored_scale(const GoldenCase& c, std::string_view multiplier,
                                   std::string_view shift) {
  return {c.int32(multiplier, 0), c.int32(shift, -31, 30)};
}

/// Height, width and channels of a batch of images.
inline integrad_dims image_dims(const Shape& shape) {
  for (int axis = 1; axis < 4; ++axis)
    require(shape[axis] <= kMaxExtent, "an extent must be at most ", kMaxExtent, "; got ", shape);
  return {static_cast<std::int32_t>(shape.height()), static_cast<std::int32_t>(shape.width()),
          static_cast<std::int32_t>(shape.channels())};
}

/// Calls run(input offset, output offset, row_begin, row_end) for each image's upper and lower
/// half, as a runner that shares rows among threads would.
template <class Run>
void for_each_half(Index batch, integrad_dims input, integrad_dims output, Run&& run) {
  const Index input_size = input.height * integrad_row_size(input);
  const Index output_row = integrad_row_size(output);
  const std::int32_t middle = output.height / 2;
  for (Index n = 0; n < batch; ++n) {
    const Index first = n * output.height * output_row;
    run(n * input_size, first, 0, middle);
    run(n * input_size, first + middle * output_row, middle, output.height);
  }
}

}  // namespace integrad::golden

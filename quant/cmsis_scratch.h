#pragma once
#include <string_view>
#include <vector>

#include "integrad/quant/qgraph.h"

/// What Arm's CMSIS-NN needs besides the tensors of a layer.
namespace integrad {

/// The builds of CMSIS-NN, which differ in speed and working memory, not in results.
enum class CmsisCore {
  plain,  ///< C alone: Cortex-M0 and M3, and any other machine
  dsp,    ///< the DSP extension: Cortex-M4, M7, M33
  mve,    ///< Helium: Cortex-M52, M55, M85
};
inline constexpr CmsisCore kCmsisCores[] = {CmsisCore::plain, CmsisCore::dsp, CmsisCore::mve};
/// "plain", "dsp", "mve".
std::string_view name_of(CmsisCore core);

/// Bytes that the layer's function works in on a core; 0 for an operation that CMSIS-NN lacks. An
/// upper bound over the releases from 7.0.0 on and over GCC, Arm Compiler and IAR; the emitted
/// program asks the library at run time whether it suffices. Source:
/// arm_*_get_buffer_size of CMSIS-NN.
Index cmsis_scratch_bytes(const Operation& operation, CmsisCore core);
/// The same of every node.
std::vector<Index> cmsis_scratch(const QGraph& program, CmsisCore core);

/// A transposed convolution that the wrapper computes as an ordinary one works in two parts: this
/// many bytes for windows (a multiple of 16), then the turned filter. 0 for the other way.
Index reversed_filter_offset(const integrad_transposed_conv& layer, CmsisCore core);
/// Whether it does.
bool reverses_filter(const integrad_transposed_conv& layer);

/// Whether arm_depthwise_conv_wrapper_s8 would choose a 3x3 kernel that reads the middle column of
/// a window outside the image: it does not look whether the column is there. The last window of a
/// row then begins on the last column of the image or beyond.
bool misleads_depthwise_wrapper(const integrad_depthwise& layer);

/// Whether CMSIS-NN computes this operation.
bool has_cmsis_kernel(const Operation& operation);

}  // namespace integrad

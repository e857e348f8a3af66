#pragma once
#include <cstdint>
#include <string_view>

/// The parts of TensorFlow Lite's file format (a flatbuffer, identifier "TFL3", schema version 3)
/// that the exporter writes: the numbers of enumerations, and each table's fields by their slots.
/// Source: the public schema, tensorflow/compiler/mlir/lite/schema/schema.fbs.
namespace integrad::tflite {

inline constexpr char kFileIdentifier[] = "TFL3";
inline constexpr std::uint32_t kSchemaVersion = 3;

enum class TensorType : std::int8_t { int32 = 2, boolean = 6, int8 = 9 };
enum class PaddingRule : std::int8_t { same = 0, valid = 1 };
enum class FusedActivation : std::int8_t { none = 0, relu = 1, relu6 = 3 };

/// An operator: its name and code, the table that holds its options (0: it has none), and the first
/// version of it that computes what is used here.
struct OperatorKind {
  std::string_view name;
  std::int32_t code;
  std::uint8_t options;
  std::int32_t version;
};
namespace kind {
// clang-format off
inline constexpr OperatorKind
    add{"ADD", 0, 11, 2},
    average_pool_2d{"AVERAGE_POOL_2D", 1, 5, 2},
    conv_2d{"CONV_2D", 3, 1, 3},
    grouped_conv_2d{"CONV_2D", 3, 1, 6},
    depthwise_conv_2d{"DEPTHWISE_CONV_2D", 4, 2, 3},
    depth_to_space{"DEPTH_TO_SPACE", 5, 94, 1},
    max_pool_2d{"MAX_POOL_2D", 17, 5, 2},
    mul{"MUL", 18, 21, 2},
    reshape{"RESHAPE", 22, 17, 1},
    space_to_depth{"SPACE_TO_DEPTH", 26, 19, 2},
    pad{"PAD", 34, 22, 2},
    cast{"CAST", 53, 37, 1},
    arg_max{"ARG_MAX", 56, 40, 2},
    pad_v2{"PADV2", 60, 43, 2},
    equal{"EQUAL", 71, 53, 2},
    select_v2{"SELECT_V2", 123, 98, 1},
    concatenation{"CONCATENATION", 2, 10, 2},
    fully_connected{"FULLY_CONNECTED", 9, 8, 4},
    logistic{"LOGISTIC", 14, 0, 2},
    relu{"RELU", 19, 0, 2},
    relu6{"RELU6", 21, 0, 2},
    resize_bilinear{"RESIZE_BILINEAR", 23, 15, 3},
    softmax{"SOFTMAX", 25, 9, 2},
    sub{"SUB", 41, 28, 2},
    slice{"SLICE", 65, 48, 2},
    transpose_conv{"TRANSPOSE_CONV", 67, 49, 3},
    resize_nearest_neighbor{"RESIZE_NEAREST_NEIGHBOR", 97, 74, 3},
    quantize{"QUANTIZE", 114, 89, 2},
    hard_swish{"HARD_SWISH", 117, 91, 1};
// clang-format on
}  // namespace kind

/// Slots: a field's place within its table.
using Slot = std::uint16_t;
namespace slot {
namespace model {
inline constexpr Slot version = 0, operator_codes = 1, subgraphs = 2, description = 3, buffers = 4;
}
namespace operator_code {
/// The byte holds codes up to 127; `code`, added later, holds all.
inline constexpr Slot code_in_a_byte = 0, version = 2, code = 3;
}  // namespace operator_code
namespace subgraph {
inline constexpr Slot tensors = 0, inputs = 1, outputs = 2, operators = 3, name = 4;
}
namespace tensor {
inline constexpr Slot shape = 0, type = 1, buffer = 2, name = 3, quantization = 4;
}
namespace quantization {
inline constexpr Slot scale = 2, zero_point = 3, dimension = 6;
}
namespace operation {
inline constexpr Slot code_index = 0, inputs = 1, outputs = 2, options_type = 3, options = 4;
}
namespace buffer {
inline constexpr Slot data = 0;
}
namespace conv_2d {
inline constexpr Slot padding = 0, stride_x = 1, stride_y = 2, activation = 3, dilation_x = 4,
                      dilation_y = 5;
}
namespace depthwise_conv_2d {
inline constexpr Slot padding = 0, stride_x = 1, stride_y = 2, multiplier = 3, activation = 4,
                      dilation_x = 5, dilation_y = 6;
}
namespace pool_2d {
inline constexpr Slot padding = 0, stride_x = 1, stride_y = 2, kernel_x = 3, kernel_y = 4,
                      activation = 5;
}
namespace arithmetic {  // add, sub, mul and fully_connected
inline constexpr Slot activation = 0;
}
namespace reshape {
inline constexpr Slot shape = 0;
}
namespace transpose_conv {
inline constexpr Slot padding = 0, stride_x = 1, stride_y = 2;
}
namespace concatenation {
inline constexpr Slot axis = 0, activation = 1;
}
namespace softmax {
inline constexpr Slot beta = 0;
}
namespace resize_nearest_neighbor {
inline constexpr Slot align_corners = 0, half_pixel_centers = 1;
}
namespace resize_bilinear {
inline constexpr Slot align_corners = 2, half_pixel_centers = 3;
}
namespace block {  // space_to_depth and depth_to_space
inline constexpr Slot size = 0;
}
namespace cast {
inline constexpr Slot from = 0, to = 1;
}
namespace arg_max {
inline constexpr Slot output_type = 0;
}
}  // namespace slot

}  // namespace integrad::tflite

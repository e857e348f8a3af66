#include "integrad/quant/c_printer.h"

namespace integrad::c_printer {

namespace {

template <class T>
void numbers(std::ostream& out, std::string_view type, std::string_view name,
             std::span<const T> values, std::size_t per_line) {
  out << "static const " << type << ' ' << name << '[' << values.size() << "] = {";
  for (std::size_t i = 0; i < values.size(); ++i)
    out << (i % per_line == 0 ? "\n    " : " ") << +values[i] << ',';
  out << "\n};\n";
}

std::ostream& operator<<(std::ostream& out, const integrad_dims& d) {
  return out << '{' << d.height << ", " << d.width << ", " << d.channels << '}';
}
std::ostream& operator<<(std::ostream& out, const integrad_window& w) {
  return out << '{' << w.kernel << ", " << w.stride << ", " << w.dilation << ", " << w.pad_before
             << ", " << w.pad_after << '}';
}
std::ostream& operator<<(std::ostream& out, const integrad_scale& s) {
  return out << '{' << s.multiplier << ", " << s.shift << '}';
}
std::ostream& operator<<(std::ostream& out, integrad_rounding r) {
  return out << (r == INTEGRAD_ROUNDING_DOUBLE ? "INTEGRAD_ROUNDING_DOUBLE"
                                               : "INTEGRAD_ROUNDING_SINGLE");
}

template <class A>
void sides(std::ostream& out, const A& a) {
  out << "    .input = " << a.input << ", .output = " << a.output;
}

template <class A>
void extents(std::ostream& out, const A& a) {
  sides(out, a);
  out << ",\n    .window_y = " << a.window_y << ", .window_x = " << a.window_x;
}

void stage(std::ostream& out, const integrad_output_stage& s, std::string_view scales) {
  out << ",\n    .stage = {.scales = " << scales << ", .scale_step = " << s.scale_step
      << ", .zero_point = " << s.zero_point << ", .low = " << s.low << ", .high = " << s.high
      << ",\n              .rounding = " << s.rounding << "},\n";
}

template <class A>
void output_codes(std::ostream& out, const A& a) {
  out << "    .zero_point = " << a.zero_point << ", .low = " << a.low << ", .high = " << a.high
      << ", .rounding = " << a.rounding << ",\n";
}

}  // namespace

void table(std::ostream& out, std::string_view type, std::string_view name,
           std::span<const std::int8_t> values) {
  numbers(out, type, name, values, 20);
}

void table(std::ostream& out, std::string_view type, std::string_view name,
           std::span<const std::int32_t> values) {
  numbers(out, type, name, values, 8);
}

void table(std::ostream& out, std::string_view name, std::span<const integrad_scale> scales) {
  out << "static const integrad_scale " << name << '[' << scales.size() << "] = {";
  for (std::size_t i = 0; i < scales.size(); ++i)
    out << (i % 5 == 0 ? "\n    " : " ") << scales[i] << ',';
  out << "\n};\n";
}

void print(std::ostream& out, const integrad_conv& a, std::string_view scales) {
  extents(out, a);
  out << ",\n    .groups = " << a.groups << ", .input_zero_point = " << a.input_zero_point;
  stage(out, a.stage, scales);
}

void print(std::ostream& out, const integrad_depthwise& a, std::string_view scales) {
  extents(out, a);
  out << ",\n    .input_zero_point = " << a.input_zero_point;
  stage(out, a.stage, scales);
}

void print(std::ostream& out, const integrad_transposed_conv& a, std::string_view scales) {
  extents(out, a);
  out << ",\n    .input_zero_point = " << a.input_zero_point;
  stage(out, a.stage, scales);
}

void print(std::ostream& out, const integrad_fully_connected& a, std::string_view scales) {
  out << "    .inputs = " << a.inputs << ", .outputs = " << a.outputs
      << ",\n    .input_zero_point = " << a.input_zero_point
      << ", .filter_zero_point = " << a.filter_zero_point;
  stage(out, a.stage, scales);
}

void print(std::ostream& out, const integrad_add& a) {
  out << "    .zero_point1 = " << a.zero_point1 << ", .zero_point2 = " << a.zero_point2
      << ", .scale1 = " << a.scale1 << ", .scale2 = " << a.scale2
      << ",\n    .output_scale = " << a.output_scale << ", .left_shift = " << a.left_shift << ",\n";
  output_codes(out, a);
}

void print(std::ostream& out, const integrad_multiply& a) {
  out << "    .zero_point1 = " << a.zero_point1 << ", .zero_point2 = " << a.zero_point2
      << ", .scale = " << a.scale << ",\n";
  output_codes(out, a);
}

void print(std::ostream& out, const integrad_pool& a) {
  extents(out, a);
  out << ",\n    .low = " << a.low << ", .high = " << a.high << ",\n";
}

void print(std::ostream& out, const integrad_unpool& a) {
  extents(out, a);
  out << ",\n    .zero_point = " << a.zero_point << ",\n";
}

void print(std::ostream& out, const integrad_resize& a) {
  sides(out, a);
  out << ",\n    .align_corners = " << a.align_corners << ", .half_pixel = " << a.half_pixel
      << ", .rounding = " << a.rounding << ",\n";
}

void print(std::ostream& out, const integrad_concat_part& a) {
  out << "    {.channels = " << a.channels << ", .output_channels = " << a.output_channels
      << ", .first_channel = " << a.first_channel << "},\n";
}

void print(std::ostream& out, const integrad_pad& a) {
  sides(out, a);
  out << ",\n    .top = " << a.top << ", .left = " << a.left << ", .zero_point = " << a.zero_point
      << ",\n";
}

void print(std::ostream& out, const integrad_slice& a) {
  sides(out, a);
  out << ",\n    .top = " << a.top << ", .left = " << a.left
      << ", .first_channel = " << a.first_channel << ",\n";
}

void print(std::ostream& out, const integrad_softmax& a) {
  out << "    .channels = " << a.channels << ", .multiplier = " << a.multiplier
      << ", .left_shift = " << a.left_shift
      << ",\n    .smallest_difference = " << a.smallest_difference << ",\n";
}

void print(std::ostream& out, const integrad_requantization& a) {
  out << "    .input_zero_point = " << a.input_zero_point << ", .scale = " << a.scale << ",\n";
  output_codes(out, a);
}

}  // namespace integrad::c_printer

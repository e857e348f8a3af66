#include "integrad/quant/cmsis_call.h"

#include <algorithm>
#include <sstream>

#include "integrad/quant/c_printer.h"
#include "integrad/quant/cmsis_scratch.h"
#include "integrad/quant/reach.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

/// Sizes in the order of cmsis_nn_dims.
struct CmsisDims {
  Index n, h, w, c;
};

CmsisDims image(const integrad_dims& d) {
  return {1, d.height, d.width, d.channels};
}

// Elements that Helium's depthwise kernel reads past its tables.
constexpr std::size_t kOverread = 3;

struct PrintCmsisConstants {
  int id;
  std::ostream& out;

  std::string name(const char* what) const { return what + ("_" + std::to_string(id)); }

  void dims(const char* what, const CmsisDims& d) const {
    out << "static const cmsis_nn_dims " << name(what) << " = {.n = " << d.n << ", .h = " << d.h
        << ", .w = " << d.w << ", .c = " << d.c << "};\n";
  }
  static std::string tile(const char* what, std::int32_t w, std::int32_t h) {
    return std::string(".") + what + " = {.w = " + std::to_string(w) +
           ", .h = " + std::to_string(h) + "}";
  }
  static std::string activation(std::int32_t low, std::int32_t high) {
    return ".activation = {.min = " + std::to_string(low) + ", .max = " + std::to_string(high) +
           "}";
  }

  /// Offsets are what the function adds: the negated zero point of an input, that of an output as
  /// it is.
  template <class Linear>
  void linear(const char* type, const Linear& a, const std::string& more) const {
    out << "static const " << type << " " << name("params")
        << " = {\n    .input_offset = " << -a.input_zero_point
        << ", .output_offset = " << a.stage.zero_point << "," << more << "\n    "
        << tile("stride", a.window_x.stride, a.window_y.stride) << ", "
        << tile("padding", a.window_x.pad_before, a.window_y.pad_before) << ",\n    "
        << tile("dilation", a.window_x.dilation, a.window_y.dilation) << ", "
        << activation(a.stage.low, a.stage.high) << "};\n";
  }

  void tables(const LinearTables& t, std::size_t overread,
              const char* type = "cmsis_nn_per_channel_quant_params", const char* more = "") const {
    std::vector<std::int32_t> multipliers, shifts, bias = t.bias;
    for (const integrad_scale& scale : t.scales) {
      multipliers.push_back(scale.multiplier);
      shifts.push_back(scale.shift);
    }
    const auto codes = t.weight.values();
    std::vector<std::int8_t> weight(codes.begin(), codes.end());
    weight.insert(weight.end(), overread, 0);
    for (auto* table : {&multipliers, &shifts, &bias}) table->insert(table->end(), overread, 0);
    if (overread > 0)
      out << "/* Helium reads up to " << overread << " elements past these tables. */\n";
    using Words = std::span<const std::int32_t>;
    c_printer::table(out, "int8_t", name("weight"), std::span<const std::int8_t>(weight));
    c_printer::table(out, "int32_t", name("bias"), Words(bias));
    c_printer::table(out, "int32_t", name("multipliers"), Words(multipliers));
    c_printer::table(out, "int32_t", name("shifts"), Words(shifts));
    out << "static const " << type << " " << name("scales") << " = {\n    .multiplier = (int32_t*)"
        << name("multipliers") << ", .shift = (int32_t*)" << name("shifts") << more << "};\n";
  }

  template <class Linear>
  void around(const Linear& a, const CmsisDims& filter) const {
    dims("input", image(a.input));
    dims("filter", filter);
    dims("output", image(a.output));
  }

  void operator()(const quantized::Conv2d& o) const {
    const integrad_conv& a = o.attributes;
    tables(o.tables, 0);
    linear("cmsis_nn_conv_params", a, "");
    around(a,
           {a.output.channels, a.window_y.kernel, a.window_x.kernel, a.input.channels / a.groups});
    dims("bias_size", {1, 1, 1, a.output.channels});
  }
  void operator()(const quantized::DepthwiseConv2d& o) const {
    const integrad_depthwise& a = o.attributes;
    tables(o.tables, a.output.channels % 4 == 0 ? 0 : kOverread);
    linear("cmsis_nn_dw_conv_params", a,
           " .ch_mult = " + std::to_string(a.output.channels / a.input.channels) + ",");
    around(a, {1, a.window_y.kernel, a.window_x.kernel, a.output.channels});
    dims("bias_size", {1, 1, 1, a.output.channels});
  }
  void operator()(const quantized::TransposedConv2d& o) const {
    const integrad_transposed_conv& a = o.attributes;
    const integrad_window &y = a.window_y, &x = a.window_x;
    const auto more_behind = [](std::int32_t in, std::int32_t out, const integrad_window& w) {
      return std::max(0, (in - 1) * w.stride + w.kernel - out - 2 * w.pad_before);
    };
    tables(o.tables, 0);
    linear("cmsis_nn_transpose_conv_params", a,
           "\n    " +
               tile("padding_offsets", more_behind(a.input.width, a.output.width, x),
                    more_behind(a.input.height, a.output.height, y)) +
               ",");
    around(a, {a.output.channels, y.kernel, x.kernel, a.input.channels});
    dims("bias_size", {1, 1, 1, a.output.channels});
  }
  void operator()(const quantized::FullyConnected& o) const {
    const integrad_fully_connected& a = o.attributes;
    tables(o.tables, 0, "cmsis_nn_quant_params", ", .is_per_channel = 1");
    out << "static const cmsis_nn_fc_params " << name("params")
        << " = {\n    .input_offset = " << -a.input_zero_point << ", .filter_offset = 0"
        << ", .output_offset = " << a.stage.zero_point << ",\n    "
        << activation(a.stage.low, a.stage.high) << "};\n";
    dims("input", {1, 1, 1, a.inputs});
    dims("filter", {a.inputs, 1, 1, a.outputs});
    dims("output", {1, 1, 1, a.outputs});
    dims("bias_size", {1, 1, 1, a.outputs});
  }
  void operator()(const quantized::Pad& o) const {
    const integrad_pad& a = o.attributes;
    dims("input", image(a.input));
    dims("before", {0, a.top, a.left, 0});
    dims("after",
         {0, a.output.height - a.input.height - a.top, a.output.width - a.input.width - a.left, 0});
  }
  void operator()(const quantized::MaxPool& o) const { pool(o.attributes); }
  void operator()(const quantized::AveragePool& o) const { pool(o.attributes); }
  template <class Other>
  void operator()(const Other&) const {}

  void pool(const integrad_pool& a) const {
    out << "static const cmsis_nn_pool_params " << name("params") << " = {\n    "
        << tile("stride", a.window_x.stride, a.window_y.stride) << ", "
        << tile("padding", a.window_x.pad_before, a.window_y.pad_before) << ",\n    "
        << activation(a.low, a.high) << "};\n";
    around(a, {1, a.window_y.kernel, a.window_x.kernel, 1});
  }
};

template <class... Arguments>
std::string call(std::string_view function, const Arguments&... arguments) {
  std::ostringstream out;
  out << function << "(";
  const char* between = "";
  ((out << between << arguments, between = ", "), ...);
  out << ")";
  return out.str();
}

struct PrintCmsisCall {
  int id;
  const Shape& shape;
  const CallPlaces& at;

  /// "&what_<id>"
  std::string to(const char* what) const { return "&" + own(what); }
  std::string own(const char* what) const { return what + ("_" + std::to_string(id)); }

  std::string size_of(const char* function) const {
    return call(function, to("params"), to("input"), to("filter"), to("output"));
  }
  std::string linear(const char* function, const char* contexts = "&scratch") const {
    return call(function, contexts, to("params"), to("scales"), to("input"), at.codes[0],
                to("filter"), own("weight"), to("bias_size"), own("bias"), to("output"), at.output);
  }
  std::string pool(const char* function) const {
    return call(function, "&scratch", to("params"), to("input"), at.codes[0], to("filter"),
                to("output"), at.output);
  }

  CmsisCall operator()(const quantized::Conv2d&) const {
    return {size_of("arm_convolve_wrapper_s8_get_buffer_size"), linear("arm_convolve_wrapper_s8")};
  }
  CmsisCall operator()(const quantized::DepthwiseConv2d& o) const {
    // The kernel without special cases works in nothing but its result.
    if (misleads_depthwise_wrapper(o.attributes)) return {{}, linear("arm_depthwise_conv_s8")};
    return {size_of("arm_depthwise_conv_wrapper_s8_get_buffer_size"),
            linear("arm_depthwise_conv_wrapper_s8")};
  }
  CmsisCall operator()(const quantized::TransposedConv2d& o) const {
    CmsisCall result{size_of("arm_transpose_conv_s8_get_buffer_size"),
                     linear("arm_transpose_conv_wrapper_s8", "&scratch, &reversed")};
    if (reverses_filter(o.attributes))
      result.reversed_size = call("arm_transpose_conv_s8_get_reverse_conv_buffer_size",
                                  to("params"), to("input"), to("filter"));
    return result;
  }
  CmsisCall operator()(const quantized::FullyConnected& o) const {
    const integrad_fully_connected& a = o.attributes;
    CmsisCall result{call("arm_fully_connected_s8_get_buffer_size", to("filter")),
                     linear("arm_fully_connected_wrapper_s8")};
    result.before = call("arm_vector_sum_s8", "(int32_t*)scratch.buf", a.inputs, a.outputs,
                         own("weight"), -a.input_zero_point, 0, own("bias"));
    return result;
  }
  CmsisCall operator()(const quantized::Pad& o) const {
    return {{},
            call("arm_pad_s8", at.codes[0], at.output, o.attributes.zero_point, to("input"),
                 to("before"), to("after"))};
  }
  CmsisCall operator()(const quantized::Softmax& o) const {
    const integrad_softmax& a = o.attributes;
    CmsisCall result{{},
                     call("arm_softmax_s8", at.codes[0], shape.elements() / a.channels, a.channels,
                          a.multiplier, a.left_shift, a.smallest_difference, at.output)};
    result.has_status = false;
    return result;
  }
  CmsisCall operator()(const quantized::Concat& o) const {
    const Index height = rows_of(shape), all = shape.channels();
    const Index width = shape.elements() / (height * all);
    CmsisCall result;
    for (std::size_t i = 0; i < o.parts.size(); ++i)
      result.function += (i == 0 ? "" : ";\n  ") + call("arm_concatenation_s8_x", at.codes[i],
                                                        o.parts[i].channels, width, height, 1,
                                                        at.output, all, o.parts[i].first_channel);
    result.has_status = false;
    return result;
  }
  CmsisCall operator()(const quantized::Add& o) const {
    const integrad_add& a = o.attributes;
    return {{},
            call("arm_elementwise_add_s8", at.codes[0], at.codes[1], -a.zero_point1,
                 a.scale1.multiplier, a.scale1.shift, -a.zero_point2, a.scale2.multiplier,
                 a.scale2.shift, a.left_shift, at.output, a.zero_point, a.output_scale.multiplier,
                 a.output_scale.shift, a.low, a.high, at.count)};
  }
  CmsisCall operator()(const quantized::Multiply& o) const {
    const integrad_multiply& a = o.attributes;
    return {
        {},
        call("arm_elementwise_mul_s8", at.codes[0], at.codes[1], -a.zero_point1, -a.zero_point2,
             at.output, a.zero_point, a.scale.multiplier, a.scale.shift, a.low, a.high, at.count)};
  }
  CmsisCall operator()(const quantized::MaxPool&) const { return {{}, pool("arm_max_pool_s8")}; }
  CmsisCall operator()(const quantized::AveragePool& o) const {
    return {call("arm_avgpool_s8_get_buffer_size", o.attributes.output.width,
                 o.attributes.input.channels),
            pool("arm_avgpool_s8")};
  }
  template <class Other>
  CmsisCall operator()(const Other&) const {
    fail("cmsis_call: CMSIS-NN has no kernel for ", Other::kName);
  }
};

}  // namespace

void print_cmsis_constants(const QGraph& program, int id, std::ostream& out) {
  std::visit(PrintCmsisConstants{id, out}, program.node(id).operation);
}

CmsisCall cmsis_call(const QGraph& program, int id, const CallPlaces& places) {
  return std::visit(PrintCmsisCall{id, program.node(id).shape, places}, program.node(id).operation);
}

}  // namespace integrad

#include "integrad/quant/c_call.h"

#include <sstream>

#include "integrad/quant/c_printer.h"
#include "integrad/quant/folded_bias.h"
#include "integrad/quant/reach.h"

namespace integrad {

namespace {

/// Declares the kernels that a processor may have its own of.
constexpr std::string_view kKernels = "quant/c/device_kernels.h";

struct PrintConstants {
  int id;
  std::ostream& out;
  std::set<std::string>& headers;

  template <class Attributes, class... Rest>
  void attributes(std::string_view header, std::string_view type, const Attributes& a,
                  Rest... rest) const {
    headers.insert(std::string(header));
    out << "static const " << type << " layer_" << id << " = {\n";
    c_printer::print(out, a, rest...);
    out << "};\n";
  }
  template <class Linear>
  void linear(std::string_view header, std::string_view type, const Linear& o) const {
    const std::string suffix = "_" + std::to_string(id);
    c_printer::table(out, "int8_t", "weight" + suffix, o.tables.weight.values());
    const std::span<const std::int32_t> bias(o.tables.bias);
    if constexpr (requires { folded_bias(o); }) {
      const std::vector<std::int32_t> folded = folded_bias(o);
      out << "#if INTEGRAD_FOLDED_BIAS\n";
      c_printer::table(out, "int32_t", "bias" + suffix, std::span<const std::int32_t>(folded));
      out << "#else\n";
      c_printer::table(out, "int32_t", "bias" + suffix, bias);
      out << "#endif\n";
    } else {
      c_printer::table(out, "int32_t", "bias" + suffix, bias);
    }
    c_printer::table(out, "scales" + suffix, o.tables.scales);
    attributes(header, type, o.attributes, "scales" + suffix);
  }

  void operator()(const quantized::Input&) const {}
  void operator()(const quantized::Conv2d& o) const { linear(kKernels, "integrad_conv", o); }
  void operator()(const quantized::DepthwiseConv2d& o) const {
    linear(kKernels, "integrad_depthwise", o);
  }
  void operator()(const quantized::TransposedConv2d& o) const {
    linear("quant/c/transposed_conv.h", "integrad_transposed_conv", o);
  }
  void operator()(const quantized::FullyConnected& o) const {
    linear("quant/c/fully_connected.h", "integrad_fully_connected", o);
  }
  void operator()(const quantized::Subtract& o) const {
    attributes("quant/c/elementwise.h", "integrad_add", o.attributes);
  }
  void operator()(const quantized::Add& o) const {
    attributes(kKernels, "integrad_add", o.attributes);
  }
  void operator()(const quantized::Multiply& o) const {
    attributes("quant/c/elementwise.h", "integrad_multiply", o.attributes);
  }
  void operator()(const quantized::MaxPool& o) const {
    attributes(kKernels, "integrad_pool", o.attributes);
  }
  void operator()(const quantized::MaxUnpool& o) const {
    attributes(kKernels, "integrad_unpool", o.attributes);
  }
  void operator()(const quantized::AveragePool& o) const {
    attributes("quant/c/pool.h", "integrad_pool", o.attributes);
  }
  void operator()(const quantized::ResizeNearest& o) const { resize(o.attributes); }
  void operator()(const quantized::ResizeBilinear& o) const { resize(o.attributes); }
  void operator()(const quantized::Concat& o) const {
    headers.insert("quant/c/copy.h");
    out << "static const integrad_concat_part layer_" << id << "[" << o.parts.size() << "] = {\n";
    for (const integrad_concat_part& part : o.parts) c_printer::print(out, part);
    out << "};\n";
  }
  void operator()(const quantized::Pad& o) const {
    attributes("quant/c/copy.h", "integrad_pad", o.attributes);
  }
  void operator()(const quantized::Slice& o) const {
    attributes("quant/c/copy.h", "integrad_slice", o.attributes);
  }
  void operator()(const quantized::Reshape&) const { headers.insert("quant/c/copy.h"); }
  void operator()(const quantized::Softmax& o) const {
    headers.insert("quant/c/fixed_point.h");
    attributes("quant/c/softmax.h", "integrad_softmax", o.attributes);
  }
  void operator()(const quantized::Requantize& o) const {
    attributes("quant/c/quantize.h", "integrad_requantization", o.attributes);
  }
  void operator()(const quantized::Logistic& o) const { table(o.table); }
  void operator()(const quantized::HardSwish& o) const { table(o.table); }

  void resize(const integrad_resize& a) const {
    headers.insert("tensor/resize.h");
    attributes("quant/c/resize.h", "integrad_resize", a);
  }
  void table(const quantized::CodeTable& codes) const {
    headers.insert("quant/c/look_up.h");
    c_printer::table(out, "int8_t", "table_" + std::to_string(id), std::span(codes));
  }
};

struct PrintCall {
  int id;
  const Shape& shape;  // of the result
  const CallPlaces& at;

  /// function(&layer_<id>, arguments...);
  template <class... Arguments>
  std::string call(std::string_view function, const Arguments&... arguments) const {
    std::ostringstream out;
    out << function << "(&layer_" << id;
    ((out << ", " << arguments), ...);
    out << ");";
    return out.str();
  }
  std::string linear(std::string_view function) const {
    const std::string suffix = "_" + std::to_string(id);
    return call(function, at.rows[0], "weight" + suffix, "bias" + suffix, at.output, at.begin,
                at.end);
  }

  std::string operator()(const quantized::Input&) const { return {}; }
  std::string operator()(const quantized::Conv2d&) const {
    return linear("integrad_run_conv_rows");
  }
  std::string operator()(const quantized::DepthwiseConv2d&) const {
    return linear("integrad_run_depthwise_rows");
  }
  std::string operator()(const quantized::TransposedConv2d&) const {
    return linear("integrad_transposed_conv_rows");
  }
  std::string operator()(const quantized::FullyConnected& o) const {
    const std::string suffix = "_" + std::to_string(id);
    return call("integrad_fully_connected_outputs", at.codes[0], "weight" + suffix, "bias" + suffix,
                at.output, 0, o.attributes.outputs);
  }
  std::string operator()(const quantized::Subtract&) const {
    return call("integrad_subtract_elements", at.codes[0], at.codes[1], at.output, at.count);
  }
  std::string operator()(const quantized::Add&) const {
    return call("integrad_run_add_elements", at.codes[0], at.codes[1], at.output, at.count);
  }
  std::string operator()(const quantized::Multiply&) const {
    return call("integrad_multiply_elements", at.codes[0], at.codes[1], at.output, at.count);
  }
  std::string operator()(const quantized::MaxPool&) const {
    return call("integrad_run_max_pool_rows", at.rows[0], at.output, at.winners, at.begin, at.end);
  }
  std::string operator()(const quantized::MaxUnpool&) const {
    return call("integrad_run_unpool_rows", at.rows[0], at.winner_rows, at.output, at.begin,
                at.end);
  }
  std::string operator()(const quantized::AveragePool&) const {
    return rows("integrad_average_pool_rows");
  }
  std::string operator()(const quantized::ResizeNearest&) const {
    return rows("integrad_resize_nearest_rows");
  }
  std::string operator()(const quantized::ResizeBilinear&) const {
    return rows("integrad_resize_bilinear_rows");
  }
  std::string operator()(const quantized::Concat& o) const {
    std::ostringstream out;
    for (std::size_t i = 0; i < o.parts.size(); ++i)
      out << (i == 0 ? "" : " ") << "integrad_concat_channels(&layer_" << id << "[" << i << "], "
          << at.codes[i] << ", " << at.output << ", " << pixels() << ");";
    return out.str();
  }
  std::string operator()(const quantized::Pad&) const { return rows("integrad_pad_rows"); }
  std::string operator()(const quantized::Slice&) const { return rows("integrad_slice_rows"); }
  std::string operator()(const quantized::Reshape&) const {
    const std::string first =
        at.begin == "0" ? "" : " + " + at.begin + " * " + std::to_string(row_size_of(shape));
    return "integrad_copy_codes(" + at.codes[0] + first + ", " + at.output + ", " + at.count + ");";
  }
  std::string operator()(const quantized::Softmax&) const {
    return call("integrad_softmax_rows", at.codes[0], at.output, pixels());
  }
  std::string operator()(const quantized::Requantize&) const {
    return call("integrad_requantize_elements", at.codes[0], at.output, at.count);
  }
  std::string operator()(const quantized::Logistic&) const { return look_up(); }
  std::string operator()(const quantized::HardSwish&) const { return look_up(); }

  std::string rows(std::string_view function) const {
    return call(function, at.rows[0], at.output, at.begin, at.end);
  }
  std::string look_up() const {
    return "integrad_look_up(table_" + std::to_string(id) + ", " + at.codes[0] + ", " + at.output +
           ", " + at.count + ");";
  }
  std::string pixels() const { return "(" + at.count + ") / " + std::to_string(shape.channels()); }
};

}  // namespace

void print_constants(const QGraph& program, int id, std::ostream& out,
                     std::set<std::string>& headers) {
  std::visit(PrintConstants{id, out, headers}, program.node(id).operation);
}

std::string kernel_call(const QGraph& program, int id, const CallPlaces& places) {
  return std::visit(PrintCall{id, program.node(id).shape, places}, program.node(id).operation);
}

}  // namespace integrad

#include "integrad/quant/c_call.h"

#include <sstream>

#include "integrad/quant/c_printer.h"

namespace integrad {

namespace {

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
    c_printer::table(out, "int32_t", "bias" + suffix, std::span<const std::int32_t>(o.tables.bias));
    c_printer::table(out, "scales" + suffix, o.tables.scales);
    attributes(header, type, o.attributes, "scales" + suffix);
  }

  void operator()(const quantized::Input&) const {}
  void operator()(const quantized::Conv2d& o) const {
    linear("quant/c/conv.h", "integrad_conv", o);
  }
  void operator()(const quantized::DepthwiseConv2d& o) const {
    linear("quant/c/depthwise.h", "integrad_depthwise", o);
  }
  void operator()(const quantized::Add& o) const {
    attributes("quant/c/elementwise.h", "integrad_add", o.attributes);
  }
  void operator()(const quantized::Multiply& o) const {
    attributes("quant/c/elementwise.h", "integrad_multiply", o.attributes);
  }
  void operator()(const quantized::MaxPool& o) const {
    attributes("quant/c/pool.h", "integrad_pool", o.attributes);
  }
  void operator()(const quantized::MaxUnpool& o) const {
    attributes("quant/c/unpool.h", "integrad_unpool", o.attributes);
  }
  void operator()(const quantized::AveragePool& o) const {
    attributes("quant/c/pool.h", "integrad_pool", o.attributes);
  }
};

struct PrintCall {
  int id;
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
  std::string operator()(const quantized::Conv2d&) const { return linear("integrad_conv_rows"); }
  std::string operator()(const quantized::DepthwiseConv2d&) const {
    return linear("integrad_depthwise_rows");
  }
  std::string operator()(const quantized::Add&) const {
    return call("integrad_add_elements", at.codes[0], at.codes[1], at.output, at.count);
  }
  std::string operator()(const quantized::Multiply&) const {
    return call("integrad_multiply_elements", at.codes[0], at.codes[1], at.output, at.count);
  }
  std::string operator()(const quantized::MaxPool&) const {
    return call("integrad_max_pool_rows", at.rows[0], at.output, at.winners, at.begin, at.end);
  }
  std::string operator()(const quantized::MaxUnpool&) const {
    return call("integrad_unpool_rows", at.rows[0], at.winner_rows, at.output, at.begin, at.end);
  }
  std::string operator()(const quantized::AveragePool&) const {
    return call("integrad_average_pool_rows", at.rows[0], at.output, at.begin, at.end);
  }
};

}  // namespace

void print_constants(const QGraph& program, int id, std::ostream& out,
                     std::set<std::string>& headers) {
  std::visit(PrintConstants{id, out, headers}, program.node(id).operation);
}

std::string kernel_call(const QGraph& program, int id, const CallPlaces& places) {
  return std::visit(PrintCall{id, places}, program.node(id).operation);
}

}  // namespace integrad

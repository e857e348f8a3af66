#include "integrad/quant/export_c.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "integrad/quant/c_printer.h"
#include "integrad/quant/embedded.h"
#include "integrad/quant/memory_plan.h"

namespace integrad {

namespace {

/// A node's codes, and for a pool its winners, in the arena.
struct Placement {
  Index codes = -1, winners = -1;  ///< offsets; -1: not in the arena
};

struct Layout {
  std::vector<Placement> nodes;
  Index bytes = 0;
};

Layout place(const QGraph& program) {
  const int last = program.size() - 1;
  std::vector<PlannedBuffer> buffers;
  std::vector<std::pair<int, bool>> owners;  // node, holds winners
  const auto add = [&](int id, bool winners) {
    // Codes live until their last reader among the first inputs, winners among the second.
    int last_step = id;
    for (int reader = id + 1; reader <= last; ++reader) {
      const QNode& node = program.node(reader);
      const bool unpool = std::holds_alternative<quantized::MaxUnpool>(node.operation);
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (node.inputs[i] == id && (unpool && i == 1) == winners) last_step = reader;
    }
    const QNode& node = program.node(id);
    const Index bytes = winners ? node.shape.height() *
                                      winner_row_size(std::get<quantized::MaxPool>(node.operation))
                                : node.shape.elements();
    buffers.push_back({bytes, id, last_step});
    owners.emplace_back(id, winners);
  };
  for (int id = 1; id <= last; ++id) {
    if (id != last) add(id, false);  // the last one writes to the caller's output
    const auto* pool = std::get_if<quantized::MaxPool>(&program.node(id).operation);
    if (pool != nullptr && pool->keeps_winners) add(id, true);
  }
  Layout layout{std::vector<Placement>(program.nodes.size()), plan_memory(buffers)};
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    Placement& node = layout.nodes[static_cast<std::size_t>(owners[i].first)];
    (owners[i].second ? node.winners : node.codes) = buffers[i].offset;
  }
  return layout;
}

/// Prints one node's tables and struct to `tables`, its call to `body`.
struct PrintNode {
  const QGraph& program;
  const Layout& layout;
  int id;
  std::ostream& tables;
  std::ostream& body;
  std::set<std::string>& headers;

  std::string suffix() const { return "_" + std::to_string(id); }
  std::string height() const { return std::to_string(program.node(id).shape.height()); }
  std::string codes(int node) const {
    if (node == 0) return "input";
    if (node == program.size() - 1) return "output";
    return "arena + " + std::to_string(layout.nodes[static_cast<std::size_t>(node)].codes);
  }
  std::string in(std::size_t i) const { return codes(program.node(id).inputs[i]); }
  std::string rows(std::size_t i) const { return "integrad_all_rows(" + in(i) + ")"; }
  std::string winners(int node) const {
    return "(uint8_t*)arena + " +
           std::to_string(layout.nodes[static_cast<std::size_t>(node)].winners);
  }
  template <class Attributes, class... Rest>
  void attributes(std::string_view type, const Attributes& a, Rest... rest) const {
    tables << "static const " << type << " layer" << suffix() << " = {\n";
    c_printer::print(tables, a, rest...);
    tables << "};\n";
  }
  template <class Linear>
  void linear(const Linear& o, std::string_view type, std::string_view function) const {
    const std::string s = suffix();
    c_printer::table(tables, "int8_t", "weight" + s, o.tables.weight.values());
    c_printer::table(tables, "int32_t", "bias" + s, std::span<const std::int32_t>(o.tables.bias));
    c_printer::table(tables, "scales" + s, o.tables.scales);
    attributes(type, o.attributes, "scales" + s);
    body << "  " << function << "(&layer" << s << ", " << rows(0) << ", weight" << s << ", bias"
         << s << ", " << codes(id) << ", 0, " << height() << ");\n";
  }
  template <class Binary>
  void binary(const Binary& o, std::string_view type, std::string_view function) const {
    headers.insert("quant/c/elementwise.h");
    attributes(type, o.attributes);
    body << "  " << function << "(&layer" << suffix() << ", " << in(0) << ", " << in(1) << ", "
         << codes(id) << ", " << program.node(id).shape.elements() << ");\n";
  }

  void operator()(const quantized::Input&) const {}
  void operator()(const quantized::Conv2d& o) const {
    headers.insert("quant/c/conv.h");
    linear(o, "integrad_conv", "integrad_conv_rows");
  }
  void operator()(const quantized::DepthwiseConv2d& o) const {
    headers.insert("quant/c/depthwise.h");
    linear(o, "integrad_depthwise", "integrad_depthwise_rows");
  }
  void operator()(const quantized::Add& o) const {
    binary(o, "integrad_add", "integrad_add_elements");
  }
  void operator()(const quantized::Multiply& o) const {
    binary(o, "integrad_multiply", "integrad_multiply_elements");
  }
  void operator()(const quantized::MaxPool& o) const {
    headers.insert("quant/c/pool.h");
    attributes("integrad_pool", o.attributes);
    body << "  integrad_max_pool_rows(&layer" << suffix() << ", " << rows(0) << ", " << codes(id)
         << ", " << (o.keeps_winners ? winners(id) : "NULL") << ", 0, " << height() << ");\n";
  }
  void operator()(const quantized::MaxUnpool& o) const {
    headers.insert("quant/c/unpool.h");
    attributes("integrad_unpool", o.attributes);
    body << "  integrad_unpool_rows(&layer" << suffix() << ", " << rows(0)
         << ", integrad_all_winners(" << winners(program.node(id).inputs[1]) << "), " << codes(id)
         << ", 0, " << height() << ");\n";
  }
  void operator()(const quantized::AveragePool& o) const {
    headers.insert("quant/c/pool.h");
    attributes("integrad_pool", o.attributes);
    body << "  integrad_average_pool_rows(&layer" << suffix() << ", " << rows(0) << ", "
         << codes(id) << ", 0, " << height() << ");\n";
  }
};

std::string print_header(const QGraph& program, Index arena) {
  const QNode &input = program.nodes.front(), &output = program.nodes.back();
  std::ostringstream out;
  const auto number = [](float value) {  // the shortest text that reads back as the same float
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
    return std::string(text, end.ptr) + "f";
  };
  const auto quantization = [&](const char* name, const Quantization& q) {
    out << "#define MODEL_" << name << "_SCALE " << number(q.scale) << "\n#define MODEL_" << name
        << "_ZERO_POINT (" << q.zero_point << ")\n";
  };
  out << "/* A model in integer arithmetic: real = scale * (code - zero point), codes are int8_t,\n"
         " * images [height, width, channels].\n"
         " * Arithmetic: "
      << program.target.name << " (" << program.target.summary << ").\n *\n"
      << " * Layers: id, operation, output shape, scale, zero point, name\n";
  for (int id = 0; id < program.size(); ++id) {
    const QNode& node = program.node(id);
    out << " *   " << id << "  " << name_of(node.operation) << "  " << node.shape << "  "
        << number(node.quantization.scale) << "  " << node.quantization.zero_point << "  "
        << node.name << "\n";
  }
  out << " */\n#ifndef MODEL_H\n#define MODEL_H\n#include <stdint.h>\n\n";
  const auto extents = [&](const char* name, const Shape& shape) {
    out << "#define MODEL_" << name << "_HEIGHT " << shape.height() << "\n#define MODEL_" << name
        << "_WIDTH " << shape.width() << "\n#define MODEL_" << name << "_CHANNELS "
        << shape.channels() << "\n#define MODEL_" << name << "_BYTES " << shape.elements() << "\n";
  };
  extents("INPUT", input.shape);
  quantization("INPUT", input.quantization);
  extents("OUTPUT", output.shape);
  quantization("OUTPUT", output.quantization);
  const bool twice = program.target.rounding == INTEGRAD_ROUNDING_DOUBLE;
  out << "#define MODEL_TARGET \"" << program.target.name << "\"\n#define MODEL_ROUNDING \""
      << (twice ? "double" : "single") << "\"\n#define MODEL_LAYERS " << program.size()
      << "\n#define MODEL_ARENA_BYTES " << std::max<Index>(arena, 1)
      << "\n\n/* Computes `output` from `input`; `arena` is MODEL_ARENA_BYTES of working memory.\n"
         " * Keeps nothing between calls. */\n"
         "void model_run(const int8_t* input, int8_t* output, int8_t* arena);\n\n"
         "#ifdef MODEL_TRACE\n"
         "/* Supplied by whoever defines MODEL_TRACE: receives codes first .. first + count - 1 of "
         "a\n"
         " * layer's output as soon as they are computed. */\n"
         "void model_trace(int32_t layer, int32_t first, int32_t count, const int8_t* codes);\n"
         "#endif\n\n#endif\n";
  return out.str();
}

}  // namespace

std::vector<EmittedFile> export_c(const QGraph& program) {
  const Layout layout = place(program);
  std::ostringstream tables, body;
  std::set<std::string> headers;
  for (int id = 0; id < program.size(); ++id) {
    const QNode& node = program.node(id);
    if (id > 0) {
      tables << "\n/* " << node.name << ": " << name_of(node.operation) << " -> " << node.shape
             << " */\n";
      body << "  /* " << node.name << " */\n";
    }
    const PrintNode print{program, layout, id, tables, body, headers};
    std::visit(print, node.operation);
    if (id > 0)
      body << "  MODEL_TRACE_CODES(" << id << ", " << node.shape.elements() << ", "
           << print.codes(id) << ");\n";
  }

  std::ostringstream model;
  model << "#include \"model.h\"\n\n";
  for (const std::string& header : headers) model << "#include \"integrad/" << header << "\"\n";
  model << "\n#ifdef MODEL_TRACE\n"
           "#define MODEL_TRACE_CODES(layer, count, codes) model_trace(layer, 0, count, codes)\n"
           "#else\n#define MODEL_TRACE_CODES(layer, count, codes) ((void)0)\n#endif\n"
        << tables.str()
        << "\nvoid model_run(const int8_t* input, int8_t* output, int8_t* arena) {\n"
           "  (void)arena;\n"
        << body.str() << "}\n";

  std::vector<EmittedFile> files{{"model.h", print_header(program, layout.bytes)},
                                 {"model.c", model.str()}};
  for (const char* name : {"main.c", "Makefile"})
    files.push_back({name, std::string(embedded_text(std::string("quant/emitted/") + name))});
  headers.insert({"quant/c/arith.h", "quant/c/layout.h", "quant/c/winners.h", "tensor/window.h"});
  for (const std::string& header : headers)
    files.push_back({"integrad/" + header, std::string(embedded_text(header))});
  return files;
}

Footprint footprint(const QGraph& program) {
  Footprint result{0, std::max<Index>(place(program).bytes, 1)};
  for (const QNode& node : program.nodes)
    if (const LinearTables* tables = tables_of(node.operation))
      result.flash_bytes += tables->weight.size() +
                            static_cast<Index>(tables->bias.size() * sizeof(std::int32_t) +
                                               tables->scales.size() * sizeof(integrad_scale));
  return result;
}

}  // namespace integrad

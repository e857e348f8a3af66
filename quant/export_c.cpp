#include "integrad/quant/export_c.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "integrad/quant/c_call.h"
#include "integrad/quant/c_stage.h"
#include "integrad/quant/device.h"
#include "integrad/quant/embedded.h"
#include "integrad/quant/reach.h"

namespace integrad {

namespace {

constexpr const char* kHooks = R"(
#ifdef MODEL_TRACE
#define MODEL_TRACE_CODES(layer, first, count, codes) model_trace(layer, first, count, codes)
#else
#define MODEL_TRACE_CODES(layer, first, count, codes) ((void)0)
#endif
#ifdef MODEL_PROFILE
#define MODEL_BEGIN_LAYER(layer) model_begin_layer(layer)
#define MODEL_END_LAYER(layer) model_end_layer(layer)
#else
#define MODEL_BEGIN_LAYER(layer) ((void)0)
#define MODEL_END_LAYER(layer) ((void)0)
#endif
)";

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
  out << " *\n * SHA-256 of the weights, biases and multipliers:\n *   " << weights_digest(program)
      << "\n */\n#ifndef MODEL_H\n#define MODEL_H\n#include <stdint.h>\n\n";
  const auto extents = [&](const char* name, const Shape& shape) {
    const Index height = rows_of(shape), width = shape.elements() / (height * shape.channels());
    out << "#define MODEL_" << name << "_HEIGHT " << height << "\n#define MODEL_" << name
        << "_WIDTH " << width << "\n#define MODEL_" << name << "_CHANNELS " << shape.channels()
        << "\n#define MODEL_" << name << "_BYTES " << shape.elements() << "\n";
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
         "#endif\n"
         "#ifdef MODEL_PROFILE\n"
         "/* Supplied by whoever defines MODEL_PROFILE: called before and after each computation "
         "of a\n"
         " * layer's rows. */\n"
         "void model_begin_layer(int32_t layer);\nvoid model_end_layer(int32_t layer);\n"
         "#endif\n\n#endif\n";
  return out.str();
}

}  // namespace

std::vector<EmittedFile> export_c(const QGraph& program, const PlanOptions& options) {
  const Plan plan = make_plan(program, options);
  std::ostringstream constants, functions, body;
  std::set<std::string> headers;
  for (int id = 1; id < program.size(); ++id) {
    const QNode& node = program.node(id);
    constants << "\n/* " << node.name << ": " << name_of(node.operation) << " -> " << node.shape
              << " */\n";
    print_constants(program, id, constants, headers);
  }
  const StagePrinter printer(program, plan);
  for (int stage = 0; stage < static_cast<int>(plan.stages.size()); ++stage) {
    printer.print_function(stage, functions);
    printer.print_statements(stage, body);
    if (plan.stages[static_cast<std::size_t>(stage)].streams()) headers.insert("quant/c/stream.h");
  }

  std::ostringstream model;
  model << "#include \"model.h\"\n\n";
  for (const std::string& header : headers) model << "#include \"integrad/" << header << "\"\n";
  model << kHooks << constants.str() << functions.str()
        << "\nvoid model_run(const int8_t* input, int8_t* output, int8_t* arena) {\n"
           "  (void)arena;\n"
        << body.str() << "}\n";

  std::vector<EmittedFile> files{{"model.h", print_header(program, plan.arena_bytes)},
                                 {"model.c", model.str()}};
  for (const char* name : {"main.c", "Makefile"})
    files.push_back({name, std::string(embedded_text(std::string("quant/emitted/") + name))});
  for (EmittedFile& file : device_files()) files.push_back(std::move(file));
  for (const std::string& header : with_included(headers))
    files.push_back({"integrad/" + header, std::string(embedded_text(header))});
  return files;
}

Footprint footprint(const QGraph& program, const PlanOptions& options) {
  return {constant_bytes(program), std::max<Index>(make_plan(program, options).arena_bytes, 1)};
}

}  // namespace integrad

#include "integrad/quant/c_header.h"

#include <charconv>
#include <sstream>

#include "integrad/quant/reach.h"

namespace integrad {

std::string model_header(const QGraph& program, std::string_view memory,
                         std::string_view function) {
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
      << (twice ? "double" : "single") << "\"\n#define MODEL_LAYERS " << program.size() << "\n"
      << memory << "\n"
      << function
      << "\n#ifdef MODEL_TRACE\n"
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

}  // namespace integrad

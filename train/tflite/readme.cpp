#include <charconv>
#include <set>
#include <sstream>

#include "integrad/train/tflite/export.h"
#include "integrad/train/tflite/program.h"

namespace integrad {

namespace {

// The shortest text that reads back as the same float.
std::string number(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

void describe(std::ostream& out, const char* what, const QNode& node) {
  const Quantization& q = node.quantization;
  out << what << ": int8, shape " << node.shape << ", scale " << number(q.scale) << ", zero point "
      << q.zero_point << "\n";
}

std::string readme(const QGraph& program, const tflite::Model& model) {
  std::ostringstream out;
  out << "model.tflite: an integer network for TensorFlow Lite Micro.\n\n";
  describe(out, "Input", program.nodes.front());
  describe(out, "Output", program.nodes.back());
  out << "\nA code stands for the real number scale * (code - zero point). The input's code is\n"
         "  round(real / scale) + zero point, rounded half away from zero, clamped to -128 .. 127";
  if (program.nodes.front().quantization == kImageQuantization)
    out << ";\nfor a pixel value of 0 .. 255, which stands for pixel / 255, that is pixel - 128";
  out << ".\n\nOperators an interpreter needs:\n ";
  std::set<std::string_view> names;
  for (const tflite::OperatorEntry& entry : model.operators) names.insert(entry.kind.name);
  for (const std::string_view name : names) out << " " << name;
  out << "\n\nArithmetic: " << program.target.name << " (" << program.target.summary
      << ").\nTensorFlow Lite Micro in its default build, with or without CMSIS-NN's kernels, "
         "computes "
         "the\nbytes that integrad computes. One built for single rounding "
         "(TFLITE_SINGLE_ROUNDING, "
         "or\nCMSIS_NN_USE_SINGLE_ROUNDING) does not, nor need an interpreter for phones and "
         "desktops.\nEvery layer's output is a tensor of the layer's name.\n";
  return out.str();
}

}  // namespace

std::vector<EmittedFile> export_tflite(const QGraph& program) {
  const tflite::Model model = tflite::program_as_model(program);
  const std::vector<std::uint8_t> bytes = tflite::serialize(model);
  return {{"model.tflite", std::string(bytes.begin(), bytes.end())},
          {"README.txt", readme(program, model)}};
}

}  // namespace integrad

#include "integrad/quant/export_cmsis.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "integrad/quant/c_header.h"
#include "integrad/quant/cmsis_call.h"
#include "integrad/quant/cmsis_limits.h"
#include "integrad/quant/device.h"
#include "integrad/quant/embedded.h"

namespace integrad {

namespace {

constexpr const char* kCheckedRunPrototype =
    "/* Computes `output` from `input`; `arena` is MODEL_ARENA_BYTES of working memory at a "
    "multiple\n"
    " * of MODEL_ARENA_ALIGNMENT. Keeps nothing between calls. Returns 0, or the id of the layer "
    "that\n"
    " * CMSIS-NN refused or that wants more scratch than was planned; `output` is then unfinished. "
    "*/\n"
    "#define MODEL_CHECKED\n"
    "int32_t model_run(const int8_t* input, int8_t* output, int8_t* arena);\n";

// As CMSIS-NN itself chooses, so that the arena fits the library it is compiled with.
constexpr const char* kCores = R"(
/* Working memory depends on the core for which this and CMSIS-NN are compiled. */
#if defined ARM_MATH_MVEI || (defined __ARM_FEATURE_MVE && !defined ARM_MATH_AUTOVECTORIZE)
#define MODEL_CORE_MVE
#elif defined ARM_MATH_DSP || (defined __ARM_FEATURE_DSP && __ARM_FEATURE_DSP == 1)
#define MODEL_CORE_DSP
#endif
)";

constexpr const char* kScratch = R"(
static cmsis_nn_context scratch_at(int8_t* arena, int32_t offset, int32_t bytes) {
  cmsis_nn_context context;
  context.buf = bytes > 0 ? arena + offset : NULL;
  context.size = bytes;
  return context;
}
)";

constexpr CmsisCore kPrintedCores[] = {CmsisCore::mve, CmsisCore::dsp, CmsisCore::plain};

std::string condition(CmsisCore core) {
  switch (core) {
    case CmsisCore::mve:
      return "#if defined MODEL_CORE_MVE\n";
    case CmsisCore::dsp:
      return "#elif defined MODEL_CORE_DSP\n";
    case CmsisCore::plain:
      break;
  }
  return "#else\n";
}

Plan plan_for(const QGraph& program, CmsisCore core) {
  return make_plan(program, {.stream = false}, cmsis_scratch(program, core));
}

std::string print_header(const QGraph& program) {
  std::ostringstream memory;
  memory << kCores;
  for (const CmsisCore core : kPrintedCores)
    memory << condition(core) << "#define MODEL_ARENA_BYTES "
           << cmsis_footprint(program, core).arena_bytes << "\n";
  memory << "#endif\n#define MODEL_ARENA_ALIGNMENT 4\n";
  return model_header(program, memory.str(), kCheckedRunPrototype);
}

std::string print_rounding(const QGraph& program) {
  const bool twice = program.target.rounding == INTEGRAD_ROUNDING_DOUBLE;
  return std::string(twice ? "\n#ifdef" : "\n#ifndef") +
         " CMSIS_NN_USE_SINGLE_ROUNDING\n#error \"this model is for " +
         (twice ? "double rounding: build it and CMSIS-NN without "
                : "single rounding: build it and CMSIS-NN with ") +
         "CMSIS_NN_USE_SINGLE_ROUNDING\"\n#endif\n";
}

std::string print_refusals(const QGraph& program) {
  std::string text;
  for (const QNode& node : program.nodes)
    if (const auto reason = wrong_on_mve(node, program.target.rounding))
      text += "#error \"" + *reason + "\"\n";
  return text.empty() ? text : "\n#ifdef MODEL_CORE_MVE\n" + text + "#endif\n";
}

/// Where results, winners and scratch lie in the arena, by core.
std::string print_places(const QGraph& program) {
  std::ostringstream out;
  out << "\n/* Offsets in the arena, and bytes of scratch. */\n";
  for (const CmsisCore core : kPrintedCores) {
    const Plan plan = plan_for(program, core);
    out << condition(core) << "enum {\n";
    for (int id = 1; id < program.size(); ++id) {
      const Step& step = plan.step(id);
      std::string line;
      const auto place = [&](const char* what, Index value) {
        line += (line.empty() ? "  " : " ") + std::string(what) + "_" + std::to_string(id) + " = " +
                std::to_string(value) + ",";
      };
      if (step.codes >= 0) place("CODES", step.codes);
      if (step.winners >= 0) place("WINNERS", step.winners);
      const Operation& operation = program.node(id).operation;
      if (has_cmsis_kernel(operation)) {
        const Index scratch = std::max<Index>(step.scratch, 0);
        const Index bytes = cmsis_scratch_bytes(operation, core);
        const auto* transposed = std::get_if<quantized::TransposedConv2d>(&operation);
        const Index first = transposed == nullptr || !reverses_filter(transposed->attributes)
                                ? bytes
                                : reversed_filter_offset(transposed->attributes, core);
        place("SCRATCH", scratch);
        place("SCRATCH_BYTES", first);
        if (transposed != nullptr) {
          place("REVERSED", scratch + first);
          place("REVERSED_BYTES", bytes - first);
        }
      }
      if (!line.empty()) out << line << "\n";
    }
    out << "  LAYERS = MODEL_LAYERS\n};\n";
  }
  out << "#endif\n";
  return out.str();
}

std::string address(const QGraph& program, int id) {
  if (id == 0) return "input";
  if (id == program.size() - 1) return "output";
  return "arena + CODES_" + std::to_string(id);
}

/// A statement on lines of at most 100 columns, broken after commas.
std::string wrapped(const std::string& statement) {
  std::string text = "  ";
  std::size_t column = 2;
  for (std::size_t begin = 0; begin < statement.size();) {
    const std::size_t comma = statement.find(", ", begin);
    const std::size_t end = comma == std::string::npos ? statement.size() : comma + 2;
    const std::size_t length = end - begin - (comma == std::string::npos ? 0 : 1);
    if (column + length > 100) {
      text.back() = '\n';
      text += "      ";
      column = 6;
    }
    text += statement.substr(begin, end - begin);
    column += end - begin;
    begin = end;
  }
  return text + "\n";
}

CallPlaces whole_maps(const QGraph& program, int id) {
  const QNode& node = program.node(id);
  CallPlaces places;
  for (int input : node.inputs) {
    places.codes.push_back(address(program, input));
    places.rows.push_back("integrad_all_rows(" + places.codes.back() + ")");
  }
  const auto winners = [](int pool) { return "(uint8_t*)arena + WINNERS_" + std::to_string(pool); };
  const auto* pool = std::get_if<quantized::MaxPool>(&node.operation);
  places.winners = pool != nullptr && pool->keeps_winners ? winners(id) : "NULL";
  if (std::holds_alternative<quantized::MaxUnpool>(node.operation))
    places.winner_rows = "integrad_all_winners(" + winners(node.inputs[1]) + ")";
  places.output = address(program, id);
  places.begin = "0";
  places.end = std::to_string(node.shape.rank() == 4 ? node.shape.height() : 1);
  places.count = std::to_string(node.shape.elements());
  return places;
}

bool works_in_scratch(const CmsisCall& call) {
  return call.function.find("&scratch") != std::string::npos;
}

void print_layer(const QGraph& program, int id, std::ostream& out) {
  const CallPlaces places = whole_maps(program, id);
  out << "\n  /* " << program.node(id).name << " */\n  MODEL_BEGIN_LAYER(" << id << ");\n";
  if (has_cmsis_kernel(program.node(id).operation)) {
    const CmsisCall call = cmsis_call(program, id, places);
    const std::string name = "_" + std::to_string(id),
                      failed = ") return " + std::to_string(id) + ";";
    const std::string ok = " != ARM_CMSIS_NN_SUCCESS";
    if (!call.size.empty()) out << wrapped("if (" + call.size + " > SCRATCH_BYTES" + name + failed);
    if (!call.reversed_size.empty())
      out << wrapped("if (" + call.reversed_size + " > REVERSED_BYTES" + name + failed);
    if (works_in_scratch(call))
      out << "  scratch = scratch_at(arena, SCRATCH" << name << ", SCRATCH_BYTES" << name << ");\n";
    if (std::holds_alternative<quantized::TransposedConv2d>(program.node(id).operation))
      out << "  reversed = scratch_at(arena, REVERSED" << name << ", REVERSED_BYTES" << name
          << ");\n";
    if (!call.before.empty())
      out << "#ifdef MODEL_CORE_MVE\n" << wrapped("if (" + call.before + ok + failed) << "#endif\n";
    out << wrapped(call.has_status ? "if (" + call.function + ok + failed : call.function + ";");
  } else {
    out << wrapped(kernel_call(program, id, places));
  }
  out << "  MODEL_END_LAYER(" << id << ");\n  MODEL_TRACE_CODES(" << id << ", 0, " << places.count
      << ", " << places.output << ");\n";
}

}  // namespace

std::vector<EmittedFile> export_cmsis(const QGraph& program) {
  for (const QNode& node : program.nodes) check_cmsis(node);
  std::ostringstream constants, body;
  std::set<std::string> headers;
  bool works = false, reverses = false;
  for (int id = 1; id < program.size(); ++id) {
    const QNode& node = program.node(id);
    constants << "\n/* " << node.name << ": " << name_of(node.operation) << " -> " << node.shape
              << " */\n";
    if (has_cmsis_kernel(node.operation)) {
      print_cmsis_constants(program, id, constants);
      works = works || works_in_scratch(cmsis_call(program, id, whole_maps(program, id)));
      reverses = reverses || std::holds_alternative<quantized::TransposedConv2d>(node.operation);
    } else {
      print_constants(program, id, constants, headers);
    }
    print_layer(program, id, body);
  }

  std::ostringstream model;
  model << "#include \"model.h\"\n\n#include <stddef.h>\n\n#include \"arm_nnfunctions.h\"\n";
  for (const std::string& header : headers) model << "#include \"integrad/" << header << "\"\n";
  model << print_rounding(program) << print_refusals(program) << kLayerHooks
        << print_places(program) << constants.str() << (works ? kScratch : "")
        << "\nint32_t model_run(const int8_t* input, int8_t* output, int8_t* arena) {\n"
        << (works ? "  cmsis_nn_context scratch;\n" : "")
        << (reverses ? "  cmsis_nn_context reversed;\n" : "") << "  (void)arena;\n"
        << body.str() << "  return 0;\n}\n";

  std::vector<EmittedFile> files{
      {"model.h", print_header(program)},
      {"model.c", model.str()},
      {"main.c", std::string(embedded_text("quant/emitted/main.c"))},
      {"trace.h", std::string(embedded_text("quant/emitted/trace.h"))},
      {"Makefile", std::string(embedded_text("quant/emitted/cmsis_nn/Makefile"))}};
  for (EmittedFile& file : device_files()) files.push_back(std::move(file));
  for (const std::string& header : with_included(headers))
    files.push_back({"integrad/" + header, std::string(embedded_text(header))});
  return files;
}

Footprint cmsis_footprint(const QGraph& program, CmsisCore core) {
  return {constant_bytes(program), std::max<Index>(plan_for(program, core).arena_bytes, 1)};
}

}  // namespace integrad

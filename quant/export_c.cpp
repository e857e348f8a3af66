#include "integrad/quant/export_c.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "integrad/quant/c_call.h"
#include "integrad/quant/c_header.h"
#include "integrad/quant/c_stage.h"
#include "integrad/quant/device.h"
#include "integrad/quant/embedded.h"

namespace integrad {

namespace {

constexpr const char* kRunPrototype =
    "/* Computes `output` from `input`; `arena` is MODEL_ARENA_BYTES of working memory.\n"
    " * Keeps nothing between calls. */\n"
    "void model_run(const int8_t* input, int8_t* output, int8_t* arena);\n";

std::string print_header(const QGraph& program, Index arena) {
  return model_header(
      program, "#define MODEL_ARENA_BYTES " + std::to_string(std::max<Index>(arena, 1)) + "\n",
      kRunPrototype);
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
  model << kLayerHooks << constants.str() << functions.str()
        << "\nvoid model_run(const int8_t* input, int8_t* output, int8_t* arena) {\n"
           "  (void)arena;\n"
        << body.str() << "}\n";

  std::vector<EmittedFile> files{{"model.h", print_header(program, plan.arena_bytes)},
                                 {"model.c", model.str()}};
  for (const char* name : {"main.c", "trace.h", "Makefile"})
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

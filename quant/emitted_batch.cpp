#include "integrad/quant/emitted_batch.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "integrad/quant/embedded.h"

namespace integrad {

namespace {

std::string folder_of(const BatchModel& model) {
  return "model_" + std::to_string(model.number);
}

/// Compiles a model under a name of its own and describes it to the harness.
std::string entry(const BatchModel& model) {
  const std::string name = folder_of(model);
  std::ostringstream out;
  out << "#define model_run " << name << "_run\n#include \"" << name << "/model.c\"\n"
      << "#define BATCH_TYPE_ONLY\n#include \"batch.h\"\n\n"
      << "extern const batch_model " << name << ";\nconst batch_model " << name << " = {"
      << model.number << ", model_run, MODEL_INPUT_BYTES, MODEL_OUTPUT_BYTES, MODEL_ARENA_BYTES, "
      << model.images << "};\n";
  return out.str();
}

std::string header(std::span<const BatchModel> models) {
  Index input = 1, output = 1, arena = 1;
  std::ostringstream declared, listed;
  for (const BatchModel& model : models) {
    input = std::max(input, model.program->nodes.front().shape.elements());
    output = std::max(output, model.program->nodes.back().shape.elements());
    arena = std::max(arena, footprint(*model.program, model.options).arena_bytes);
    declared << (declared.str().empty() ? "" : ", ") << folder_of(model);
    listed << (listed.str().empty() ? "" : ", ") << "&" << folder_of(model);
  }
  std::ostringstream out;
  out << "#ifndef BATCH_H\n#define BATCH_H\n#include <stdint.h>\n\n"
         "typedef struct {\n  int number;\n"
         "  void (*run)(const int8_t* input, int8_t* output, int8_t* arena);\n"
         "  int32_t input_bytes, output_bytes, arena_bytes, images;\n} batch_model;\n\n"
         "#ifndef BATCH_TYPE_ONLY\n"
      << "#define BATCH_INPUT_BYTES " << input << "\n#define BATCH_OUTPUT_BYTES " << output
      << "\n#define BATCH_ARENA_BYTES " << arena << "\nextern const batch_model " << declared.str()
      << ";\nstatic const batch_model* const batch_models[] = {" << listed.str() << "};\n"
      << "#endif\n\n#endif\n";
  return out.str();
}

}  // namespace

std::vector<std::string> batch_sources(std::span<const BatchModel> models) {
  std::vector<std::string> sources{"batch.c"};
  for (const BatchModel& model : models) sources.push_back(folder_of(model) + ".c");
  return sources;
}

std::vector<EmittedFile> export_batch(std::span<const BatchModel> models) {
  std::vector<EmittedFile> files{{"batch.h", header(models)},
                                 {"batch.c", std::string(embedded_text("quant/emitted/batch.c"))}};
  std::set<std::string> shared{"main.c",
                               "Makefile"};  // what the models have in common is once there
  for (const BatchModel& model : models) {
    files.push_back({folder_of(model) + ".c", entry(model)});
    for (EmittedFile& file : export_c(*model.program, model.options)) {
      const bool own = file.path == "model.c" || file.path == "model.h";
      if (own) file.path = folder_of(model) + "/" + file.path;
      if (shared.insert(file.path).second) files.push_back(std::move(file));
    }
  }
  return files;
}

}  // namespace integrad

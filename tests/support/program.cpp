#include "integrad/tests/support/program.h"

#include <doctest/doctest.h>

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "integrad/quant/process.h"

namespace integrad {

namespace {

#ifdef INTEGRAD_PROGRAM
constexpr const char* kProgram = INTEGRAD_PROGRAM;
#else
constexpr const char* kProgram = nullptr;
#endif

}  // namespace

ProgramResult run_command(const std::vector<std::string>& command) {
  // Threads that wait asleep: on a busy machine spinning ones take the time of those that work.
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  ProgramResult result;
  const ProcessResult process = run_process(command, {}, [&](std::span<const std::int8_t> piece) {
    result.out.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  result.exit_code = process.exit_code;
  result.errors = process.errors;
  return result;
}

bool have_program() {
  if (kProgram == nullptr)
    MESSAGE("skipped: built without the program (INTEGRAD_BUILD_PROGRAM=OFF)");
  return kProgram != nullptr;
}

ProgramResult run_integrad(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{kProgram};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_command(command);
}

ProgramResult run_shell(const std::string& line) {
  return run_command({"sh", "-c", line, kProgram});
}

std::string error_of(const ProgramResult& result, int exit_code) {
  CAPTURE(result.out);
  CAPTURE(result.errors);
  CHECK(result.exit_code == exit_code);
  CHECK(result.errors.starts_with("integrad"));
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
  CHECK(result.errors.ends_with('\n'));
  return result.errors;
}

std::vector<std::pair<std::string, std::string>> contents(const std::filesystem::path& folder) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files.emplace_back(entry.path().lexically_relative(folder).string(), content(entry.path()));
  std::sort(files.begin(), files.end());
  return files;
}

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace integrad

#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace integrad {

/// What a run of the program gave.
struct ProgramResult {
  int exit_code;
  std::string out, errors;
};

/// Whether the tests were built together with the program; says so on standard output when not.
bool have_program();

/// Runs a command and keeps what it writes.
ProgramResult run_command(const std::vector<std::string>& command);
/// Runs `integrad ARGUMENTS`.
ProgramResult run_integrad(const std::vector<std::string>& arguments);
/// Runs a line of the shell, in which $0 is the program.
ProgramResult run_shell(const std::string& line);

/// The error of a run that failed as every failure must: exit code 1 (2 for a command line that is
/// not understood) and exactly one line, which starts with the program's name. Checks both.
std::string error_of(const ProgramResult& result, int exit_code = 1);

/// Every file below a folder as "path" -> content.
std::vector<std::pair<std::string, std::string>> contents(const std::filesystem::path& folder);
std::string content(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace integrad

#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "integrad/tensor/shape.h"

namespace integrad::cli {

/// The flags of one subcommand. Each `add` binds a variable: it keeps its value unless the user
/// gives another one, and the help shows that value as the default. Names without dashes are
/// positional arguments. Only parser.cpp knows the library behind it, whose header takes seconds
/// to compile.
class Options {
 public:
  virtual ~Options() = default;
  virtual void add(const std::string& name, std::string& value, const std::string& help) = 0;
  virtual void add(const std::string& name, std::filesystem::path& value,
                   const std::string& help) = 0;
  virtual void add(const std::string& name, std::int64_t& value, const std::string& help) = 0;
  virtual void add(const std::string& name, std::int32_t& value, const std::string& help) = 0;
  virtual void add(const std::string& name, std::uint64_t& value, const std::string& help) = 0;
  virtual void add(const std::string& name, double& value, const std::string& help) = 0;
  /// True when the flag is there; it takes no value.
  virtual void add(const std::string& name, bool& value, const std::string& help) = 0;
  /// Values separated by commas, or the flag repeated.
  virtual void add(const std::string& name, std::vector<std::string>& values,
                   const std::string& help) = 0;
  /// The command line is refused without this one.
  virtual void require(const std::string& name) = 0;
  /// Whether the user gave it; after parsing.
  virtual bool given(const std::string& name) const = 0;
};

/// What every subcommand accepts.
struct Settings {
  int threads = 0;  ///< 0: all cores
  std::uint64_t seed = 1;
  bool quiet = false;  ///< neither progress nor remarks: results and errors only
};

/// A subcommand.
class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;  ///< two words for one inside a group: "data show"
  virtual std::string summary() const = 0;
  /// A command line that works as it stands, for the help.
  virtual std::string example() const = 0;
  /// Called once; the bound variables live in the command.
  virtual void declare(Options& options) = 0;
  /// The exit code. Throws Error.
  virtual int run(const Settings& settings) = 0;
};

std::unique_ptr<Command> make_data_synthetic();
std::unique_ptr<Command> make_data_show();
std::unique_ptr<Command> make_train();
std::unique_ptr<Command> make_quantize();
std::unique_ptr<Command> make_eval();
std::unique_ptr<Command> make_threshold();
std::unique_ptr<Command> make_predict();
std::unique_ptr<Command> make_export();
std::unique_ptr<Command> make_verify();
std::unique_ptr<Command> make_report();
std::unique_ptr<Command> make_compare();
std::unique_ptr<Command> make_golden();
std::unique_ptr<Command> make_gradcheck();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_soak();

/// Parses the command line, runs its subcommand and gives the program's exit code: 0 for success, 1
/// for a failure (one line on standard error says what and what to do), 2 for a command line that
/// is not understood.
int run_program(int argc, const char* const* argv,
                const std::vector<std::unique_ptr<Command>>& commands);

}  // namespace integrad::cli

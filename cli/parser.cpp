// The command line: the only file that includes CLI11.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <new>

#include "integrad/cli/command.h"
#include "integrad/tensor/error.h"
#include "integrad/tensor/parallel.h"
#include "integrad/train/progress.h"

namespace integrad::cli {

namespace {

constexpr int kMaxThreads = 1024;

class ParsedOptions final : public Options {
 public:
  explicit ParsedOptions(CLI::App& app) : app_(app) {}

  void add(const std::string& name, std::string& value, const std::string& help) override {
    app_.add_option(name, value, help)->capture_default_str()->type_name("TEXT");
  }
  void add(const std::string& name, std::filesystem::path& value,
           const std::string& help) override {
    app_.add_option_function<std::string>(
            name, [&value](const std::string& text) { value = text; }, help)
        ->type_name("PATH");
  }
  void add(const std::string& name, std::int64_t& value, const std::string& help) override {
    number(name, value, help, "INTEGER");
  }
  void add(const std::string& name, std::int32_t& value, const std::string& help) override {
    number(name, value, help, "INTEGER");
  }
  void add(const std::string& name, std::uint64_t& value, const std::string& help) override {
    // The conversion alone would take -1 for 2^64 - 1.
    number(name, value, help, "INTEGER")->check([](const std::string& text) {
      return text.starts_with('-') ? "is not below 0; got " + text : std::string();
    });
  }
  void add(const std::string& name, double& value, const std::string& help) override {
    number(name, value, help, "NUMBER");
  }
  void add(const std::string& name, bool& value, const std::string& help) override {
    app_.add_flag(name, value, help);
  }
  void add(const std::string& name, std::vector<std::string>& values,
           const std::string& help) override {
    CLI::Option* option = app_.add_option(name, values, help)->type_name("TEXT");
    if (name.starts_with("-")) option->delimiter(',')->allow_extra_args(false);
  }
  void require(const std::string& name) override { app_.get_option(name)->required(); }
  bool given(const std::string& name) const override { return app_.count(name) > 0; }

 private:
  template <class T>
  CLI::Option* number(const std::string& name, T& value, const std::string& help,
                      const char* type) {
    return app_.add_option(name, value, help)->capture_default_str()->type_name(type);
  }

  CLI::App& app_;
};

/// "data show" becomes the subcommand show of the group data.
CLI::App* add_subcommand(CLI::App& app, const Command& command) {
  const std::string name = command.name();
  const auto space = name.find(' ');
  if (space == std::string::npos) return app.add_subcommand(name, command.summary());
  const std::string group = name.substr(0, space);
  CLI::App* parent = nullptr;
  for (CLI::App* known : app.get_subcommands({}))
    if (known->get_name() == group) parent = known;
  if (parent == nullptr) {
    parent = app.add_subcommand(group, "Make a data set, or look at one");
    parent->require_subcommand(1);
  }
  return parent->add_subcommand(name.substr(space + 1), command.summary());
}

int report(const std::string& who, std::string what, int code) {
  for (char& c : what)
    if (c == '\n' || c == '\r') c = ' ';
  std::cout.flush();
  std::cerr << who << ": " << what << std::endl;
  return code;
}

/// The subcommands that were recognised before parsing failed: "integrad data show".
std::string parsed_name(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  return name;
}

int run_command(Command& command, const Settings& settings) {
  const std::string who = "integrad " + command.name();
  try {
    require(settings.threads >= 0 && settings.threads <= kMaxThreads, "--threads lies in 1..",
            kMaxThreads, ", or is 0 for all cores; got ", settings.threads);
    if (settings.threads > 0) set_threads(settings.threads);
    Progress::set_enabled(!settings.quiet);
    const int code = command.run(settings);
    std::cout.flush();
    require(bool(std::cout), "the output could not be written (is the disk full?)");
    return code;
  } catch (const Error& error) {
    return report(who, error.what(), 1);
  } catch (const std::bad_alloc&) {
    return report(who, "out of memory: use smaller images (--size) or a smaller --batch", 1);
  } catch (const std::exception& error) {
    return report(who, error.what(), 1);
  }
}

}  // namespace

int run_program(int argc, const char* const* argv,
                const std::vector<std::unique_ptr<Command>>& commands) {
#ifdef SIGXFSZ
  // A file size limit then shows as an error of the write, like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
#endif
  CLI::App app("Trains small segmentation networks, quantises them and emits C for devices.",
               "integrad");
  app.set_version_flag("--version", "integrad " INTEGRAD_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(36);
  app.footer("integrad SUBCOMMAND --help explains each one, with an example.");

  Settings settings;
  std::map<const CLI::App*, Command*> by_app;
  std::vector<std::unique_ptr<ParsedOptions>> options;
  for (const auto& command : commands) {
    CLI::App* sub = add_subcommand(app, *command);
    sub->footer("Example:\n  " + command->example());
    ParsedOptions& own = *options.emplace_back(std::make_unique<ParsedOptions>(*sub));
    command->declare(own);
    own.add("--threads", settings.threads, "Threads to compute with; 0: all cores");
    own.add("--seed", settings.seed, "Of all random numbers");
    own.add("--quiet", settings.quiet, "Print results and errors only");
    by_app[sub] = command.get();
  }
  if (argc <= 1) {
    std::cout << app.help();
    return report("integrad", "which subcommand? (integrad --help lists them)", 2);
  }
  const std::string first = argv[1];
  const auto known = app.get_subcommands({});
  if (!first.starts_with("-") && std::none_of(known.begin(), known.end(), [&](const CLI::App* sub) {
        return sub->check_name(first);
      }))
    return report("integrad", "there is no subcommand '" + first + "' (integrad --help lists them)",
                  2);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    const std::string who = parsed_name(app);
    return report(who, std::string(error.what()) + " (see " + who + " --help)", 2);
  }
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
  return run_command(*by_app.at(chosen), settings);
}

}  // namespace integrad::cli

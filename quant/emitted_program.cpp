#include "integrad/quant/emitted_program.h"

#include <sstream>

#include "integrad/tensor/error.h"
#include "integrad/tensor/files.h"

namespace integrad {

namespace {

std::string first_lines(const std::string& text, int lines) {
  std::string joined;
  std::istringstream stream(text);
  for (std::string line; lines-- > 0 && std::getline(stream, line);)
    joined += (joined.empty() ? "" : " | ") + line;
  return joined;
}

// A file name that cannot lead out of its folder.
std::string plain_file_name(std::string text) {
  for (char& c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '+' || c == '.';
    if (!plain) c = '_';
  }
  return text;
}

std::int32_t little_endian(const std::int8_t* bytes) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return static_cast<std::int32_t>(value);
}

/// Cuts a trace, which arrives in pieces of any size, into its records.
class RecordReader {
 public:
  explicit RecordReader(const EmittedProgram::Trace& codes) : codes_(codes) {}

  void feed(std::span<const std::int8_t> piece) {
    pending_.insert(pending_.end(), piece.begin(), piece.end());
    std::size_t at = 0;
    while (pending_.size() - at >= kHeader) {
      const std::int8_t* record = pending_.data() + at;
      const std::int32_t layer = little_endian(record), first = little_endian(record + 4),
                         count = little_endian(record + 8);
      require(layer >= -1 && first >= 0 && count >= 0, "the emitted program's trace is damaged");
      const std::size_t size = kHeader + static_cast<std::size_t>(count);
      if (pending_.size() - at < size) break;
      codes_(layer, first, {record + kHeader, static_cast<std::size_t>(count)});
      at += size;
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  bool complete() const { return pending_.empty(); }

 private:
  static constexpr std::size_t kHeader = 12;
  const EmittedProgram::Trace& codes_;
  std::vector<std::int8_t> pending_;
};

}  // namespace

void write_files(const std::filesystem::path& folder, const std::vector<EmittedFile>& files) {
  for (const EmittedFile& file : files) {
    const std::filesystem::path path = folder / file.path;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    require(!error, path.parent_path().string(), ": cannot make the folder: ", error.message());
    write_file_atomically(path, file.text);
  }
}

EmittedProgram::EmittedProgram(const std::filesystem::path& folder, Toolchain toolchain,
                               const std::string& optimization, Build build,
                               std::chrono::seconds limit, const std::vector<std::string>& sources)
    : name_(toolchain.name + " " + optimization +
            (build == Build::traced    ? " traced"
             : build == Build::counted ? " counted"
                                       : "")),
      toolchain_(std::move(toolchain)),
      limit_(limit) {
  require_installed(toolchain_);
  const std::filesystem::path place = folder / "build";
  std::error_code error;
  std::filesystem::create_directories(place, error);
  require(!error, place.string(), ": cannot make the folder: ", error.message());
  executable_ = std::filesystem::absolute(place / plain_file_name(name_));
  std::vector<std::string> command = toolchain_.compile;
  const auto append = [&](const std::vector<std::string>& words) {
    command.insert(command.end(), words.begin(), words.end());
  };
  append({"-std=c99", "-Wall", "-Wextra", "-Wpedantic", optimization, "-I" + folder.string()});
  append({"-o", executable_.string()});
  for (const std::string& source : sources) append({(folder / source).string()});
  append(toolchain_.sources);
  if (build == Build::traced) append({"-DMODEL_TRACE"});
  if (build == Build::counted) {
    require(!toolchain_.count.empty(), toolchain_.name,
            ": instructions are counted on emulated cores only");
    append({"-DMODEL_PROFILE"});
    append(toolchain_.count);
  }
  append(toolchain_.link);
  const ProcessResult result = run_process(command, {}, [](auto) {});
  require(result.exit_code == 0, "the emitted program does not compile with ", name_, ": ",
          first_lines(result.errors, 3));
}

void EmittedProgram::execute(std::span<const std::int8_t> input, const Consume& consume) const {
  std::vector<std::string> command = toolchain_.run;
  command.push_back(executable_.string());
  const ProcessResult result = with_context("the emitted program (" + name_ + ")", [&] {
    return run_process(command, input, consume, limit_);
  });
  require(result.exit_code == 0, "the emitted program (", name_, ") ended with ", result.exit_code,
          ": ", first_lines(result.errors, 1));
}

std::vector<std::int8_t> EmittedProgram::run(std::span<const std::int8_t> input) const {
  std::vector<std::int8_t> output;
  execute(input, [&](std::span<const std::int8_t> piece) {
    output.insert(output.end(), piece.begin(), piece.end());
  });
  return output;
}

void EmittedProgram::run_traced(std::span<const std::int8_t> input, const Trace& codes) const {
  RecordReader reader(codes);
  execute(input, [&](std::span<const std::int8_t> piece) { reader.feed(piece); });
  require(reader.complete(), "the emitted program (", name_, ") ended within a trace record");
}

std::vector<Index> EmittedProgram::count(std::span<const std::int8_t> input) const {
  std::string text;
  execute(input, [&](std::span<const std::int8_t> piece) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  std::vector<Index> instructions;
  std::istringstream lines(text);
  for (Index layer = 0, count = 0; lines >> layer >> count;) {
    require(layer == std::ssize(instructions) && count >= 0, "the emitted program (", name_,
            ") counts ", count, " instructions of layer ", layer, " where layer ",
            instructions.size(), " comes");
    instructions.push_back(count);
  }
  return instructions;
}

}  // namespace integrad

#include "source_rules.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace integrad::testing {

namespace {

namespace fs = std::filesystem;
using Complaints = std::vector<std::string>;

constexpr std::array<std::string_view, 6> kFolders = {"tensor", "autograd", "nn",
                                                      "quant",  "train",    "cli"};

// Position in kFolders of a path's first folder; -1 for other files.
int rank_of(std::string_view path) {
  for (std::size_t i = 0; i < kFolders.size(); ++i)
    if (path.starts_with(std::string(kFolders[i]) + "/")) return static_cast<int>(i);
  return -1;
}

bool is_core(const SourceFile& file) {
  const int rank = rank_of(file.path);
  return rank >= 0 && rank <= 3;
}

bool serves_one_isa(const SourceFile& file) {
  return file.path.find("/kernels/simd/") != std::string::npos;
}

// Names a microcontroller's instructions; emitted programs are compiled for one processor.
bool names_device_instructions(const SourceFile& file) {
  return file.path == "quant/c/dsp/lanes.h";
}

// The names after #include that stand between `open` and `close`.
std::vector<std::string> includes(const SourceFile& file, char open, char close) {
  std::vector<std::string> names;
  std::istringstream text(file.text);
  for (std::string line; std::getline(text, line);) {
    std::string packed;  // the line without blanks: "#include<vector>"
    std::ranges::copy_if(line, std::back_inserter(packed),
                         [](char c) { return c != ' ' && c != '\t'; });
    const std::string start = std::string("#include") + open;
    const std::size_t end = packed.find(close, start.size());
    if (packed.starts_with(start) && end != std::string::npos)
      names.push_back(packed.substr(start.size(), end - start.size()));
  }
  return names;
}
std::vector<std::string> quoted_includes(const SourceFile& file) {
  return includes(file, '"', '"');
}
std::vector<std::string> angle_includes(const SourceFile& file) {
  return includes(file, '<', '>');
}

bool names_an_instruction_set(const std::string& header) {
  return header.find("intrin.h") != std::string::npos || header.starts_with("arm_");
}

bool is_standard_or_posix(const std::string& header) {
  static const std::set<std::string> with_suffix = {"assert.h", "errno.h",  "fcntl.h",  "limits.h",
                                                    "math.h",   "poll.h",   "signal.h", "spawn.h",
                                                    "stdarg.h", "stddef.h", "stdint.h", "stdio.h",
                                                    "stdlib.h", "string.h", "time.h",   "unistd.h"};
  const bool bare = header.find_first_of("./") == std::string::npos;  // <vector>
  return bare || header.starts_with("sys/") || with_suffix.contains(header);
}

}  // namespace

std::vector<SourceFile> project_files(const fs::path& root) {
  static const std::set<std::string> kinds = {".cpp", ".h",  ".c",    ".cmake", ".in",
                                              ".txt", ".md", ".json", ".sh",    ""};
  std::vector<SourceFile> files;
  for (auto i = fs::recursive_directory_iterator(root); i != fs::recursive_directory_iterator();
       ++i) {
    const std::string path = i->path().lexically_relative(root).string();
    const std::string name = i->path().filename().string();
    const bool generated =
        name.starts_with("build") || name == "runs" || name == "models" || name == ".cache";
    if (i->is_directory() && (name == ".git" || (generated && i.depth() == 0)))
      i.disable_recursion_pending();
    if (!i->is_regular_file() || name == ".git" || !kinds.contains(i->path().extension().string()))
      continue;
    std::ifstream in(i->path(), std::ios::binary);
    files.push_back({path, std::string(std::istreambuf_iterator<char>(in), {})});
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

Complaints folder_order(const SourceFile& file) {
  const int own = rank_of(file.path);
  Complaints complaints;
  if (own < 0) return complaints;
  for (const std::string& name : quoted_includes(file)) {
    constexpr std::string_view kPrefix = "integrad/";
    const bool from_root = name.starts_with(kPrefix);
    const std::string target =
        from_root ? name.substr(kPrefix.size())
                  : (fs::path(file.path).parent_path() / name).lexically_normal().generic_string();
    const int other = rank_of(target);
    if (other > own || other < 0) complaints.push_back(file.path + " includes " + name);
  }
  return complaints;
}

Complaints foreign_headers(const SourceFile& file) {
  Complaints complaints;
  if (!is_core(file)) return complaints;
  const bool may_use_eigen = !file.path.starts_with("quant/");
  for (const std::string& name : angle_includes(file)) {
    const bool allowed = is_standard_or_posix(name) || name == "omp.h" ||
                         (names_an_instruction_set(name) &&
                          (serves_one_isa(file) || names_device_instructions(file))) ||
                         (name.starts_with("Eigen/") && may_use_eigen);
    if (!allowed) complaints.push_back(file.path + " includes <" + name + ">");
  }
  return complaints;
}

Complaints intrinsics(const SourceFile& file) {
  Complaints complaints;
  const bool compares_them = file.path.starts_with("bench/kernel_choice/");
  if (serves_one_isa(file) || names_device_instructions(file) || compares_them) return complaints;
  for (const std::string& name : angle_includes(file))
    if (names_an_instruction_set(name))
      complaints.push_back(file.path + " includes <" + name + ">");
  return complaints;
}

Complaints shared_inline_functions(const SourceFile& file) {
  Complaints complaints;
  const bool wide = file.path.ends_with(".h") || file.path.find("/avx") != std::string::npos;
  if (!serves_one_isa(file) || !wide) return complaints;
  // These declare; they define no function that a wider instruction set could enter.
  static const std::set<std::string> declarations = {"cstddef", "cstdint", "cstring"};
  for (const std::string& name : angle_includes(file))
    if (!declarations.contains(name) && !names_an_instruction_set(name))
      complaints.push_back(file.path + " includes <" + name + ">");
  for (const std::string& name : quoted_includes(file))
    if (name.find("/kernels/simd/") == std::string::npos)
      complaints.push_back(file.path + " includes " + name);
  return complaints;
}

Complaints machine_paths(const SourceFile& file) {
  // What may stand before a slash inside a longer path, an address or a closing tag.
  constexpr std::string_view kInsidePath =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.<>)}/-";
  Complaints complaints;
  // Pieced together, so that this file obeys its own rule.
  for (const char* name : {"home", "root", "work", "Users", "mnt", "tmp"}) {
    const std::string folder = "/" + std::string(name) + "/";
    for (std::size_t at = file.text.find(folder); at != std::string::npos;
         at = file.text.find(folder, at + 1))
      if (at == 0 || kInsidePath.find(file.text[at - 1]) == std::string_view::npos)
        complaints.push_back(file.path + " names a folder of one machine: " + folder);
  }
  return complaints;
}

Complaints unsettled_merges(const SourceFile& file) {
  Complaints complaints;
  for (const char mark : {'<', '>'})  // pieced together, so that this file obeys its own rule
    if (("\n" + file.text).find("\n" + std::string(7, mark) + " ") != std::string::npos)
      complaints.push_back(file.path + " holds a line that a merge left");
  return complaints;
}

Complaints types_defined_twice(const std::vector<SourceFile>& files) {
  static const std::regex type(R"(\n(?:class|struct) (\w+)[^;\n]*\{)");
  Complaints complaints;
  std::map<std::string, std::string> places;
  for (const SourceFile& file : files) {
    if (!file.path.starts_with("tests/support/") || !file.path.ends_with(".h")) continue;
    for (std::sregex_iterator at(file.text.begin(), file.text.end(), type), end; at != end; ++at) {
      const auto [first, added] = places.emplace((*at)[1], file.path);
      if (!added)
        complaints.push_back(first->second + " and " + file.path + " both define " + first->first);
    }
  }
  return complaints;
}

Complaints line_links(const SourceFile& page,
                      const std::function<std::string(const std::string&)>& read) {
  static const std::regex link(R"(\[`([^`\]]+)`\]\(([^)#]+)#L([0-9]+)\))");
  Complaints complaints;
  for (std::sregex_iterator at(page.text.begin(), page.text.end(), link), end; at != end; ++at) {
    const std::string name = (*at)[1];
    const long wanted = std::stol((*at)[3]);
    const fs::path path = (fs::path(page.path).parent_path() / (*at)[2].str()).lexically_normal();
    std::istringstream text(read(path.generic_string()));
    std::string line, found;
    bool there = false;
    for (long number = 1; std::getline(text, line); ++number) {
      if (line.find(name + "(") == std::string::npos) continue;
      there = there || number == wanted;
      found += " " + std::to_string(number);
    }
    if (!there)
      complaints.push_back(page.path + ": " + path.generic_string() + " line " + (*at)[3].str() +
                           " does not hold " + name + (found.empty() ? "" : "; these do:" + found));
  }
  return complaints;
}

Complaints missing_of_training(const SourceFile& cmake,
                               const std::function<std::string(const std::string&)>& read) {
  const std::size_t begin = cmake.text.find("set(training ");
  if (begin == std::string::npos) return {cmake.path + " holds no set(training ...)"};
  std::istringstream list(cmake.text.substr(begin, cmake.text.find(')', begin) - begin));
  std::set<std::string> names;
  for (std::string name; list >> name;) names.insert(name);
  names.erase("set(training");
  const std::string folder = "integrad/train/";
  Complaints complaints;
  for (const std::string& name : names) {
    const SourceFile source{"train/" + name + ".cpp", read("train/" + name + ".cpp")};
    if (source.text.empty()) complaints.push_back(cmake.path + ": there is no " + source.path);
    for (const std::string& header : quoted_includes(source)) {
      if (!header.starts_with(folder)) continue;
      const std::string other = fs::path(header).stem().string();
      if (!names.contains(other) && !read("train/" + other + ".cpp").empty())
        complaints.push_back(cmake.path + ": " + source.path + " uses train/" + other +
                             ".cpp, which set(training ...) lacks");
    }
  }
  return complaints;
}

bool is_source(const SourceFile& file) {
  const std::string suffix = fs::path(file.path).extension().string();
  return suffix == ".cpp" || suffix == ".h" || suffix == ".c";
}

long count_lines(const SourceFile& file) {
  return std::count(file.text.begin(), file.text.end(), '\n');
}

long median(std::vector<long> counts) {
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  return *middle;
}

}  // namespace integrad::testing

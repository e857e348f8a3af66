// Guards the speed of the hot kernels without a clock: the instructions that each executes, counted
// by valgrind, against those stored beside this file.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "../support/program.h"
#include "../support/temporary_folder.h"
#include "integrad/quant/process.h"

using namespace integrad;

namespace {

constexpr double kTolerance = 0.10;

// Counts depend on what the compiler makes of the source.
std::string compiler() {
#if defined(__clang__)
  return "clang-" + std::to_string(__clang_major__);
#else
  return "gcc-" + std::to_string(__GNUC__);
#endif
}

using Counts = std::map<std::string, double>;

// Lines "compiler kernel instructions"; # begins a remark.
Counts stored(const std::string& text) {
  Counts counts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string whose, kernel;
    double count = 0;
    if (words >> whose >> kernel >> count && whose == compiler()) counts[kernel] = count;
  }
  return counts;
}

// The number after "totals:" of each of callgrind's dumps, one for each kernel.
Counts counted(const std::string& names, const std::filesystem::path& folder) {
  Counts counts;
  std::istringstream lines(names);
  int dump = 0;
  for (std::string name; std::getline(lines, name);) {
    const std::string text = content(folder / ("count." + std::to_string(++dump)));
    const std::size_t at = text.rfind("\ntotals: ");
    REQUIRE_MESSAGE(at != std::string::npos, "no count for " << name);
    counts[name] = std::stod(text.substr(at + 9));
  }
  return counts;
}

// What a change of the kernels did to their counts; empty when all is well.
std::vector<std::string> complaints(const Counts& before, const Counts& now) {
  std::vector<std::string> found;
  for (const auto& [kernel, count] : now) {
    const auto old = before.find(kernel);
    if (old == before.end())
      found.push_back(kernel + " has no stored count");
    else if (count > old->second * (1 + kTolerance))
      found.push_back(kernel + " executes " + std::to_string(count / old->second) +
                      " times as many instructions as stored");
  }
  for (const auto& entry : before)
    if (!now.contains(entry.first)) found.push_back(entry.first + " was not counted");
  return found;
}

std::string as_lines(const Counts& counts) {
  std::ostringstream text;
  for (const auto& [kernel, count] : counts)
    text << compiler() << " " << kernel << " " << static_cast<long long>(count) << "\n";
  return text.str();
}

}  // namespace

TEST_CASE("more than a tenth more instructions is a complaint") {
  const Counts before{{"a", 100}, {"b", 100}};
  CHECK(complaints(before, {{"a", 109}, {"b", 10}}).empty());
  CHECK(complaints(before, {{"a", 112}, {"b", 100}}).size() == 1);
  CHECK(complaints(before, {{"a", 100}}).size() == 1);
  CHECK(complaints(before, {{"a", 1}, {"b", 1}, {"c", 1}}).size() == 1);
}

TEST_CASE("the hot kernels execute no more instructions than stored, within a tenth") {
#if !defined(INTEGRAD_HOT_KERNELS) || !defined(__x86_64__)
  MESSAGE("skipped: instructions are counted in optimised x86-64 builds only");
#else
  if (!on_path("valgrind")) {
    MESSAGE("skipped: valgrind is not installed");
    return;
  }
  const TemporaryFolder folder;
  std::string names;
  const ProcessResult result = run_process(
      {"env", "INTEGRAD_ISA=avx2", "valgrind", "--tool=callgrind", "--collect-atstart=no",
       "--toggle-collect=integrad_counted", "--dump-after=integrad_counted",
       "--callgrind-out-file=" + (folder / "count").string(), INTEGRAD_HOT_KERNELS},
      {}, [&](std::span<const std::int8_t> piece) {
        names.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      });
  INFO(result.errors);
  if (result.errors.find("does not offer it") != std::string::npos) {
    MESSAGE("skipped: valgrind offers no AVX2 on this processor");
    return;
  }
  REQUIRE(result.exit_code == 0);
  const Counts now = counted(names, folder.path());
  CHECK(now.size() > 10);
  const Counts before = stored(content(INTEGRAD_SOURCE_DIR "/tests/bench/instruction_counts.txt"));
  if (before.empty()) {
    MESSAGE("skipped: no counts are stored for ", compiler(), "; they are\n", as_lines(now));
    return;
  }
  for (const std::string& complaint : complaints(before, now)) FAIL_CHECK(complaint);
  for (const auto& [kernel, count] : before)
    if (now.contains(kernel) && now.at(kernel) < count * (1 - kTolerance))
      MESSAGE(kernel, " has become faster; store its new count");
  if (!complaints(before, now).empty()) MESSAGE("counted now:\n", as_lines(now));
#endif
}

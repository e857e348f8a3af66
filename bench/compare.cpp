// integrad_compare --out NAME --commit TEXT --date TEXT: reads the lines that scripts/bench
// collected from standard input and writes NAME.json and NAME.md: medians over the rounds, and what
// the peers took against ours. A ratio above 1 says how many times faster ours is.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <tuple>

#include "integrad/bench/measure.h"
#include "integrad/tensor/error.h"
#include "integrad/tensor/files.h"
#include "integrad/train/format.h"

namespace {

using namespace integrad;
using nlohmann::json;

constexpr const char* kOurs = "integrad";

struct Key {
  std::string task;
  int threads;
  std::string program;
  auto operator<=>(const Key&) const = default;
};
struct Summary {
  std::vector<double> medians;  ///< one a round, ms
  double least_ms = 1e30, gflop = 0;
  long peak_rss_mb = 0;
  double median() const {
    std::vector<double> sorted = medians;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

/// The PyTorch program names what it did by its options.
Key key_of(const json& line) {
  if (!line.contains("peer")) return {line.at("task"), line.at("threads"), line.at("program")};
  std::ostringstream task;
  task << line.at("mode").get<std::string>() << "/" << line.at("size") << " batch "
       << line.at("batch") << "/float";
  return {task.str(), line.at("threads"),
          line.at("peer").get<std::string>() + " " + line.at("format").get<std::string>()};
}

struct Results {
  std::map<Key, Summary> all;
  std::vector<json> limits;

  void read(std::istream& in) {
    int number = 0;
    for (std::string text; std::getline(in, text);) {
      ++number;
      if (text.empty()) continue;
      try {
        const json line = json::parse(text);
        if (line.contains("limits")) {
          limits.push_back(line);
          continue;
        }
        Summary& summary = all[key_of(line)];
        summary.medians.push_back(line.at("median_ms"));
        summary.least_ms = std::min(summary.least_ms, line.at("min_ms").get<double>());
        summary.gflop = line.at("gflop");
        summary.peak_rss_mb = std::max(summary.peak_rss_mb, line.at("peak_rss_mb").get<long>());
      } catch (const json::exception& error) {
        fail("standard input, line ", number, ": is no result (", error.what(), ")");
      }
    }
    require(!all.empty(), "standard input holds no results");
  }

  const Summary* find(const Key& key) const {
    const auto found = all.find(key);
    return found == all.end() ? nullptr : &found->second;
  }
};

/// A peer's task that answers ours: the same, or for int8 its other ways, for bf16 float.
bool answers(const std::string& ours, const std::string& theirs) {
  if (ours == theirs) return true;
  if (ours.ends_with("/bf16")) return theirs == ours.substr(0, ours.size() - 4) + "float";
  const std::string ending = "/int8";
  if (!ours.ends_with(ending)) return false;
  const std::string stem = ours.substr(0, ours.size() - ending.size());
  return theirs == stem + "/uint8" || (ours.starts_with("infer/") && theirs == stem + "/float");
}

std::string last_part(const std::string& task) {
  return task.substr(task.rfind('/') + 1);
}

std::string milliseconds(double value) {
  return format_fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

void write_peers(std::ostream& out, const Results& results, bool layers) {
  out << "| what | threads | integrad ms | GFLOP/s | MB | peer | peer ms | peer MB | "
         "peer / integrad | least / least |\n|---|--:|--:|--:|--:|---|--:|--:|--:|--:|\n";
  for (const auto& [key, ours] : results.all) {
    if (key.program != kOurs || key.task.starts_with("layer/") != layers) continue;
    bool alone = true;
    const auto write = [&](const Key& mine, const Summary& us, const std::string& peer,
                           const Summary* them) {
      out << "| " << mine.task << " | " << mine.threads << " | " << milliseconds(us.median())
          << " | " << format_fixed(us.gflop / us.median() * 1e3, 0) << " | "
          << (layers ? "" : std::to_string(us.peak_rss_mb)) << " | " << peer << " | ";
      if (them == nullptr) {
        out << "| | | |\n";
        return;
      }
      out << milliseconds(them->median()) << " | "
          << (layers ? "" : std::to_string(them->peak_rss_mb)) << " | "
          << format_fixed(them->median() / us.median(), 2) << " | "
          << format_fixed(them->least_ms / us.least_ms, 2) << " |\n";
    };
    for (const auto& [other, theirs] : results.all) {
      if (other.program == kOurs || other.threads != key.threads || !answers(key.task, other.task))
        continue;
      const bool same = other.task == key.task;
      write(key, ours, other.program + (same ? "" : ", " + last_part(other.task)), &theirs);
      alone = false;
    }
    if (alone) write(key, ours, "", nullptr);
  }
}

void write_threads(std::ostream& out, const Results& results) {
  out << "| what | 1 thread ms | 2 threads ms | times faster |\n|---|--:|--:|--:|\n";
  for (const auto& [key, one] : results.all) {
    const Summary* two = results.find({key.task, 2, key.program});
    if (key.program != kOurs || key.threads != 1 || two == nullptr) continue;
    if (key.task.starts_with("layer/")) continue;
    out << "| " << key.task << " | " << milliseconds(one.median()) << " | "
        << milliseconds(two->median()) << " | " << format_fixed(one.median() / two->median(), 2)
        << " |\n";
  }
}

void write_quantized(std::ostream& out, const Results& results) {
  out << "| what | threads | float ms | folded float ms | ranges fixed | ranges tracked | folded "
         "MB | fixed MB |\n|---|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const auto& [key, folded] : results.all) {
    const std::string ending = "/float-folded";
    if (key.program != kOurs || !key.task.starts_with("train/") || !key.task.ends_with(ending))
      continue;
    const std::string stem = key.task.substr(0, key.task.size() - ending.size());
    const auto step = [&](const char* kind) {
      return results.find({stem + kind, key.threads, kOurs});
    };
    const Summary *plain = step("/float"), *fixed = step("/qat"), *tracked = step("/qat-tracking");
    if (plain == nullptr || fixed == nullptr || tracked == nullptr) continue;
    out << "| " << stem << " | " << key.threads << " | " << milliseconds(plain->median()) << " | "
        << milliseconds(folded.median()) << " | "
        << format_fixed(fixed->median() / folded.median(), 2) << " | "
        << format_fixed(tracked->median() / folded.median(), 2) << " | " << folded.peak_rss_mb
        << " | " << fixed->peak_rss_mb << " |\n";
  }
}

/// What a pixel costs at each size.
void write_sizes(std::ostream& out, const Results& results) {
  out << "| what | threads | pixels | ms | ns a pixel |\n|---|--:|--:|--:|--:|\n";
  std::map<std::tuple<std::string, int, long>, double> rows;
  for (const auto& [key, summary] : results.all) {
    const bool train = key.task.starts_with("train/");
    if (key.program != kOurs || (!train && !key.task.starts_with("infer/"))) continue;
    const std::size_t slash = key.task.find('/');
    const long size = std::stol(key.task.substr(slash + 1)),
               batch = std::stol(key.task.substr(key.task.find("batch ") + 6));
    rows[{key.task.substr(0, slash + 1) + last_part(key.task), key.threads, size * size * batch}] =
        summary.median();
  }
  for (const auto& [row, ms] : rows) {
    const auto& [what, threads, pixels] = row;
    out << "| " << what << " | " << threads << " | " << pixels << " | " << milliseconds(ms) << " | "
        << format_fixed(ms * 1e6 / static_cast<double>(pixels), 1) << " |\n";
  }
}

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

json to_json(const Results& results) {
  json all = json::array();
  for (const auto& [key, summary] : results.all)
    all.push_back({{"program", key.program},
                   {"task", key.task},
                   {"threads", key.threads},
                   {"median_ms", summary.median()},
                   {"rounds_ms", summary.medians},
                   {"min_ms", summary.least_ms},
                   {"gflop", summary.gflop},
                   {"peak_rss_mb", summary.peak_rss_mb}});
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string out = bench::option(argc, argv, "out", ""),
                      commit = bench::option(argc, argv, "commit", ""),
                      date = bench::option(argc, argv, "date", "");
    require(!out.empty(), "--out names the files to write");
    Results results;
    results.read(std::cin);
    const unsigned cores = std::thread::hardware_concurrency();

    std::ostringstream page;
    page << "# Benchmarks\n\n"
         << date << ", commit " << commit << ", " << processor() << ", cores: " << cores
         << ".\nMedians over rounds in which the programs ran in turn; docs/benchmarks.md says how "
            "to read them.\n\n## Limits\n\n| threads | instruction set | GFLOP/s | int8 GOP/s | "
            "read GB/s | "
            "write GB/s | stream GB/s |\n|--:|---|--:|--:|--:|--:|--:|\n";
    for (const json& l : results.limits)
      page << "| " << l.at("threads") << " | " << l.at("limits").get<std::string>() << " | "
           << l.at("gflops") << " | " << l.at("int8_gops") << " | " << l.at("read_gbs") << " | "
           << l.at("write_gbs") << " | " << l.at("stream_gbs") << " |\n";
    page << "\n## Whole network\n\n";
    write_peers(page, results, false);
    page << "\n## Threads\n\n";
    write_threads(page, results);
    page << "\n## Quantisation-aware steps, against the float step of the same folded network\n\n";
    write_quantized(page, results);
    page << "\n## Cost by size\n\n";
    write_sizes(page, results);
    page << "\n## Layers\n\n";
    write_peers(page, results, true);

    const json record{{"date", date},   {"commit", commit},         {"processor", processor()},
                      {"cores", cores}, {"limits", results.limits}, {"results", to_json(results)}};
    write_file_atomically(out + ".json", record.dump(1) + "\n");
    write_file_atomically(out + ".md", page.str());
    std::cout << page.str();
  } catch (const std::exception& error) {
    std::cerr << "integrad_compare: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

#pragma once
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

/// Timing and the one line of JSON that each timed thing prints: what scripts/bench collects. Of
/// the standard library alone, so that peers' programs need nothing else.
namespace integrad::bench {

struct Timing {
  double median_ms, min_ms;
};

/// Runs twice without a clock, then `repeats` times.
template <class F>
Timing measure(int repeats, F&& run) {
  run();
  run();
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front()};
}

/// What was timed: `task` and `threads` name it among all programs that do it.
struct Record {
  std::string program;  ///< "integrad", "oneDNN 2.6.3"
  std::string task;     ///< "layer/3x3 16 to 16 at 960/forward"
  int threads;
  Timing timing;
  double gflop;  ///< operations of one run, 1e9
};

inline void print(const Record& record) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"program\":\"%s\",\"task\":\"%s\",\"threads\":%d,\"median_ms\":%.4f,\"min_ms\":%.4f,"
      "\"gflop\":%.4f,\"peak_rss_mb\":%ld}\n",
      record.program.c_str(), record.task.c_str(), record.threads, record.timing.median_ms,
      record.timing.min_ms, record.gflop, usage.ru_maxrss / 1024);
  std::fflush(stdout);
}

/// The value after `--name` on the command line, else `fallback`.
inline std::string option(int argc, char** argv, const std::string& name,
                          const std::string& fallback) {
  for (int i = 1; i + 1 < argc; ++i)
    if (argv[i] == "--" + name) return argv[i + 1];
  return fallback;
}
inline int option(int argc, char** argv, const std::string& name, int fallback) {
  return std::atoi(option(argc, argv, name, std::to_string(fallback)).c_str());
}

}  // namespace integrad::bench

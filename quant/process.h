#pragma once
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "integrad/tensor/shape.h"

namespace integrad {

struct ProcessResult {
  int exit_code;       ///< 128 + signal when it was killed
  std::string errors;  ///< what it wrote to standard error (the first 64 KiB)
};

inline constexpr std::chrono::seconds kNoLimit{0};

/// Runs a program found on PATH, feeds it `input`, hands its standard output to `consume` piece by
/// piece as it comes, and waits. Throws Error when it cannot be started, and when it has not ended
/// within the limit, after which it is killed.
ProcessResult run_process(const std::vector<std::string>& command,
                          std::span<const std::int8_t> input,
                          const std::function<void(std::span<const std::int8_t>)>& consume,
                          std::chrono::seconds limit = kNoLimit);

/// Whether a program of this name is on PATH.
bool on_path(const std::string& program);

}  // namespace integrad

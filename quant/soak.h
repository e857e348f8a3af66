#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "integrad/tensor/shape.h"

namespace integrad {

struct SoakOptions {
  std::uint64_t seed = 1;
  int first = 0;                       ///< number of the first model
  int graphs = 1;                      ///< so many from there on
  std::filesystem::path folder;        ///< for the emitted projects; made and emptied by the caller
  std::vector<std::string> compilers;  ///< of the emitted C, names on PATH; none: it is left out
  std::vector<std::string> devices;    ///< emulated cores for it, by name
  std::string optimization = "-O1";
  /// Models compiled by one call. 100 would not fit the 512 KB of code of the emulated Cortex-M55.
  int batch = 50;
  /// Called with the number of models done.
  std::function<void(int)> on_progress = {};
};

/// Where two paths part: a model to repeat alone.
struct SoakDifference {
  int graph;
  std::string target, path, layer, operation;
};

struct SoakReport {
  int graphs = 0;
  std::map<std::string, Index> operators;  ///< layers met, by operation
  Index bytes = 0, differences = 0;        ///< codes compared
  Index lowest = 0, highest = 0;           ///< of them codes -128 and 127
  std::optional<SoakDifference> first;
};

/// Compares the training-time forward with the integer runner (for every target, every layer) and
/// with the compiled emitted C (for the targets in turn, every layer and the output), byte for
/// byte, over random models and images. Throws Error when an emitted program does not compile or
/// writes beyond its memory.
SoakReport soak(const SoakOptions& options);

}  // namespace integrad

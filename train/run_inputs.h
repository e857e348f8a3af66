#pragma once
#include <filesystem>
#include <string>

#include "integrad/train/detect.h"

namespace integrad {

/// What a training run reads; kept in its folder, so that it can be resumed without being told
/// again.
struct RunInputs {
  std::filesystem::path data;
  DatasetOptions options;
  std::filesystem::path model;  ///< the float model that it starts from; empty: from nothing

  Dataset load() const { return load_dataset(data, options); }
};

/// JSON, every setting by name, the paths absolute.
std::string to_json(const RunInputs& inputs);
/// Throws Error for an unknown name or a value of the wrong kind or beyond its type's range, naming
/// it.
RunInputs run_inputs_from_json(const std::string& text);

}  // namespace integrad

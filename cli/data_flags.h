#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "integrad/cli/command.h"
#include "integrad/train/run_inputs.h"

namespace integrad::cli {

/// The flags that say which images a subcommand reads.
class DataFlags {
 public:
  void declare(Options& options);
  /// The folder and how to read it; `inputs.model` is left empty.
  RunInputs inputs() const;
  /// Stored inputs with what the user gave in their place; without any, as inputs().
  RunInputs inputs_over(const std::optional<RunInputs>& stored) const;
  Dataset load() const { return inputs().load(); }
  /// CHASE_DB1's drawings by the second observer, of the same photographs.
  bool has_second_observer() const;
  Dataset load_second_observer() const;

 private:
  const Options* options_ = nullptr;
  RunInputs inputs_;
  std::string split_ = "20/8";
  std::vector<std::function<void(RunInputs&)>> setters_;
};

/// The part of a data set that a user names: "train" or "test". Throws Error for another name and
/// for a part without images.
const std::vector<Sample>& part_of(const Dataset& dataset, const std::string& part);

}  // namespace integrad::cli

#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace integrad {

/// What a Decathlon task says of itself in dataset.json.
struct DecathlonIndex {
  std::string name;                            ///< of the task; may be empty
  std::map<std::int32_t, std::string> labels;  ///< "1": "Anterior"; empty when it names none
  std::map<std::int32_t, std::string> modalities;
  std::vector<std::string> images;  ///< files of imagesTr to train on; empty when it lists none
};

/// The task's dataset.json; nothing where there is none. Throws Error naming the file when it is no
/// JSON object, when a part of it is of another kind than the Decathlon's, and when a training
/// image lies elsewhere than in imagesTr.
std::optional<DecathlonIndex> read_decathlon_index(const std::filesystem::path& folder);

}  // namespace integrad

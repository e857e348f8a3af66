#pragma once
#include <filesystem>
#include <optional>

#include "integrad/tensor/shape.h"

namespace integrad::cli {

/// What a folder made for use holds beside its model card (scripts/publish).
inline constexpr const char* kPublishedInt8 = "int8.safetensors";
inline constexpr const char* kPublishedFloat = "float.safetensors";

/// The file that a user means by --model: a file, as it is; a folder's int8.safetensors, if it was
/// made for use; a run's model.safetensors. Throws Error for a folder that holds neither.
std::filesystem::path model_file(const std::filesystem::path& given);
/// The float model beside the quantised one, where the folder was made for use.
std::optional<std::filesystem::path> float_model_beside(const std::filesystem::path& given);
/// The diameter of the field of view in the images that a published model was trained on, in
/// pixels, from its model.json; 0 for other models. Throws Error for a damaged file.
Index published_field_of_view(const std::filesystem::path& given);

}  // namespace integrad::cli

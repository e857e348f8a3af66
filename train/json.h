#pragma once
#include <nlohmann/json.hpp>
#include <string_view>

namespace integrad {

/// JSON that is read: a hostile file may hold very many keys, and each is looked up.
using JsonInput = nlohmann::json;
/// JSON that is written, its fields in the order in which they are added.
using JsonOutput = nlohmann::ordered_json;

/// The one parser: what it takes to compile is more than most files that use it. Text that is no
/// JSON gives a value that is_discarded(). `watch` is called for what is found, at its depth, and
/// may throw, or answer false to drop it.
JsonInput parse_json(std::string_view text, const JsonInput::parser_callback_t& watch = nullptr);
/// The same; throws JsonInput::parse_error, which says where `text` is wrong.
JsonInput parse_valid_json(std::string_view text,
                           const JsonInput::parser_callback_t& watch = nullptr);

}  // namespace integrad

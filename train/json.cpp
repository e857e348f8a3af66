#include "integrad/train/json.h"

namespace integrad {

namespace {

JsonInput parsed(std::string_view text, const JsonInput::parser_callback_t& watch, bool throws) {
  return JsonInput::parse(text.data(), text.data() + text.size(), watch, throws);
}

}  // namespace

JsonInput parse_json(std::string_view text, const JsonInput::parser_callback_t& watch) {
  return parsed(text, watch, false);
}

JsonInput parse_valid_json(std::string_view text, const JsonInput::parser_callback_t& watch) {
  return parsed(text, watch, true);
}

}  // namespace integrad

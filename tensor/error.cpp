#include "integrad/tensor/error.h"

#include <sstream>

namespace integrad::detail {

void Part::print_text(std::ostream& out, const void* text) {
  out << static_cast<const char*>(text);
}

void fail_with(std::initializer_list<Part> parts) {
  std::ostringstream text;
  for (const Part& part : parts) text << part;
  throw Error(text.str());
}

}  // namespace integrad::detail

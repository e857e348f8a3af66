#pragma once
#include <concepts>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "integrad/tensor/shape.h"

namespace integrad {

/// Every failure that a user can cause. The text is one line: who, the rule, the values.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Error with the parts written one after the other (numbers, strings, shapes).
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw Error(text.str());
}

/// The always-on check: nothing is formatted unless `ok` is false.
template <class... Parts>
void require(bool ok, const Parts&... parts) {
  if (!ok) [[unlikely]]
    fail(parts...);
}

/// Converts between integer types; throws Error when the value does not fit.
template <std::integral To, std::integral From>
To narrow(From value) {
  require(std::in_range<To>(value), "integer ", +value, " does not fit its type");
  return static_cast<To>(value);
}

}  // namespace integrad

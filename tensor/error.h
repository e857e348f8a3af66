#pragma once
#include <concepts>
#include <initializer_list>
#include <memory>
#include <ostream>
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

namespace detail {

/// One part of a message, of any type that a stream prints. A message is put together by one
/// function for all of them: most of what a check costs to compile would be code that never runs.
class Part {
 public:
  template <class T>
  Part(const T& value) : value_(std::addressof(value)), print_(&print<T>) {}
  /// Text in quotes has a type for every length.
  template <std::size_t size>
  Part(const char (&text)[size]) : value_(text), print_(&print_text) {}

  friend std::ostream& operator<<(std::ostream& out, const Part& part) {
    part.print_(out, part.value_);
    return out;
  }

 private:
  template <class T>
  static void print(std::ostream& out, const void* value) {
    out << *static_cast<const T*>(value);
  }
  static void print_text(std::ostream& out, const void* text);

  const void* value_;
  void (*print_)(std::ostream&, const void*);
};

[[noreturn]] void fail_with(std::initializer_list<Part> parts);

}  // namespace detail

/// Throws Error with the parts written one after the other (numbers, strings, shapes).
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  detail::fail_with({detail::Part(parts)...});
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

#include "integrad/train/format.h"

#include <charconv>
#include <cmath>

namespace integrad {

namespace {

std::string to_text(double value, std::chars_format format, int precision) {
  char text[512];  // the largest double has 309 digits before the point
  const auto end = std::to_chars(text, text + sizeof text, value, format, precision);
  return {text, end.ptr};
}

}  // namespace

std::string format_fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "\u2013";
  return to_text(value, std::chars_format::fixed, decimals);
}

std::string format_count(Index value) {
  std::string digits = std::to_string(value);
  const std::ptrdiff_t first = value < 0 ? 1 : 0;
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > first; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string format_bytes(Index bytes) {
  if (bytes < 1024) return format_count(bytes) + (bytes == 1 ? " byte" : " bytes");
  const double kibibytes = static_cast<double>(bytes) / 1024;
  if (kibibytes < 1024) return format_fixed(kibibytes, 1) + " KiB";
  return format_fixed(kibibytes / 1024, 2) + " MiB";
}

std::string format_tick(double value, double step) {
  if (value == 0) return "0";
  // Below 0.0005 a fixed number is mostly zeros.
  if (step < 5e-4) {
    int decimals = 0;
    while (decimals < 3 &&
           std::fabs(std::strtod(to_text(value, std::chars_format::scientific, decimals).c_str(),
                                 nullptr) -
                     value) > step * 1e-3)
      ++decimals;
    return to_text(value, std::chars_format::scientific, decimals);
  }
  int decimals = 0;
  double unit = 1;
  while (decimals < 4 && std::fabs(step / unit - std::round(step / unit)) > 1e-6) {
    unit /= 10;
    ++decimals;
  }
  return to_text(value, std::chars_format::fixed, decimals);
}

}  // namespace integrad

#pragma once
#include <chrono>
#include <string>

#include "integrad/tensor/shape.h"

namespace integrad {

/// A line on standard error for work of more than two seconds: what, a bar, steps, time left. On a
/// terminal it is redrawn in place; elsewhere a line appears every ten seconds. Of nested ones only
/// the outermost shows. Never part of a result.
class Progress {
 public:
  /// `done` steps are done already (a resumed run); they do not count for the time left.
  Progress(std::string what, Index steps, Index done = 0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Ends the line.
  ~Progress();

  /// Marks steps as done; `note` is shown behind the bar ("loss 0.213").
  void advance(Index steps = 1, const std::string& note = {});
  /// Silences every Progress of this process (--quiet, tests).
  static void set_enabled(bool enabled);

 private:
  void draw(const std::string& note);
  using Clock = std::chrono::steady_clock;

  std::string what_;
  Index steps_, first_, done_;
  Clock::time_point start_, drawn_;
  bool terminal_, outermost_, shown_ = false;
};

/// "4 s", "3 min 20 s", "1 h 05 min".
std::string format_duration(double seconds);

}  // namespace integrad

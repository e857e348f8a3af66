#include "integrad/train/progress.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>

namespace integrad {

namespace {

std::atomic<bool> g_enabled{true};
// Work inside other work stays silent: one line at a time.
std::atomic<int> g_active{0};

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::string format_duration(double duration) {
  const long long total = std::llround(duration);
  char text[48];
  if (total < 60)
    std::snprintf(text, sizeof text, "%lld s", total);
  else if (total < 3600)
    std::snprintf(text, sizeof text, "%lld min %02lld s", total / 60, total % 60);
  else
    std::snprintf(text, sizeof text, "%lld h %02lld min", total / 3600, total / 60 % 60);
  return text;
}

Progress::Progress(std::string what, Index steps, Index done)
    : what_(std::move(what)),
      steps_(std::max<Index>(steps, 1)),
      first_(done),
      done_(done),
      start_(Clock::now()),
      drawn_(start_),
      terminal_(isatty(STDERR_FILENO) != 0),
      outermost_(g_active++ == 0) {}

Progress::~Progress() {
  --g_active;
  if (!shown_ || !g_enabled) return;
  const std::string took = format_duration(seconds(Clock::now() - start_));
  std::fprintf(stderr, terminal_ ? "\r\033[K%s: %lld of %lld in %s\n" : "%s: %lld of %lld in %s\n",
               what_.c_str(), static_cast<long long>(done_), static_cast<long long>(steps_),
               took.c_str());
}

void Progress::advance(Index steps, const std::string& note) {
  done_ = std::min(steps_, done_ + steps);
  const auto now = Clock::now();
  // Short work stays silent; a terminal is redrawn four times a second at most.
  const double since_start = seconds(now - start_), since_drawn = seconds(now - drawn_);
  const bool due = shown_ ? since_drawn >= (terminal_ ? 0.25 : 10.0) : since_start >= 1.0;
  if (!g_enabled || !outermost_ || !due) return;
  shown_ = true;
  drawn_ = now;
  draw(note);
}

void Progress::draw(const std::string& note) {
  constexpr int kWidth = 24;
  const double share = static_cast<double>(done_) / static_cast<double>(steps_);
  const int filled = static_cast<int>(share * kWidth);
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(kWidth - filled), '.');
  const double left = seconds(drawn_ - start_) * static_cast<double>(steps_ - done_) /
                      static_cast<double>(std::max<Index>(done_ - first_, 1));
  std::fprintf(stderr, "%s%s [%s] %lld/%lld, %s left%s%s%s", terminal_ ? "\r\033[K" : "",
               what_.c_str(), bar.c_str(), static_cast<long long>(done_),
               static_cast<long long>(steps_), format_duration(left).c_str(),
               note.empty() ? "" : ", ", note.c_str(), terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void Progress::set_enabled(bool enabled) {
  g_enabled = enabled;
}

}  // namespace integrad

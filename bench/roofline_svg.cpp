#include "integrad/bench/roofline_svg.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "integrad/train/format.h"
#include "integrad/train/html.h"
#include "integrad/train/svg_plot.h"

namespace integrad::bench {

namespace {

// Units of the drawing.
constexpr double kTop = 60, kRow = 13, kLabel = 235, kBars = 420, kGap = 90, kPlane = 420;
constexpr double kPlaneLeft = kLabel + kBars + kGap, kWidth = kPlaneLeft + kPlane + 20;

std::string number(double value) {
  return format_fixed(value, 1);
}

std::string rectangle(const char* kind, double x, double y, double width, double height) {
  return std::string("<rect class=\"") + kind + "\" x=\"" + number(x) + "\" y=\"" + number(y) +
         "\" width=\"" + number(width) + "\" height=\"" + number(height) + "\"/>";
}
std::string line(const char* kind, double x1, double y1, double x2, double y2) {
  return std::string("<line class=\"") + kind + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) +
         "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) + "\"/>";
}
std::string label(double x, double y, const char* anchor, const std::string& value) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" +
         escape_html(value) + "</text>";
}

std::string describe(const ProfiledOperator& o) {
  return o.layer + ", " + o.operation + ": " + format_fixed(1e3 * o.forward, 2) + " ms forward, " +
         format_fixed(1e3 * o.backward, 2) + " ms backward, at least " +
         format_fixed(1e3 * o.least(), 2) + " ms";
}

void draw_bars(std::ostream& out, const std::vector<ProfiledOperator>& operators, double bottom) {
  double longest = 0;
  for (const ProfiledOperator& o : operators)
    longest = std::max(longest, 1e3 * std::max(o.seconds(), o.least()));
  const Ticks ticks = axis_ticks(0, longest, 6);
  const double scale = kBars / ticks.high;
  for (int i = 0; i < ticks.count(); ++i) {
    const double x = kLabel + scale * ticks.at(i);
    out << line("grid", x, kTop, x, bottom)
        << label(x, bottom + 14, "middle", format_tick(ticks.at(i), ticks.step)) << "\n";
  }
  out << label(kLabel + kBars / 2, bottom + 30, "middle", "milliseconds in one step") << "\n";
  double y = kTop;
  for (const ProfiledOperator& o : operators) {
    const double forward = 1e3 * scale * o.forward, backward = 1e3 * scale * o.backward;
    const double least = kLabel + 1e3 * scale * o.least();
    out << "<g><title>" << escape_html(describe(o)) << "</title>"
        << label(kLabel - 6, y + kRow - 3, "end", o.layer + " " + o.operation)
        << rectangle("forward", kLabel, y + 2, forward, kRow - 4)
        << rectangle("backward", kLabel + forward, y + 2, backward, kRow - 4)
        << line("limit", least, y + 0.5, least, y + kRow - 0.5) << "</g>\n";
    y += kRow;
  }
}

// Both axes are logarithmic.
struct LogAxis {
  double low, high, from, to;
  double operator()(double value) const {
    return from + (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low)) *
                      (to - from);
  }
};

void draw_plane(std::ostream& out, const std::vector<ProfiledOperator>& operators,
                const Limits& limits) {
  const LogAxis x{0.1, 1000, kPlaneLeft, kPlaneLeft + kPlane};
  const LogAxis y{1, std::pow(10, std::ceil(std::log10(limits.gflops))), kTop + 360, kTop};
  for (double mark = x.low; mark <= x.high * 1.01; mark *= 10)
    out << line("grid", x(mark), y.to, x(mark), y.from)
        << label(x(mark), y.from + 14, "middle", format_tick(mark, mark)) << "\n";
  for (double mark = y.low; mark <= y.high * 1.01; mark *= 10)
    out << line("grid", x.from, y(mark), x.to, y(mark))
        << label(x.from - 6, y(mark) + 4, "end", format_tick(mark, mark)) << "\n";
  out << label((x.from + x.to) / 2, y.from + 30, "middle",
               "operations per byte moved (operands once)")
      << label(x.from, y.to - 8, "start", "GFLOP/s") << "\n";
  const double knee = limits.gflops / limits.read_gbs;
  const double start = std::max(x.low, y.low / limits.read_gbs);
  out << line("limit", x(start), y(start * limits.read_gbs), x(knee), y(limits.gflops))
      << line("limit", x(knee), y(limits.gflops), x.to, y(limits.gflops)) << "\n";
  double longest = 0;
  for (const ProfiledOperator& o : operators) longest = std::max(longest, o.seconds());
  for (const ProfiledOperator& o : operators) {
    const double bytes = o.cost.bytes_read + o.cost.bytes_written;
    if (o.cost.flop <= 0 || o.seconds() <= 0) continue;
    const double at = std::clamp(o.cost.flop / bytes, x.low, x.high);
    const double speed = std::clamp(1e-9 * o.cost.flop / o.seconds(), y.low, y.high);
    out << "<circle class=\"operator\" cx=\"" << number(x(at)) << "\" cy=\"" << number(y(speed))
        << "\" r=\"" << number(2 + 12 * std::sqrt(o.seconds() / longest)) << "\"><title>"
        << escape_html(describe(o)) << "</title></circle>\n";
  }
}

}  // namespace

std::string draw_roofline(const std::string& title, const std::vector<ProfiledOperator>& operators,
                          const Limits& limits) {
  const double bottom = kTop + std::max(380.0, kRow * static_cast<double>(operators.size()));
  std::ostringstream out;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << number(kWidth) << " "
      << number(bottom + 40)
      << "\" role=\"img\">\n<style>"
         "text{font:10px sans-serif;fill:#333}"
         ".title{font-size:14px}.grid{stroke:#ddd}.limit{stroke:#c00;stroke-width:2}"
         ".forward{fill:#4477aa}.backward{fill:#88bbdd}"
         ".operator{fill:#4477aa;fill-opacity:.5;stroke:#4477aa}"
         "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      << "<text class=\"title\" x=\"10\" y=\"20\">" << escape_html(title) << "</text>\n"
      << rectangle("forward", kLabel, 32, 10, 10) << label(kLabel + 15, 41, "start", "forward")
      << rectangle("backward", kLabel + 75, 32, 10, 10)
      << label(kLabel + 90, 41, "start", "backward")
      << line("limit", kLabel + 155, 31, kLabel + 155, 43)
      << label(kLabel + 163, 41, "start", "the machine's limit for both") << "\n";
  draw_bars(out, operators, bottom);
  draw_plane(out, operators, limits);
  out << "</svg>\n";
  return out.str();
}

}  // namespace integrad::bench

#include "integrad/train/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "integrad/tensor/error.h"
#include "integrad/train/format.h"
#include "integrad/train/html.h"

namespace integrad {

namespace {

// Units of the drawing; the page scales it.
constexpr double kWidth = 400, kHeight = 260;
constexpr double kLeft = 52, kRight = 388, kTop = 34, kBottom = 216;
constexpr std::size_t kMarkedPoints = 24;  // with more, a line is clearer without dots

/// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is at least `least`.
double round_step(double least, bool whole) {
  double power = 1;
  while (power > least) power /= 10;
  while (power * 10 <= least) power *= 10;
  for (const double factor : {1.0, 2.0, 2.5, 5.0})
    if (power * factor >= least * (1 - 1e-9) && !(whole && factor == 2.5)) return power * factor;
  return power * 10;
}

Ticks ticks(double low, double high, int wanted, bool whole) {
  require(std::isfinite(low) && std::isfinite(high) && low <= high && std::isfinite(high - low),
          "an axis needs finite ends in order; got ", low, " and ", high);
  require(wanted >= 2, "an axis needs at least two marks; got ", wanted);
  if (low == high) {
    const double margin = low == 0 ? 1 : std::fabs(low) * 0.1;
    low -= margin;
    high += margin;
  }
  double step = round_step((high - low) / (wanted - 1), whole);
  if (whole) step = std::max(step, 1.0);
  // A point that lies on a mark but for rounding does not need the next one.
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step};
}

/// Lowest and highest finite value.
struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// A straight map from values to the drawing.
struct Scale {
  double from, to, low, high;
  double operator()(double value) const {
    return low + (value - from) / (to - from) * (high - low);
  }
};

std::string point(double value) {
  return format_fixed(value, 1);
}

void draw_axes(std::ostream& out, const LinePlot& plot, const Ticks& across, const Ticks& up,
               const Scale& x, const Scale& y) {
  for (int i = 0; i < up.count(); ++i) {
    const std::string height = point(y(up.at(i)));
    out << "<line class=\"grid\" x1=\"" << kLeft << "\" x2=\"" << kRight << "\" y1=\"" << height
        << "\" y2=\"" << height << "\"/><text class=\"tick\" text-anchor=\"end\" x=\"" << kLeft - 7
        << "\" y=\"" << point(y(up.at(i)) + 4) << "\">" << format_tick(up.at(i), up.step)
        << "</text>\n";
  }
  for (int i = 0; i < across.count(); ++i) {
    const std::string at = point(x(across.at(i)));
    out << "<line class=\"axis\" x1=\"" << at << "\" x2=\"" << at << "\" y1=\"" << kBottom
        << "\" y2=\"" << kBottom + 5 << "\"/><text class=\"tick\" text-anchor=\"middle\" x=\"" << at
        << "\" y=\"" << kBottom + 18 << "\">" << format_tick(across.at(i), across.step)
        << "</text>\n";
  }
  out << "<line class=\"axis\" x1=\"" << kLeft << "\" x2=\"" << kRight << "\" y1=\"" << kBottom
      << "\" y2=\"" << kBottom << "\"/>\n<text class=\"label\" text-anchor=\"middle\" x=\""
      << point((kLeft + kRight) / 2) << "\" y=\"" << kHeight - 6 << "\">"
      << escape_html(plot.x_label) << "</text>\n";
}

void draw_series(std::ostream& out, const PlotSeries& series, std::size_t number, const Scale& x,
                 const Scale& y) {
  std::ostringstream path, dots;
  std::size_t points = 0;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
    const std::string across = point(x(series.x[i])), up = point(y(series.y[i]));
    path << (points++ == 0 ? "M" : "L") << across << " " << up;
    dots << "<circle class=\"dot" << number << "\" r=\"2.6\" cx=\"" << across << "\" cy=\"" << up
         << "\"><title>" << escape_html(series.label) << ": " << format_fixed(series.y[i], 4)
         << "</title></circle>\n";
  }
  if (points == 0) return;
  out << "<path class=\"line" << number << "\" d=\"" << path.str() << "\"/>\n";
  if (points <= kMarkedPoints) out << dots.str();
}

}  // namespace

int Ticks::count() const {
  return static_cast<int>(std::lround((high - low) / step)) + 1;
}

Ticks axis_ticks(double low, double high, int wanted) {
  return ticks(low, high, wanted, false);
}

Ticks whole_ticks(double low, double high, int wanted) {
  return ticks(low, high, wanted, true);
}

std::string draw_svg(const LinePlot& plot) {
  Extent across, up;
  for (const PlotSeries& series : plot.series) {
    require(series.x.size() == series.y.size(), "series '", series.label, "' has ", series.x.size(),
            " x and ", series.y.size(), " y");
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (std::isfinite(series.x[i]) && std::isfinite(series.y[i])) {
        across.add(series.x[i]);
        up.add(series.y[i]);
      }
  }
  std::ostringstream out;
  out << "<svg class=\"plot\" viewBox=\"0 0 " << kWidth << " " << kHeight
      << "\" role=\"img\" aria-label=\"" << escape_html(plot.title) << "\">\n"
      << "<text class=\"heading\" x=\"8\" y=\"18\">" << escape_html(plot.title) << "</text>\n";
  if (across.empty()) {
    out << "<text class=\"label\" text-anchor=\"middle\" x=\"" << kWidth / 2 << "\" y=\""
        << kHeight / 2 << "\">no values</text>\n</svg>\n";
    return out.str();
  }
  for (const double value : plot.include_x) across.add(value);
  for (const double value : plot.include_y) up.add(value);

  const Ticks vertical = axis_ticks(up.low, up.high, 5);
  const Ticks horizontal = whole_ticks(across.low, across.high, 6);
  const Scale x{horizontal.low, horizontal.high, kLeft, kRight};
  const Scale y{vertical.low, vertical.high, kBottom, kTop};
  draw_axes(out, plot, horizontal, vertical, x, y);
  for (std::size_t i = 0; i < plot.series.size(); ++i) draw_series(out, plot.series[i], i, x, y);
  out << "</svg>\n";
  return out.str();
}

}  // namespace integrad

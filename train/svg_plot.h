#pragma once
#include <string>
#include <vector>

namespace integrad {

/// A line of a chart. Points that are not finite are left out; the line runs on.
struct PlotSeries {
  std::string label;
  std::vector<double> x, y;
};

/// A line chart with axes, ticks and labels, for a page that holds the style of its classes
/// (report_style.h): colours follow the page, light or dark.
struct LinePlot {
  std::string title, x_label;
  std::vector<PlotSeries> series;
  /// What the axes must show at least, beside the points.
  std::vector<double> include_x, include_y;
};

/// Where an axis is marked: multiples of 1, 2, 2.5 or 5 times a power of ten, about `wanted` of
/// them, the first at or below `low`, the last at or above `high`. Throws Error unless both are
/// finite and low <= high; an interval of no width is widened.
struct Ticks {
  double low = 0, high = 1, step = 1;
  int count() const;  ///< of marks, both ends included
  double at(int i) const { return low + step * i; }
};
Ticks axis_ticks(double low, double high, int wanted);
/// The same with whole numbers only.
Ticks whole_ticks(double low, double high, int wanted);

/// The <svg> element; without any point it says so. Throws Error when a series' x and y differ in
/// number.
std::string draw_svg(const LinePlot& plot);

}  // namespace integrad

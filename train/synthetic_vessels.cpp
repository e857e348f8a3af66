#include "integrad/train/synthetic_vessels.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "integrad/tensor/elementary.h"

namespace integrad::detail {

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kStep = 0.004;          // of a growing tip
constexpr double kThinnest = 0.0012;     // radius at which a vessel ends
constexpr double kMaculaRadius = 0.055;  // without vessels
constexpr double kLongestVessel = 0.9;
constexpr std::size_t kMostVessels = 400;

/// Where a vessel starts, and how it will bend.
struct Tip {
  double x, y, heading, radius;
  double curvature;  // radians per unit length, fading over the vessel's length
  int parent;
  bool artery;
};

struct Point {
  double x, y, radius;
};

double cube_root(double v) {
  return v <= 0 ? 0 : elementary::pow(v, 1.0 / 3);
}

class Raster {
 public:
  Raster(Index size, const EyePlan& plan)
      : size_(size),
        plan_(plan),
        map_(static_cast<std::size_t>(size * size), {1e9f, 0, -1, false}) {}

  const VesselPixel& at(double x, double y) const {
    auto clamp = [&](double v) {
      return std::clamp<Index>(static_cast<Index>(std::floor(v * static_cast<double>(size_))), 0,
                               size_ - 1);
    };
    return map_[static_cast<std::size_t>(clamp(y) * size_ + clamp(x))];
  }
  double coverage() const {
    return static_cast<double>(inside_) / (static_cast<double>(size_) * static_cast<double>(size_));
  }
  VesselMap take() { return std::move(map_); }

  /// Draws the stretch from a to b. A vessel is at least a pixel wide.
  void draw(const Point& a, const Point& b, int id, bool artery) {
    const double scale = static_cast<double>(size_);
    const double ax = a.x * scale, ay = a.y * scale, dx = b.x * scale - ax, dy = b.y * scale - ay;
    const double radius = std::max(0.5 * (a.radius + b.radius) * scale, 0.5);
    const double margin = radius + 1.5, length = dx * dx + dy * dy;
    auto first = [&](double v) {
      return std::max<Index>(0, static_cast<Index>(std::floor(v - margin)));
    };
    auto last = [&](double v) {
      return std::min<Index>(size_ - 1, static_cast<Index>(std::floor(v + margin)));
    };
    for (Index y = first(std::min(ay, ay + dy)); y <= last(std::max(ay, ay + dy)); ++y)
      for (Index x = first(std::min(ax, ax + dx)); x <= last(std::max(ax, ax + dx)); ++x) {
        const double px = static_cast<double>(x) + 0.5, py = static_cast<double>(y) + 0.5;
        const double cx = px - plan_.centre * scale, cy = py - plan_.centre * scale;
        if (cx * cx + cy * cy > plan_.radius * plan_.radius * scale * scale) continue;
        const double t =
            std::clamp(((px - ax) * dx + (py - ay) * dy) / std::max(length, 1e-9), 0.0, 1.0);
        const double ox = px - ax - t * dx, oy = py - ay - t * dy;
        const double offset = std::sqrt(ox * ox + oy * oy) / radius;
        VesselPixel& pixel = map_[static_cast<std::size_t>(y * size_ + x)];
        if (offset >= static_cast<double>(pixel.offset) || offset * radius > margin) continue;
        inside_ += offset <= 1 && !(pixel.offset <= 1) ? 1 : 0;
        pixel = {static_cast<float>(offset), static_cast<float>(radius),
                 static_cast<std::int16_t>(id), artery};
      }
  }

 private:
  Index size_;
  const EyePlan& plan_;
  VesselMap map_;
  Index inside_ = 0;
};

std::vector<Tip> trunks(const EyePlan& plan, Draws& draws) {
  std::vector<Tip> tips;
  for (bool artery : {false, true})
    for (double vertical : {-1.0, 1.0})
      for (double side : {1.0, -1.0}) {  // temporal trunks are the wider ones, and arch more
        const bool temporal = side > 0;
        const double outward = side * plan.temporal;
        // The angle from the vertical, turned outward; paired vessels leave a little apart.
        const double lean =
            draws.uniform(-0.1, 0.15) + (artery ? 0.35 : 0.0) + (temporal ? 0.0 : 0.45);
        const double turn = temporal ? draws.uniform(3.6, 4.6) : draws.uniform(0.4, 2.0);
        const double width =
            (artery ? 0.0056 : 0.0074) * (temporal ? 1.0 : 0.8) * draws.uniform(0.9, 1.1);
        // Headings run clockwise on the screen from +x: up is -pi/2.
        const double heading = vertical * (kPi / 2) - vertical * outward * lean;
        tips.push_back({plan.disc_x + plan.disc_radius * draws.uniform(-0.25, 0.25),
                        plan.disc_y + vertical * plan.disc_radius * draws.uniform(0.05, 0.3),
                        heading, width, -vertical * outward * turn, -1, artery});
      }
  return tips;
}

/// Follows one tip to its end; branches are appended to `tips`.
std::vector<Point> grow(const Tip& tip, int id, const EyePlan& plan, const Raster& raster,
                        std::vector<Tip>& tips, Draws& draws) {
  std::vector<Point> path{{tip.x, tip.y, tip.radius}};
  double heading = tip.heading, radius = tip.radius, bias = 0;
  double until_branch = draws.uniform(0.03, 0.09), side = draws.sign();
  // Slow meandering: a sum of two waves, stronger in veins and in thin vessels.
  const double sway = (tip.artery ? 3.2 : 4.2) * draws.uniform(0.6, 1.3);
  const double wave = draws.uniform(28, 45), phase = draws.uniform(0, 2 * kPi);
  const double wave2 = draws.uniform(70, 110), phase2 = draws.uniform(0, 2 * kPi);
  // NOLINTNEXTLINE(clang-analyzer-security.FloatLoopCounter): the steps' rounding does not matter
  for (double length = kStep; length < kLongestVessel; length += kStep) {
    const double fade = 1 / (1 + 2.5 * length);
    heading +=
        kStep * (tip.curvature * fade + bias + sway * elementary::sin(wave * length + phase) +
                 0.8 * sway * elementary::sin(wave2 * length + phase2));
    bias *= 0.96;
    radius *= 1 - kStep * 0.8;
    const Point next{path.back().x + kStep * elementary::cos(heading),
                     path.back().y + kStep * elementary::sin(heading), radius};
    const double mx = next.x - plan.macula_x, my = next.y - plan.macula_y;
    const double cx = next.x - plan.centre, cy = next.y - plan.centre;
    if (radius < kThinnest || mx * mx + my * my < kMaculaRadius * kMaculaRadius) break;
    if (cx * cx + cy * cy > plan.radius * plan.radius) {
      path.push_back(next);
      break;
    }
    // Vessels of one kind do not cross: the thinner one ends, and joins if it is close.
    const VesselPixel& met = raster.at(next.x, next.y);
    const bool away = length > 0.03 && (tip.parent >= 0 || length > 0.2);
    if (away && met.offset <= 1 && met.artery == tip.artery && met.id != tip.parent) break;
    path.push_back(next);

    until_branch -= kStep;
    if (until_branch > 0) continue;
    const double share = draws.uniform(0.32, 0.82), child = radius * share;
    const double angle = draws.uniform(0.5, 1.15) * (1.2 - 0.5 * share);
    until_branch = draws.uniform(0.025, 0.07);
    side = draws.uniform(0, 1) < 0.7 ? -side : side;
    if (child < 1.15 * kThinnest) continue;
    tips.push_back({next.x, next.y, heading + side * angle, child, -side * draws.uniform(-0.6, 2.2),
                    id, tip.artery});
    bias = -side * angle * share * share * 6;  // the parent yields to the other side
    radius *= cube_root(1 - share * share * share) * 0.25 + 0.75;
  }
  return path;
}

}  // namespace

EyePlan plan_eye(Draws& draws) {
  EyePlan plan{};
  plan.centre = 0.5;
  plan.radius = draws.uniform(0.47, 0.485);
  plan.temporal = draws.sign();
  plan.disc_x = plan.centre - plan.temporal * draws.uniform(0.17, 0.24);
  plan.disc_y = plan.centre + draws.uniform(-0.05, 0.04);
  plan.disc_radius = draws.uniform(0.068, 0.08);
  plan.macula_x = plan.disc_x + plan.temporal * draws.uniform(0.34, 0.38);
  plan.macula_y = plan.disc_y + draws.uniform(0.01, 0.05);
  plan.coverage = draws.uniform(0.075, 0.1);
  return plan;
}

VesselMap grow_vessels(const EyePlan& plan, Index size, Draws& draws) {
  Raster raster(size, plan);
  std::vector<Tip> waiting = trunks(plan, draws);
  for (int id = 0; id < static_cast<int>(kMostVessels) && !waiting.empty(); ++id) {
    const auto widest =
        std::max_element(waiting.begin(), waiting.end(), [](const Tip& a, const Tip& b) {
          return a.radius <
                 b.radius;  // the first of equals: the order never depends on anything else
        });
    const Tip tip = *widest;
    waiting.erase(widest);
    const std::vector<Point> path = grow(tip, id, plan, raster, waiting, draws);
    for (std::size_t i = 1; i < path.size(); ++i) {
      raster.draw(path[i - 1], path[i], id, tip.artery);
      if (raster.coverage() >= plan.coverage) return raster.take();
    }
  }
  return raster.take();
}

}  // namespace integrad::detail

#pragma once
#include <cstdint>
#include <vector>

#include "integrad/tensor/random.h"
#include "integrad/tensor/shape.h"

namespace integrad::detail {

/// Consecutive draws from a counter-based generator.
class Draws {
 public:
  explicit Draws(Random random) : random_(random) {}
  double uniform(double low, double high) { return random_.uniform(next_++, low, high); }
  double sign() { return uniform(0, 1) < 0.5 ? -1.0 : 1.0; }

 private:
  Random random_;
  std::uint64_t next_ = 0;
};

/// The landmarks of a synthetic eye; lengths and positions as fractions of the image's side.
struct EyePlan {
  double centre, radius;               // of the round field of view
  double disc_x, disc_y, disc_radius;  // the optic disc, where the vessels enter
  double macula_x, macula_y;           // the centre of sight, without vessels
  double temporal;  // +1 or -1: the direction along x from the disc to the macula
  double coverage;  // fraction of all pixels that vessels shall cover
};
EyePlan plan_eye(Draws& draws);

/// For each pixel the vessel it is closest to, in that vessel's own measure.
struct VesselPixel {
  float offset;     // distance from the centre line divided by the vessel's radius; <= 1 inside
  float radius;     // of the vessel there, in pixels; 0 where none is near
  std::int16_t id;  // which vessel
  bool artery;      // else a vein
};
using VesselMap = std::vector<VesselPixel>;  // size * size, row by row

/// Grows the vessels: four pairs of trunks leave the optic disc and arch over the retina; each
/// vessel tapers, meanders and gives off branches whose radii obey Murray's law (the cubes add up).
/// Wide ones come first, until the coverage is reached.
VesselMap grow_vessels(const EyePlan& plan, Index size, Draws& draws);

}  // namespace integrad::detail

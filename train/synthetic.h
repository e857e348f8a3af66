#pragma once
#include <cstdint>

#include "integrad/train/dataset.h"

namespace integrad {

/// Pictures that resemble photographs of the retina, with exact vessel masks: to try the whole way
/// from training to a device without any download. A round field of view on black, uneven light,
/// textured orange-red background, bright optic disc, darker macula, branching arteries and veins
/// with a central light reflex, slight blur and noise. Vessels cover 6 to 12 % of the pixels; the
/// mask is 1 where a pixel's centre lies within the vessel's radius of its centre line.
/// The same arguments give the same pixels on every machine; an image depends on its own number
/// alone, not on how many are made. Throws Error for a size outside 32 .. 4096 or negative counts.
Dataset make_synthetic(std::uint64_t seed, Index size, Index train_count, Index test_count);

}  // namespace integrad

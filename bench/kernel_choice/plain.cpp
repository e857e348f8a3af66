#include "integrad/bench/kernel_choice/tiles.h"

namespace integrad::bench {

void plain_row(std::int64_t width, const float* x, const float* filter, float* y) {
  const std::int64_t row = (width + 2) * kChannels;
  for (std::int64_t ox = 0; ox < width; ox += kTile) {
    float sum[kTile][kChannels] = {};
    const float* w = filter;
    for (int ky = 0; ky < 3; ++ky)
      for (int ci = 0; ci < kChannels; ++ci)
        for (int kx = 0; kx < 3; ++kx, w += kChannels)
          for (int p = 0; p < kTile; ++p) {
            const float value = x[ky * row + (ox + p + kx) * kChannels + ci];
            for (int co = 0; co < kChannels; ++co)
              sum[p][co] = __builtin_fmaf(value, w[co], sum[p][co]);
          }
    for (int p = 0; p < kTile; ++p)
      for (int co = 0; co < kChannels; ++co) y[(ox + p) * kChannels + co] = sum[p][co];
  }
}

}  // namespace integrad::bench

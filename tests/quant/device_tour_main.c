/* The walks through the kernels on a device: one line with INTEGRAD_FOLDED_BIAS, the checksum of
 * all portable kernels, and those of the kernels that this processor runs. */
#include <stdio.h>

#include "integrad/tests/quant/device_tour.h"

int main(void) {
  static tour_log log;
  const device_tour_result result = device_tour();
  printf("%d %lu", INTEGRAD_FOLDED_BIAS, (unsigned long)device_tour_portable(&log));
  for (int i = 0; i < DEVICE_TOUR_KERNELS; ++i) printf(" %lu", (unsigned long)result.sums[i]);
  printf("\n");
  return 0;
}

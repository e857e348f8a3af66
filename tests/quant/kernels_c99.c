#define INTEGRAD_DSP_EMULATED
#include "device_tour.h"

/* Called from C++. */
void kernel_tour_c99(tour_log* log);
device_tour_result device_tour_c99(void);
/* The language this file was compiled as: 199901. */
int32_t kernels_c99_version(void);

void kernel_tour_c99(tour_log* log) {
  kernel_tour(log);
}

device_tour_result device_tour_c99(void) {
  return device_tour();
}

int32_t kernels_c99_version(void) {
  return (int32_t)__STDC_VERSION__;
}

#define INTEGRAD_DSP_EMULATED
#include "device_tour.h"

/* Called from C++. */
void kernel_tour_c99(tour_log* log);
device_tour_result device_tour_c99(void);
uint32_t device_tour_portable_c99(tour_log* log);
/* The language this file was compiled as: 199901. */
int32_t kernels_c99_version(void);

void kernel_tour_c99(tour_log* log) {
  kernel_tour(log);
}

device_tour_result device_tour_c99(void) {
  return device_tour();
}

uint32_t device_tour_portable_c99(tour_log* log) {
  return device_tour_portable(log);
}

int32_t kernels_c99_version(void) {
  return (int32_t)__STDC_VERSION__;
}

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "device_tour.h"

extern "C" {
void kernel_tour_c99(tour_log* log);
device_tour_result device_tour_c99();
std::uint32_t device_tour_portable_c99(tour_log* log);
std::int32_t kernels_c99_version();
}

// The C file is compiled with every warning an error and with undefined behaviour trapped, so that
// it compiles and returns at all is half of the test.
TEST_CASE("the integer kernels give the same bytes as C99 and as C++") {
  CHECK(kernels_c99_version() == 199901);
  const auto c = std::make_unique<tour_log>(), cpp = std::make_unique<tour_log>();
  kernel_tour_c99(c.get());
  kernel_tour(cpp.get());
  REQUIRE(c->used == cpp->used);
  REQUIRE(c->used > 15000);
  REQUIRE(c->used <= TOUR_BYTES);
  CHECK(std::equal(c->bytes, c->bytes + c->used, cpp->bytes));
  CHECK(device_tour_portable_c99(c.get()) == device_tour_portable(cpp.get()));
}

// In the C file the DSP instructions are emulated.
TEST_CASE("the kernels for devices give the portable kernels' bytes, as C99") {
  const device_tour_result portable = device_tour(), emulated = device_tour_c99();
  CHECK(INTEGRAD_FOLDED_BIAS == 0);
  CHECK(std::ranges::equal(portable.sums, emulated.sums));
}

TEST_CASE("not a number becomes the zero point, and infinities saturate") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(integrad_quantize(std::numeric_limits<float>::quiet_NaN(), 0.5f, 7) == 7);
  CHECK(integrad_quantize(infinity, 0.5f, 7) == 127);
  CHECK(integrad_quantize(-infinity, 0.5f, 7) == -128);
}

#include "integrad/quant/parts.h"

#include <doctest/doctest.h>

using namespace integrad;

TEST_CASE("every buffer lies in one bank") {
  const Part part{"two banks", {100, 60}, 1000};
  CHECK(fits({.arena = 100, .input = 30, .output = 20, .constants = 0, .reserved = 10}, part));
  CHECK(fits({.arena = 90, .input = 50, .output = 10, .constants = 0, .reserved = 10}, part));
  // 160 bytes in sum are not enough for an arena of 101.
  CHECK_FALSE(fits({.arena = 101, .input = 1, .output = 1, .constants = 0, .reserved = 1}, part));
  CHECK_FALSE(fits({.arena = 61, .input = 61, .output = 1, .constants = 0, .reserved = 1}, part));
}

TEST_CASE("constants lie in flash, or in working memory where there is none") {
  Needs needs{.arena = 50, .input = 10, .output = 10, .constants = 31, .reserved = 0};
  CHECK(fits(needs, {"flash", {70}, 31}));
  CHECK_FALSE(fits(needs, {"less flash", {70}, 30}));
  CHECK_FALSE(fits(needs, {"none", {100}, 0}));
  CHECK(fits(needs, {"none", {101}, 0}));
}

TEST_CASE("the named parts have the banks of their data sheets") {
  Index largest = 0;
  for (const Part& part : parts()) {
    CHECK_FALSE(part.banks.empty());
    if (part.name == "STM32H743")
      for (const Index bank : part.banks) largest = std::max(largest, bank);
  }
  CHECK(largest == 512 * 1024);
  CHECK(parts().size() == 6);
}

#include "integrad/tensor/isa.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "integrad/tensor/error.h"
#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;

TEST_CASE("instruction sets have names") {
  for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) CHECK(parse_isa(name(isa)) == isa);
  CHECK_THROWS_WITH_AS(parse_isa("sse9"),
                       "an instruction set is one of avx512, avx2, baseline; got 'sse9'", Error);
}

TEST_CASE("only an available instruction set can be chosen") {
  const testing::Settings settings;
  const std::vector<Isa> all = available_isas();
  CHECK(all.front() == Isa::baseline);
  for (Isa wanted : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    if (std::find(all.begin(), all.end(), wanted) == all.end()) {
      CHECK_THROWS_AS(set_isa(wanted), Error);
    } else {
      set_isa(wanted);
      CHECK(isa() == wanted);
    }
  }
}

#include "integrad/quant/target.h"

#include <string>

#include "integrad/tensor/error.h"

namespace integrad {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{
      {"cmsis-nn", "CMSIS-NN and TFLM, default build: double rounding", INTEGRAD_ROUNDING_DOUBLE},
      {"cmsis-nn-single", "the same kernels built with single rounding", INTEGRAD_ROUNDING_SINGLE},
      {"cmsis-nn-per-tensor",
       "as cmsis-nn, one scale for all weights of a layer",
       INTEGRAD_ROUNDING_DOUBLE,
       {127, false}},
      {"cmsis-nn-4-bit", "as cmsis-nn, weights of -7 to 7", INTEGRAD_ROUNDING_DOUBLE, {7, true}},
  };
  return all;
}

std::span<const Target> rounding_targets() {
  return std::span(targets()).first(2);
}

const Target& find_target(std::string_view name) {
  std::string known;
  for (const Target& target : targets()) {
    if (target.name == name) return target;
    known += (known.empty() ? "" : ", ") + std::string(target.name);
  }
  fail("there is no target '", name, "'; known: ", known);
}

}  // namespace integrad

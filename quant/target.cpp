#include "integrad/quant/target.h"

#include <string>

#include "integrad/tensor/error.h"

namespace integrad {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{
      {"cmsis-nn", "CMSIS-NN and TFLM, default build: double rounding", INTEGRAD_ROUNDING_DOUBLE},
      {"cmsis-nn-single", "the same kernels built with single rounding", INTEGRAD_ROUNDING_SINGLE},
  };
  return all;
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

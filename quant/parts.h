#pragma once
#include <string_view>
#include <vector>

#include "integrad/quant/qgraph.h"

namespace integrad {

/// A device's memory. A bank is contiguous: a buffer lies in one bank.
struct Part {
  std::string_view name;
  std::vector<Index> banks;  ///< working memory, bytes
  Index flash;  ///< for code and constants; 0: constants lie in working memory, code not counted
};

/// STM32F407, STM32F446, STM32L4R5, STM32H743, Spresense, IMX500.
const std::vector<Part>& parts();

/// What a program asks of a device, in bytes; code is not counted.
struct Needs {
  Index arena = 0, input = 0, output = 0;
  Index constants = 0;
  Index reserved = 4096;  ///< for the stack and the caller's variables
};

/// Whether the arena, the input, the output and the reserved bytes each find room in one bank (the
/// largest first, each in the fullest bank that still has room) and the constants in flash.
bool fits(const Needs& needs, const Part& part);

}  // namespace integrad

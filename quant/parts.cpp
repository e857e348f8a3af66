#include "integrad/quant/parts.h"

#include <algorithm>

namespace integrad {

const std::vector<Part>& parts() {
  constexpr Index kKilo = 1024, kMega = 1024 * kKilo;
  static const std::vector<Part> all{
      {"STM32F407", {112 * kKilo, 16 * kKilo, 64 * kKilo}, 1 * kMega},
      {"STM32F446", {128 * kKilo}, 512 * kKilo},
      {"STM32L4R5", {640 * kKilo}, 2 * kMega},
      {"STM32H743", {512 * kKilo, 288 * kKilo, 128 * kKilo, 64 * kKilo}, 2 * kMega},
      {"Spresense", {1536 * kKilo}, 0},
      {"IMX500", {8 * kMega}, 0},
  };
  return all;
}

bool fits(const Needs& needs, const Part& part) {
  std::vector<Index> buffers{needs.arena, needs.input, needs.output, needs.reserved};
  if (part.flash == 0)
    buffers.push_back(needs.constants);
  else if (needs.constants > part.flash)
    return false;
  std::ranges::sort(buffers, std::greater<>());
  std::vector<Index> room = part.banks;
  for (const Index bytes : buffers) {
    std::ranges::sort(room);
    const auto bank = std::ranges::find_if(room, [&](Index free) { return free >= bytes; });
    if (bank == room.end()) return false;
    *bank -= bytes;
  }
  return true;
}

}  // namespace integrad

#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace integrad {

/// The SHA-256 of a sequence of bytes (FIPS 180-4), to name weights and files by what they hold.
class Sha256 {
 public:
  void add(std::span<const std::uint8_t> bytes);
  /// A 32-bit number, its lowest byte first, on every machine.
  void add(std::uint32_t number);
  /// 64 hexadecimal digits. Nothing can be added afterwards.
  std::string finish();

 private:
  void compress();

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace integrad

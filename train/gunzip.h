#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace integrad {

/// Whether the bytes begin like a gzip file.
bool is_gzip(std::span<const std::uint8_t> bytes);

/// The first `size` bytes that a gzip file expands to; no more are ever held, whatever the file
/// expands to. Throws Error when it is damaged before that or ends early. `whole` also asks that it
/// ends where they end, with the right checksum.
std::vector<std::uint8_t> gunzip(std::span<const std::uint8_t> bytes, std::uint64_t size,
                                 bool whole);

}  // namespace integrad

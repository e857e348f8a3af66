#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "integrad/tensor/error.h"

namespace integrad {

/// The bytes of a regular file. Throws Error, naming the file and the reason, when it is not there,
/// not a regular file, cannot be read or is longer than `max_bytes`.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// Replaces a file's content, or leaves it as it was: the bytes go to `<path>.tmp`, reach the disk,
/// and the file is renamed. A symbolic link is followed. Throws Error, naming the file and the
/// system's reason (disk full, folder missing or not writable), and then removes what it had
/// written.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Runs `body` and puts `who` before the text of an Error that leaves it: `<who>: <text>`.
template <class Body>
auto with_context(const std::string& who, Body&& body) {
  try {
    return body();
  } catch (const Error& error) {
    fail(who, ": ", error.what());
  }
}

}  // namespace integrad

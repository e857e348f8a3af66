#include "integrad/tensor/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace integrad {

namespace {

/// An open file that is closed on every way out.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::string named(const std::filesystem::path& path) {
  return "file '" + path.string() + "'";
}

bool write_all(int file, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    // One call transfers less than 2 GiB on Linux.
    const ssize_t written =
        ::write(file, bytes.data(), std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// Makes the rename itself durable. A file system that cannot do so is no reason to fail.
void sync_folder(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  // Non-blocking, so that opening a named pipe does not wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  require(file.get() >= 0, named(path), ": cannot be opened: ", reason(errno));
  struct stat status {};
  require(::fstat(file.get(), &status) == 0, named(path), ": ", reason(errno));
  require(S_ISREG(status.st_mode), named(path), ": is not a regular file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  require(size <= max_bytes, named(path), ": holds ", size, " bytes; at most ", max_bytes,
          " are accepted");
  std::vector<std::uint8_t> bytes(size);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + done,
                               std::min<std::size_t>(bytes.size() - done, std::size_t{1} << 30));
    if (got < 0 && errno == EINTR) continue;
    require(got >= 0, named(path), ": cannot be read: ", reason(errno));
    require(got > 0, named(path), ": ended after ", done, " of ", size, " bytes");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  std::error_code ignored;
  std::filesystem::path target = std::filesystem::weakly_canonical(path, ignored);
  if (ignored) target = path;
  require(!std::filesystem::exists(target, ignored) ||
              std::filesystem::is_regular_file(target, ignored),
          named(path), ": cannot be replaced: it is not a regular file");
  const std::filesystem::path temporary = target.string() + ".tmp";
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  require(file.get() >= 0, named(path), ": cannot be written: ", reason(errno));
  if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0 || !file.close() ||
      ::rename(temporary.c_str(), target.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail(named(path), ": cannot be written (", bytes.size(), " bytes): ", reason(error));
  }
  sync_folder(target);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path,
                        std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

}  // namespace integrad

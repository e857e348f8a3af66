#include "integrad/tensor/files.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "integrad/tests/support/temporary_folder.h"

using namespace integrad;

namespace {

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path, 1 << 20);
  return {bytes.begin(), bytes.end()};
}

/// Files grow no further than this while it lives: what a full disk does, at a known point.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("a file is replaced as a whole and nothing stays beside it") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "first");
  write_file_atomically(folder / "a.txt", "second");
  CHECK(text_of(folder / "a.txt") == "second");
  CHECK_FALSE(std::filesystem::exists(folder / "a.txt.tmp"));
}

TEST_CASE("a file that cannot be written whole stays as it was") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "first");
  std::string message;
  {
    const FileSizeLimit limit(1000);
    message =
        message_of<Error>([&] { write_file_atomically(folder / "a.txt", std::string(5000, 'x')); });
  }
  CHECK(message.find("a.txt") != std::string::npos);
  CHECK(message.find("File too large") != std::string::npos);
  CHECK(text_of(folder / "a.txt") == "first");
  CHECK_FALSE(std::filesystem::exists(folder / "a.txt.tmp"));
}

TEST_CASE("writing says why it cannot") {
  const TemporaryFolder folder;
  const auto missing = message_of<Error>([&] { write_file_atomically(folder / "no/a.txt", "x"); });
  CHECK(missing.find("No such file or directory") != std::string::npos);
  CHECK(missing.find("no/a.txt") != std::string::npos);
  CHECK_THROWS_AS(write_file_atomically(folder.path(), "x"), Error);
  // A device is written to, never replaced by a file.
  CHECK_THROWS_AS(write_file_atomically("/dev/null", "x"), Error);
}

TEST_CASE("a symbolic link is followed, not replaced") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "real.txt", "old");
  std::filesystem::create_symlink("real.txt", folder / "link.txt");
  write_file_atomically(folder / "link.txt", "new");
  CHECK(std::filesystem::is_symlink(folder / "link.txt"));
  CHECK(text_of(folder / "real.txt") == "new");
}

TEST_CASE("reading refuses what is missing, too long or no file") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.txt", "12345");
  CHECK(read_file(folder / "a.txt", 5).size() == 5);
  CHECK_THROWS_AS(read_file(folder / "a.txt", 4), Error);
  CHECK_THROWS_AS(read_file(folder / "b.txt", 4), Error);
  CHECK_THROWS_AS(read_file(folder.path(), 1 << 20), Error);
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(read_file(folder / "pipe", 4), Error);
}

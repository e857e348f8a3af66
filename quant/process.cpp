#include "integrad/quant/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {

class Pipe {
 public:
  Pipe() { require(::pipe2(ends_.data(), O_CLOEXEC) == 0, "no pipe: ", std::strerror(errno)); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }

 private:
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) ::close(ends_[i]);
    ends_[i] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

// A child that exits early must not kill us with SIGPIPE while we still write to it.
class IgnorePipeSignal {
 public:
  IgnorePipeSignal() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  IgnorePipeSignal(const IgnorePipeSignal&) = delete;
  IgnorePipeSignal& operator=(const IgnorePipeSignal&) = delete;
  ~IgnorePipeSignal() { std::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

constexpr std::size_t kMaxErrors = 65536;

using Clock = std::chrono::steady_clock;

// What poll waits at most: a millisecond more than is left, so that it is over then.
int milliseconds_until(Clock::time_point end) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left + 1, 0, 1000 * 1000));
}

/// A running child: killed and collected if an exception comes before it has ended.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    return status;
  }

 private:
  pid_t id_;
};

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command,
                          std::span<const std::int8_t> input,
                          const std::function<void(std::span<const std::int8_t>)>& consume,
                          std::chrono::seconds limit) {
  require(!command.empty(), "a process needs a command");
  const IgnorePipeSignal ignore;
  Pipe in, out, err;
  ::fcntl(in.writer(), F_SETFL, O_NONBLOCK);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.reader(), 0);
  posix_spawn_file_actions_adddup2(&actions, out.writer(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.writer(), 2);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // The child gets the usual SIGPIPE back, whatever we do with ours.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t id = 0;
  const int status =
      ::posix_spawnp(&id, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  require(status == 0, "cannot start ", command[0], ": ", std::strerror(status));
  Child child(id);
  in.close_reader();
  out.close_writer();
  err.close_writer();
  if (input.empty()) in.close_writer();

  const bool limited = limit != kNoLimit;
  const Clock::time_point end = Clock::now() + limit;
  ProcessResult result{0, {}};
  std::array<std::int8_t, 65536> buffer;
  bool out_open = true, err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 3> watched{pollfd{out_open ? out.reader() : -1, POLLIN, 0},
                                  pollfd{err_open ? err.reader() : -1, POLLIN, 0},
                                  pollfd{in.writer(), POLLOUT, 0}};
    require(!limited || Clock::now() < end, command[0], ": stopped after ", limit.count(),
            " s, its time limit");
    if (::poll(watched.data(), watched.size(), limited ? milliseconds_until(end) : -1) <= 0)
      continue;
    if (watched[0].revents != 0) {
      const ssize_t got = ::read(out.reader(), buffer.data(), buffer.size());
      if (got > 0) consume({buffer.data(), static_cast<std::size_t>(got)});
      out_open = got > 0 || (got < 0 && errno == EINTR);
    }
    if (watched[1].revents != 0) {
      const ssize_t got = ::read(err.reader(), buffer.data(), buffer.size());
      if (got > 0 && result.errors.size() < kMaxErrors)
        result.errors.append(reinterpret_cast<const char*>(buffer.data()),
                             static_cast<std::size_t>(got));
      err_open = got > 0 || (got < 0 && errno == EINTR);
    }
    if (watched[2].revents != 0) {
      const ssize_t put = ::write(in.writer(), input.data(), input.size());
      if (put > 0) input = input.subspan(static_cast<std::size_t>(put));
      const bool broken = put < 0 && errno != EAGAIN && errno != EINTR;
      if (input.empty() || broken) in.close_writer();
    }
  }
  const int ended = child.wait();
  result.exit_code = WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : WEXITSTATUS(ended);
  return result;
}

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return false;
  std::istringstream folders(path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((std::filesystem::path(folder) / program).c_str(), X_OK) == 0) return true;
  return false;
}

}  // namespace integrad

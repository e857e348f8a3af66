#include "integrad/train/scratch_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "integrad/tensor/error.h"

namespace integrad {

namespace fs = std::filesystem;

namespace {

/// mkdtemp's folder is private; an ordinary one has what the user's mask leaves.
void apply_user_mask(const fs::path& folder) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::chmod(folder.c_str(), 0777 & ~mask);
}

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::rename(from, to, error);
  require(!error, "file '", to.string(), "': cannot be written: ", error.message());
}

}  // namespace

ScratchFolder::ScratchFolder(const fs::path& target)
    : target_(fs::absolute(target).lexically_normal()) {
  if (!target_.has_filename()) target_ = target_.parent_path();  // "folder/"
  std::error_code error;
  require(!fs::exists(target_, error) || fs::is_directory(target_, error), "folder '",
          target.string(), "': there is a file of that name");
  fs::create_directories(target_.parent_path(), error);
  require(!error, "folder '", target_.parent_path().string(),
          "': cannot be made: ", error.message());
  std::string name = target_.string() + ".XXXXXX";
  require(::mkdtemp(name.data()) != nullptr, "folder '", target.string(),
          "': cannot be made: ", std::generic_category().message(errno));
  path_ = name;
  apply_user_mask(path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void ScratchFolder::move_into_target() {
  std::error_code error;
  if (!fs::exists(target_, error)) {
    fs::rename(path_, target_, error);
    require(!error, "folder '", target_.string(), "': cannot be made: ", error.message());
    return;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path_))
    if (entry.is_regular_file()) files.push_back(entry.path());
  for (const fs::path& file : files) move_file(file, target_ / file.lexically_relative(path_));
}

void require_empty_folder(const fs::path& folder, const char* remedy) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return;
  require(fs::is_directory(status), "folder '", folder.string(), "': there is a file of that name");
  const bool empty = fs::is_empty(folder, error);
  require(!error, "folder '", folder.string(), "': cannot be read: ", error.message());
  require(empty, "folder '", folder.string(), "': holds files already; ", remedy);
}

}  // namespace integrad

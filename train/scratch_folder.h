#pragma once
#include <filesystem>

namespace integrad {

/// A new, empty folder beside `target` that is removed with all it holds, unless its files move
/// into the target: several files then appear together, or none when making them failed.
class ScratchFolder {
 public:
  /// Throws Error naming the folder when it cannot be made. Missing parents of the target are made.
  explicit ScratchFolder(const std::filesystem::path& target);
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  const std::filesystem::path& path() const { return path_; }
  /// Becomes the target when that does not exist yet; otherwise each file is moved into it and
  /// replaces one of the same name. Throws Error naming the file that could not be moved.
  void move_into_target();

 private:
  std::filesystem::path target_, path_;
};

/// Throws Error naming the folder when it exists but is no folder, or holds something; `remedy`
/// ends the sentence.
void require_empty_folder(const std::filesystem::path& folder, const char* remedy);

}  // namespace integrad

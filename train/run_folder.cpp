#include "integrad/train/run_folder.h"

#include <fstream>
#include <string>

#include "integrad/tensor/files.h"

namespace integrad {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFirstLine = "A training run.";
constexpr const char* kContents =
    "\n\n"
    "config.json             every setting of the run\n"
    "log.csv                 one row per epoch: learning rate, mean loss, scores on the test "
    "images\n"
    "checkpoint.safetensors  what a resume needs: parameters, optimizer, epoch\n"
    "model.safetensors       the trained model (there once the run has ended)\n";

}  // namespace

bool is_run_folder(const fs::path& folder) {
  std::error_code error;
  const fs::path readme = folder / "README.txt";
  if (!fs::is_regular_file(readme, error)) return false;
  std::ifstream file(readme, std::ios::binary);
  std::string start(std::string(kFirstLine).size(), '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  return file && start == kFirstLine;
}

void make_run_folder(const fs::path& folder, bool force) {
  std::error_code error;
  fs::create_directories(folder, error);
  require(!error && fs::is_directory(folder, error), "folder '", folder.string(),
          "': cannot be made: ", error ? error.message() : "there is a file of that name");
  if (is_run_folder(folder)) return;
  const bool empty = fs::is_empty(folder, error);
  require(!error, "folder '", folder.string(), "': cannot be read: ", error.message());
  require(empty || force, "folder '", folder.string(),
          "': holds files, and they are no training run's; choose a new one");
  write_file_atomically(folder / "README.txt", std::string(kFirstLine) + kContents);
}

}  // namespace integrad

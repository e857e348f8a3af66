#pragma once
#include <filesystem>

namespace integrad {

/// Whether a folder is that of a training run: its README.txt begins as a run's does.
bool is_run_folder(const std::filesystem::path& folder);

/// Makes the folder and marks it as a run's by its README.txt, before any other file is written.
/// Throws Error, changing nothing, when it holds files but no run; with `force` those of a run's
/// names may be replaced.
void make_run_folder(const std::filesystem::path& folder, bool force = false);

}  // namespace integrad

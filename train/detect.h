#pragma once
#include "integrad/train/chase.h"
#include "integrad/train/decathlon.h"
#include "integrad/train/folder.h"

namespace integrad {

/// What a user may say about a data set before its kind is known.
struct DatasetOptions {
  Index size = 0;  // pixels a side; 0: as published (CHASE_DB1: 960) or as the files are
  ChaseOptions::Split chase_split = ChaseOptions::Split::by_child;
  int chase_observer = 1;
  DecathlonOptions decathlon;  // its size gives way, too
  FolderOptions folder;        // its height and width give way to `size` where that is not 0
};

/// Reads CHASE_DB1 or a task of the Decathlon when the folder has its layout, otherwise image and
/// mask pairs by pattern. Throws Error as those readers do.
Dataset load_dataset(const std::filesystem::path& folder, const DatasetOptions& options = {});

}  // namespace integrad

#include "integrad/train/detect.h"

namespace integrad {

Dataset load_dataset(const std::filesystem::path& folder, const DatasetOptions& options) {
  require(options.size >= 0, "an image's size is a number of pixels, or 0 for its own; got ",
          options.size);
  if (is_chase(folder)) {
    ChaseOptions chase{options.chase_split, options.chase_observer, {}};
    chase.size = options.size != 0 ? options.size : ChaseOptions().size;
    return load_chase(folder, chase);
  }
  if (is_decathlon(folder)) {
    DecathlonOptions decathlon = options.decathlon;
    decathlon.size = options.size;
    return load_decathlon(folder, decathlon);
  }
  FolderOptions pairs = options.folder;
  if (options.size != 0) pairs.height = pairs.width = options.size;
  return load_folder(folder, pairs);
}

}  // namespace integrad

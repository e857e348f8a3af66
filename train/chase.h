#pragma once
#include <filesystem>

#include "integrad/train/dataset.h"

namespace integrad {

/// CHASE_DB1 (Fraz et al., IEEE TBME 2012): 28 photographs of the retina, 999 x 960, of both eyes
/// of 14 children, with the vessels drawn by two observers.
struct ChaseOptions {
  enum class Split {
    by_child,     // "20/8": children 01-10 train, 11-14 test
    first_eight,  // "8/20": the first 8 photographs train, the other 20 test
    held_out,  // "16/4": children 01-08 train, 09-10 test; those of 20/8's test part are not read
  };
  Split split = Split::by_child;
  int observer = 1;  // whose drawing is the mask: 1 (the truth of all published figures) or 2
  Index size = 960;  // pixels a side; below 960 the crop is box-averaged, the mask 1 where > 0.5
};

/// "20/8", "8/20", or "16/4", on which settings are chosen that 20/8 will judge; throws Error for
/// another text.
ChaseOptions::Split parse_chase_split(const std::string& text);
std::string to_string(ChaseOptions::Split split);

/// True when the folder holds the first photograph under its publisher's name.
bool is_chase(const std::filesystem::path& folder);

/// Reads Image_01L.jpg .. Image_14R.jpg with Image_XXX_1stHO.png or _2ndHO.png, crops columns
/// 18-977 of all rows and resizes. The field of view is computed from the image at that size.
/// Throws Error for a file that is missing, damaged or not 999 x 960, naming it.
Dataset load_chase(const std::filesystem::path& folder, const ChaseOptions& options = {});

}  // namespace integrad

#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "integrad/train/image.h"

namespace integrad {

/// One picture and its truth, all of one height and width.
struct Sample {
  std::string name;
  Image image;          // [1,h,w,3]
  Image mask;           // [1,h,w,1], 1 on the structure that is sought
  Image field_of_view;  // [1,h,w,1], 1 where the camera saw something
};

/// Throws Error naming the sample when an extent differs, or a mask holds anything but 0 and 1.
void check_sample(const Sample& sample);

struct Dataset {
  std::vector<Sample> train, test;
  std::string description;  // one line for reports: what, from where, which split, which size
};

/// Writes a data set that the folder reader reads back as it is: train_<name>.png and
/// test_<name>.png, each with its ..._mask.png and ..._fov.png (0 and 255), and a README.txt that
/// explains them. The folder is made when it is missing. Throws Error naming a file that cannot be
/// written.
void write_dataset(const std::filesystem::path& folder, const Dataset& dataset);

}  // namespace integrad

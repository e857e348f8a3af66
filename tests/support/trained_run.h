#pragma once
#include <string>

#include "integrad/tests/support/temporary_folder.h"

namespace integrad {

/// A tiny data set, a float and a quantised model of it, made once by the program for all tests of
/// it: <folder>/data, float/ and int8/, at 32 x 32 pixels.
class TrainedRun {
 public:
  static const TrainedRun& get();
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string data() const { return path("data"); }
  std::string float_model() const { return path("float/model.safetensors"); }
  std::string int8_model() const { return path("int8/model.safetensors"); }

 private:
  TrainedRun();
  TemporaryFolder folder_;
};

}  // namespace integrad

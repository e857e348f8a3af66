#pragma once
#include <string>
#include <vector>

#include "integrad/nn/graph.h"

namespace integrad {

/// A small model that shows one way of putting a layer into a .tflite file.
struct TfliteCase {
  std::string name;
  Graph graph;
};
const std::vector<TfliteCase>& tflite_cases();

}  // namespace integrad

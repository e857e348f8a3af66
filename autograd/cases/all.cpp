#include <iterator>

#include "integrad/autograd/cases.h"

namespace integrad {

namespace {

// The rows that are timed, and the shapes of their inputs then.
struct Timed {
  const char *operation, *name;
  std::vector<Shape> shapes;
};

const std::vector<Timed>& timed_rows() {
  const Shape map{1, 240, 240, 32}, half{1, 120, 120, 32};
  static const std::vector<Timed> rows = {
      {"conv2d", "3x3 same, 5 to 7 channels", {map, {32, 3, 3, 32}, {32}}},
      {"depthwise_conv2d", "3x3 same", {map, {1, 3, 3, 32}, {32}}},
      {"transposed_conv2d", "2x2 stride 2", {half, {32, 2, 2, 32}, {32}}},
      {"dense_filter", "one group", {{256, 3, 3, 256}}},
      {"max_pool2d", "2x2", {map}},
      {"average_pool2d", "2x2", {map}},
      {"max_unpool2d", "2x2", {half}},
      {"resize_nearest2d", "twice", {half}},
      {"resize_bilinear2d", "twice", {half}},
      {"relu", "both signs", {map}},
      {"relu6", "three pieces", {map}},
      {"sigmoid", "around 0", {map}},
      {"hard_sigmoid", "three pieces", {map}},
      {"hard_swish", "three pieces", {map}},
      {"add", "same shape", {map, map}},
      {"sub", "same shape", {map, map}},
      {"mul", "same shape", {map, map}},
      {"concat", "channels of three maps", {map, map, map}},
      {"pad", "four different sides", {map}},
      {"slice", "inside all four axes", {map.with(0, 2)}},
      {"reshape", "map to matrix", {map}},
      {"fully_connected", "5 to 3, with bias", {{64, 1024}, {1024, 1024}, {1024}}},
      {"softmax", "channels of a map", {map}},
      {"mean", "height and width", {map}},
      {"sum", "height and width", {map}},
      {"batch_norm", "training, 16 channels", {{2, 240, 240, 16}, {16}, {16}}},
      {"conv2d_batch_norm", "3x3 same", {map, {32, 3, 3, 32}, {32}, {32}}},
      {"depthwise_conv2d_batch_norm", "3x3 same", {map, {1, 3, 3, 32}, {32}, {32}}},
  };
  return rows;
}

}  // namespace

std::vector<OperatorCase> operator_cases() {
  std::vector<OperatorCase> rows;
  for (auto* family : {convolution_cases, window_cases, elementwise_cases, shape_cases, dense_cases,
                       normalization_cases, convolution_batch_norm_cases}) {
    std::vector<OperatorCase> more = family();
    rows.insert(rows.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
  }
  for (OperatorCase& row : rows)
    for (const Timed& timed : timed_rows())
      if (row.operation == timed.operation && row.name == timed.name)
        row.timed_shapes = timed.shapes;
  return rows;
}

}  // namespace integrad

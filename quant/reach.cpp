#include "integrad/quant/reach.h"

#include "integrad/quant/c/stream.h"

namespace integrad {

namespace {

struct ReachOf {
  Reach operator()(const quantized::Input&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::Conv2d& o) const { return gather(o); }
  Reach operator()(const quantized::DepthwiseConv2d& o) const { return gather(o); }
  Reach operator()(const quantized::TransposedConv2d& o) const {
    return {Reach::Kind::spread, o.attributes.window_y};
  }
  Reach operator()(const quantized::FullyConnected&) const { return {Reach::Kind::whole}; }
  Reach operator()(const quantized::Add&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::Subtract&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::Multiply&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::MaxPool& o) const { return gather(o); }
  Reach operator()(const quantized::AveragePool& o) const { return gather(o); }
  Reach operator()(const quantized::MaxUnpool& o) const {
    return {Reach::Kind::spread, o.attributes.window_y};
  }
  Reach operator()(const quantized::ResizeNearest&) const { return {Reach::Kind::whole}; }
  Reach operator()(const quantized::ResizeBilinear&) const { return {Reach::Kind::whole}; }
  Reach operator()(const quantized::Concat&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::Pad& o) const { return shifted(o.attributes.top); }
  Reach operator()(const quantized::Slice& o) const { return shifted(-o.attributes.top); }
  Reach operator()(const quantized::Reshape&) const { return {Reach::Kind::whole}; }
  Reach operator()(const quantized::Softmax&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::Requantize&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::Logistic&) const { return {Reach::Kind::same}; }
  Reach operator()(const quantized::HardSwish&) const { return {Reach::Kind::same}; }

  // The row `rows` further up.
  static Reach shifted(std::int32_t rows) { return {Reach::Kind::gather, {1, 1, 1, rows, 0}}; }

  template <class Windowed>
  static Reach gather(const Windowed& o) {
    return {Reach::Kind::gather, o.attributes.window_y};
  }
};

}  // namespace

Reach reach_of(const Operation& operation) {
  return std::visit(ReachOf{}, operation);
}

std::int32_t rows_needed(const Reach& reach, std::int32_t end, std::int32_t height) {
  switch (reach.kind) {
    case Reach::Kind::same:
      return end;
    case Reach::Kind::gather:
      return integrad_rows_needed(reach.window, end, height);
    case Reach::Kind::spread:
      return integrad_spread_rows_needed(reach.window, end, height);
    case Reach::Kind::whole:
      break;
  }
  return height;
}

std::int32_t rows_kept(const Reach& reach, std::int32_t begin, std::int32_t height) {
  switch (reach.kind) {
    case Reach::Kind::same:
      return begin;
    case Reach::Kind::gather:
      return integrad_rows_kept(reach.window, begin, height);
    case Reach::Kind::spread:
      return integrad_spread_rows_kept(reach.window, begin, height);
    case Reach::Kind::whole:
      break;
  }
  return 0;
}

Index rows_of(const Shape& shape) {
  return shape.rank() == 4 ? shape.height() : 1;
}

Index row_size_of(const Shape& shape) {
  return shape.elements() / rows_of(shape);
}

}  // namespace integrad

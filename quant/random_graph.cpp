#include "integrad/quant/random_graph.h"

#include <algorithm>
#include <iterator>

#include "integrad/quant/quantization.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr Index kLargest = 5000;  // elements of a result; above those of any input

/// Grows a graph layer by layer. What does not fit is refused by the graph and drawn again.
class Generator {
 public:
  explicit Generator(Dice& dice) : dice_(dice) {
    const int height = dice_.between(1, 11), width = dice_.between(1, 11);
    const int channels = dice_.one_in(8) ? 35 : dice_.between(1, 5);
    values_.push_back(graph_.input({1, height, width, channels}));
    const int layers = dice_.between(3, 8);
    while (graph_.size() < layers) grow();
  }

  Graph graph() const { return graph_; }

 private:
  enum Kind {
    conv,
    depthwise,
    transposed,
    connected,
    arithmetic,
    max_pool,
    average_pool,
    unpool,
    resize,
    concat,
    pad,
    slice,
    reshape,
    softmax,
    pointwise,
    kinds
  };

  int size() const { return static_cast<int>(values_.size()); }
  // The younger half more often, so that graphs become deep.
  Value pick() {
    const int first = dice_.one_in(2) ? size() / 2 : 0;
    return values_[static_cast<std::size_t>(dice_.between(first, size() - 1))];
  }
  std::string name() const { return "layer" + std::to_string(graph_.size()); }
  Activation activation() { return static_cast<Activation>(dice_.between(0, 2)); }
  const Shape& shape(Value x) const { return graph_.shape(x); }

  void grow() {
    const Graph before = graph_;
    const std::size_t count = values_.size();
    try {
      const Value x = pick();  // arguments would be drawn in an order that compilers choose
      add(kind(), x);
      for (const Value v : values_) require(shape(v).elements() <= kLargest, "too large");
      prescribed_quantizations(graph_);
    } catch (const Error&) {
      graph_ = before;
      values_.resize(count);
    }
  }

  Kind kind() {
    // Kinds of several operations come more often.
    constexpr Kind kMore[] = {pointwise, pointwise, pointwise, resize, arithmetic, depthwise, conv};
    constexpr int kMoreCount = static_cast<int>(std::size(kMore));
    const int drawn = dice_.between(0, kinds + kMoreCount - 1);
    return drawn < kinds ? static_cast<Kind>(drawn) : kMore[drawn - kinds];
  }

  Value append(Layer layer, const std::vector<Value>& inputs) {
    values_.push_back(graph_.layer(name(), std::move(layer), inputs));
    return values_.back();
  }

  void add(Kind kind, Value x) {
    const bool image = shape(x).rank() == 4;
    const Index channels = shape(x).channels();
    switch (kind) {
      case conv:
        append_conv(x);
        break;
      case depthwise: {
        const WindowSpec w = window();
        const int multiplier = dice_.between(1, 3);
        append(layer::DepthwiseConv2d{w, multiplier, !dice_.one_in(4), activation()}, {x});
        break;
      }
      case transposed:
        append_transposed(x);
        break;
      case connected: {
        const Value vector = image ? append(layer::Reshape{{1, shape(x).elements()}}, {x}) : x;
        const Index outputs = dice_.between(1, 12);
        append(layer::FullyConnected{outputs, !dice_.one_in(4), activation()}, {vector});
        break;
      }
      case arithmetic: {
        const auto function = static_cast<layer::Arithmetic::Function>(dice_.between(0, 2));
        const Value y = alike(x, [&](const Shape& s) { return s == shape(x); });
        append(layer::Arithmetic{function, activation()}, {x, y});
        break;
      }
      case max_pool:
        append(layer::MaxPool{window()}, {x});
        break;
      case average_pool:
        append(layer::AveragePool{window()}, {x});
        break;
      case unpool:
        append_unpool(x);
        break;
      case resize:
        append_resize(x);
        break;
      case concat: {
        std::vector<Value> parts{x};
        const int count = dice_.between(0, 2);
        for (int i = 0; i < count; ++i)
          parts.push_back(alike(x, [&](const Shape& s) {
            return s.rank() == 4 && s.with(3, 1) == shape(x).with(3, 1);
          }));
        append(layer::Concat{}, parts);
        break;
      }
      case pad: {
        const int top = dice_.between(0, 3), bottom = dice_.between(0, 3);
        const int left = dice_.between(0, 3), right = dice_.between(0, 3);
        append(layer::Pad{top, bottom, left, right}, {x});
        break;
      }
      case slice: {
        require(image, "slices are of images");
        layer::Slice part{};
        for (int axis = 0; axis < 3; ++axis) {
          const int extent = static_cast<int>(shape(x)[axis + 1]);
          part.begin[axis] = dice_.between(0, (extent - 1) / 2);
          part.size[axis] = dice_.between(1, extent - static_cast<int>(part.begin[axis]));
        }
        append(part, {x});
        break;
      }
      case reshape: {
        const Index rows = dice_.between(1, 6), elements = shape(x).elements();
        const bool flat = dice_.one_in(4);
        append(layer::Reshape{flat ? Shape{1, elements}
                                   : Shape{1, rows, elements / (rows * channels), channels}},
               {x});
        break;
      }
      case softmax:
        append(layer::Softmax{}, {x});
        break;
      case pointwise: {
        using Function = layer::Pointwise::Function;
        constexpr Function kFunctions[] = {Function::relu, Function::relu6, Function::sigmoid,
                                           Function::hard_swish};
        append(layer::Pointwise{kFunctions[dice_.between(0, 3)]}, {x});
        break;
      }
      case kinds:
        break;
    }
  }

  // Another value whose shape fits, or x itself.
  template <class Fits>
  Value alike(Value x, Fits fits) {
    std::vector<Value> found;
    for (const Value v : values_)
      if (v.id != x.id && fits(shape(v))) found.push_back(v);
    if (found.empty()) return x;
    return found[static_cast<std::size_t>(dice_.between(0, static_cast<int>(found.size()) - 1))];
  }

  WindowSpec window() {
    WindowSpec w;
    w.kernel_y = dice_.between(1, 4);
    w.kernel_x = dice_.between(1, 4);
    w.stride_y = dice_.between(1, 3);
    w.stride_x = dice_.between(1, 3);
    if (dice_.one_in(3)) w.dilation_y = dice_.between(1, 3);
    if (dice_.one_in(3)) w.dilation_x = dice_.between(1, 3);
    const int kind = dice_.between(0, 2);
    if (kind == 1) w.padding = Padding::same();
    if (kind == 2) {
      const int y = (w.kernel_y - 1) * w.dilation_y, x = (w.kernel_x - 1) * w.dilation_x;
      w.padding.kind = Padding::Kind::fixed;
      w.padding.top = dice_.between(0, y);
      w.padding.bottom = dice_.between(0, y);
      w.padding.left = dice_.between(0, x);
      w.padding.right = dice_.between(0, x);
    }
    return w;
  }

  void append_conv(Value x) {
    const Index channels = shape(x).channels();
    const int most = static_cast<int>(std::min<Index>(channels, 4));
    const Index groups = dice_.one_in(3) ? channels : dice_.one_in(3) ? dice_.between(1, most) : 1;
    const Index out = groups * dice_.between(1, groups > 5 ? 1 : 4);
    const WindowSpec w = window();
    append(layer::Conv2d{out, w, groups, !dice_.one_in(4), activation()}, {x});
  }

  void append_transposed(Value x) {
    const bool grouped = dice_.one_in(3);
    const Index groups = grouped ? shape(x).channels() : 1;
    const Index out = grouped ? groups : dice_.between(1, 4);
    const WindowSpec w = window();
    const int smaller = std::min(w.stride_y, w.stride_x);
    const bool same = w.padding.kind == Padding::Kind::same;
    const std::int32_t padding = same ? 0 : dice_.between(0, smaller - 1);
    append(layer::TransposedConv2d{.out_channels = out,
                                   .window = w,
                                   .output_padding = padding,
                                   .bias = !dice_.one_in(4),
                                   .activation = activation(),
                                   .groups = groups},
           {x});
  }

  // Down, something in between, and up again.
  void append_unpool(Value x) {
    WindowSpec w = window();
    w.stride_y = (w.kernel_y - 1) * w.dilation_y + dice_.between(1, 2);
    w.stride_x = (w.kernel_x - 1) * w.dilation_x + dice_.between(1, 2);
    const Value pool = append(layer::MaxPool{w}, {x});
    const Value between = append(layer::Conv2d{shape(x).channels(), WindowSpec::square(1)}, {pool});
    values_.push_back(graph_.max_unpool(name(), between, pool));
  }

  void append_resize(Value x) {
    layer::Resize resize{};
    resize.method = static_cast<layer::Resize::Method>(dice_.between(0, 1));
    const bool doubled = dice_.one_in(2);
    const int height = dice_.between(1, 12), width = dice_.between(1, 12);
    resize.height = doubled ? 2 * shape(x)[1] : height;
    resize.width = doubled ? 2 * shape(x)[2] : width;
    const int flags = dice_.between(0, 2);
    resize.align_corners = flags == 1;
    resize.half_pixel_centers = flags == 2;
    append(resize, {x});
  }

  Dice& dice_;
  Graph graph_;
  std::vector<Value> values_;
};

}  // namespace

Graph random_graph(Dice& dice) {
  return Generator(dice).graph();
}

}  // namespace integrad

#include "integrad/nn/row_operators.h"

#include <algorithm>
#include <memory>

#include "integrad/autograd/ops/activation_functions.h"
#include "integrad/tensor/kernels/forward_rows.h"
#include "integrad/tensor/kernels/max_pool.h"
#include "integrad/tensor/kernels/stored_lines.h"

namespace integrad::rows {

namespace {

using kernels::Convolution;
using Sources = std::vector<Source<float>*>;

template <class F>
void apply(float* row, Index size) {
  for (Index i = 0; i < size; ++i) row[i] = F::value(row[i]);
}

void activate(Activation activation, float* row, Index size) {
  if (activation == Activation::relu) apply<activations::Relu>(row, size);
  if (activation == Activation::relu6) apply<activations::Relu6>(row, size);
}

template <class Combine>
auto element_wise(Combine combine) {
  return [=](Index count, const float* a, const float* b, float* into) {
    for (Index i = 0; i < count; ++i) into[i] = combine(a[i], b[i]);
  };
}

// A source as the kernels' input.
struct From {
  Source<float>* source;
  kernels::RingRows<float> rows(Index image, Index begin, Index end) const {
    return source->rows(image, begin, end);
  }
};

// Makes rows of the layer that node `id` is.
struct Builder {
  const Graph& graph;
  const integrad::Node& node;
  const Parameters<float>& parameters;

  Shape input(std::size_t k = 0) const { return graph.node(node.inputs[k]).shape; }
  Index row_size() const { return node.shape.width() * node.shape.channels(); }
  const float* parameter(const char* name) const {
    return parameters.at(node.parameter(name)).data();
  }
  const Shape& filter_shape() const { return parameters.at(node.parameter("weight")).shape(); }

  // With a second source, that is added to the result.
  std::optional<Operator<float>> convolution(Convolution kind, const ConvGeometry& g, bool bias,
                                             Activation activation) const {
    const float* const filter = parameter("weight");
    const float* const biases = bias ? parameter("bias") : nullptr;
    auto rows = kernels::fast::pack_forward_rows(kind, g, filter, biases);
    if (!rows) return std::nullopt;
    const bool in_kernel = activation == Activation::relu && rows->pass;
    if (in_kernel) rows->pass->c.relu = true;
    const Activation later = in_kernel ? Activation::none : activation;
    const auto packed = std::make_shared<const kernels::fast::PackedForward>(std::move(*rows));
    const Index size = row_size();
    return Operator<float>{g.window.y, [=](const Sources& in, std::uint8_t*) -> Make<float> {
                             const auto made = std::make_shared<kernels::fast::ForwardRows<From>>(
                                 *packed, From{in[0]});
                             // Owns what `made` refers to.
                             Source<float>* const added = in.size() > 1 ? in[1] : nullptr;
                             return [=, owner = packed](Index image, Index row, float* into) {
                               const float* const more = added ? added->row(image, row) : nullptr;
                               made->row(image, row, {into, nullptr, more});
                               activate(later, into, size);
                             };
                           }};
  }

  template <class Combine>
  Operator<float> combination(Activation activation, Combine combine) const {
    const Index size = row_size();
    return {.bind = [=](const Sources& in, std::uint8_t*) -> Make<float> {
      return [=, a = in[0], b = in[1]](Index image, Index row, float* into) {
        const float* const left = a->row(image, row);
        const float* const right = b->row(image, row);
        combine(size, left, right, into);
        activate(activation, into, size);
      };
    }};
  }

  template <class F>
  Operator<float> pointwise() const {
    const Index size = row_size();
    return {.bind = [=](const Sources& in, std::uint8_t*) -> Make<float> {
      return [=, x = in[0]](Index image, Index row, float* into) {
        const float* const from = x->row(image, row);
        for (Index i = 0; i < size; ++i) into[i] = F::value(from[i]);
      };
    }};
  }

  std::optional<Operator<float>> operator()(const layer::Conv2d& l) const {
    if (l.groups != 1) return std::nullopt;
    return convolution(Convolution::full,
                       conv2d_geometry(input(), filter_shape(), l.window, l.groups), l.bias,
                       l.activation);
  }
  std::optional<Operator<float>> operator()(const layer::DepthwiseConv2d& l) const {
    return convolution(Convolution::depthwise,
                       depthwise_geometry(input(), filter_shape(), l.window), l.bias, l.activation);
  }
  std::optional<Operator<float>> operator()(const layer::Arithmetic& l) const {
    using Function = layer::Arithmetic::Function;
    if (input(0) != input(1)) return std::nullopt;
    if (l.function == Function::add)
      return combination(l.activation, [](Index count, const float* a, const float* b,
                                          float* into) { kernels::add_rows(count, a, b, into); });
    if (l.function == Function::sub)
      return combination(l.activation, element_wise([](float a, float b) { return a - b; }));
    return combination(l.activation, element_wise([](float a, float b) { return a * b; }));
  }
  std::optional<Operator<float>> operator()(const layer::Pointwise& l) const {
    using Function = layer::Pointwise::Function;
    switch (l.function) {
      case Function::relu:
        return pointwise<activations::Relu>();
      case Function::relu6:
        return pointwise<activations::Relu6>();
      case Function::sigmoid:
        return pointwise<activations::Sigmoid>();
      case Function::hard_sigmoid:
        return pointwise<activations::HardSigmoid>();
      case Function::hard_swish:
        return pointwise<activations::HardSwish>();
    }
    return std::nullopt;
  }
  std::optional<Operator<float>> operator()(const layer::MaxPool& l) const {
    const ConvGeometry g = pool_geometry(input(), l.window);
    if (!kernels::windows_tile(g)) return std::nullopt;
    const Index size = row_size();
    return Operator<float>{
        g.window.y, [=](const Sources& in, std::uint8_t* winners) -> Make<float> {
          return [=, x = in[0]](Index image, Index row, float* into) {
            const kernels::PoolRow r = kernels::tiled_row(g);
            const Index first = row * r.kernel_y;
            kernels::float_kernels().max_pool_row(r, x->rows(image, first, first + r.kernel_y),
                                                  into,
                                                  winners + (image * g.out_height + row) * size);
          };
        }};
  }
  // Its rows are counted like the result's: input row y / kernel, where there is one.
  std::optional<Operator<float>> operator()(const layer::MaxUnpool& l) const {
    const ConvGeometry g = pool_geometry(node.shape, l.window);
    if (!kernels::windows_tile(g)) return std::nullopt;
    return Operator<float>{.bind = [=](const Sources& in, std::uint8_t* winners) -> Make<float> {
      return [=, x = in[0]](Index image, Index row, float* into) {
        const Index pooled = std::min<Index>(row / g.window.y.kernel, g.out_height - 1);
        const Index window = (image * g.out_height + pooled) * g.out_width * g.out_channels;
        kernels::unpool_row(g, x->row(image, pooled), winners + window, row, {0, g.in_width}, into);
      };
    }};
  }
  template <class Other>
  std::optional<Operator<float>> operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<Operator<float>> make_operator(const Graph& graph, int id,
                                             const Parameters<float>& parameters) {
  const integrad::Node& node = graph.node(id);
  return std::visit(Builder{graph, node, parameters}, node.layer);
}

namespace {

// A depthwise convolution and what is added to its result where its row is made.
struct Absorbed {
  int convolution, other;
};

// Where one of the two that node `id` adds up is a depthwise convolution that nobody else reads.
std::optional<Absorbed> absorbed(const Graph& graph, int id) {
  const integrad::Node& sum = graph.node(id);
  const auto* l = std::get_if<layer::Arithmetic>(&sum.layer);
  if (l == nullptr || l->function != layer::Arithmetic::Function::add ||
      l->activation != Activation::none || graph.node(sum.inputs[0]).shape != sum.shape ||
      graph.node(sum.inputs[1]).shape != sum.shape)
    return std::nullopt;
  for (std::size_t k = 0; k < 2; ++k) {
    const int convolution = sum.inputs[k];
    const integrad::Node& from = graph.node(convolution);
    const auto* depthwise = std::get_if<layer::DepthwiseConv2d>(&from.layer);
    if (depthwise == nullptr) continue;
    const Activation a = depthwise->activation;
    std::ptrdiff_t readers = 0;
    for (const integrad::Node& node : graph.nodes())
      readers += std::ranges::count(node.inputs, convolution);
    if (readers == 1 && depthwise->window.stride_y == 1 &&
        (a == Activation::none || a == Activation::relu))
      return Absorbed{convolution, sum.inputs[1 - k]};
  }
  return std::nullopt;
}

}  // namespace

Stages<float> make_stages(const Graph& graph, const Parameters<float>& parameters) {
  std::vector<Node<float>> nodes;
  for (int id = 0; id < graph.size(); ++id) {
    const integrad::Node& from = graph.node(id);
    Node<float> node{
        .shape = from.shape, .inputs = from.inputs, .made = make_operator(graph, id, parameters)};
    if (std::holds_alternative<layer::MaxUnpool>(from.layer)) {
      node.begins_stage = true;
      node.winners_of = from.inputs[1];
      node.inputs.pop_back();
    }
    if (std::holds_alternative<layer::MaxPool>(from.layer)) {
      node.winners_of = id;
      node.winner_row = from.shape.width() * from.shape.channels();
    }
    if (const auto found = absorbed(graph, id)) {
      const Node<float>& convolution = nodes[static_cast<std::size_t>(found->convolution)];
      if (convolution.made) {
        node.inputs = {convolution.inputs[0], found->other};
        node.made = convolution.made;
      }
    }
    nodes.push_back(std::move(node));
  }
  return Stages<float>(std::move(nodes));
}

}  // namespace integrad::rows

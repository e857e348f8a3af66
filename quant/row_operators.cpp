#include "integrad/quant/row_operators.h"

#include "integrad/quant/c/look_up.h"
#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/kernels/row_pairs.h"

namespace integrad::rows {

namespace {

namespace int8 = kernels::int8;
using Code = std::int8_t;
using Sources = std::vector<Source<Code>*>;
using Made = std::optional<Operator<Code>>;

/// Makes rows of a convolution from rows that are made or stored.
class ConvolvedRows {
 public:
  ConvolvedRows(std::shared_ptr<const int8::RowLayer> layer, Source<Code>* input)
      : layer_(std::move(layer)),
        input_(input),
        prepared_(layer_->pass),
        scratch_(Buffer<std::uint8_t>::uninitialized(
            static_cast<std::size_t>(layer_->pass.scratch_bytes))) {}

  void make(Index image, Index row, Code* into) {
    const int8::RowPass& pass = layer_->pass;
    if (image != image_) prepared_.restart();
    image_ = image;
    const std::uint8_t* const* window =
        prepared_.at(integrad_window_start(static_cast<std::int32_t>(row), pass.window_y),
                     [&](Index y) { return input_->row(image, y); });
    const Index next = prepared_.next();
    layer_->kernel(window, next < pass.input.height ? input_->stored(image, next) : nullptr,
                   scratch_.data(), pairs_.next(image, row), into);
  }

 private:
  std::shared_ptr<const int8::RowLayer> layer_;
  Source<Code>* input_;
  int8::PreparedRows prepared_;
  Buffer<std::uint8_t> scratch_;
  kernels::RowPairs pairs_;
  Index image_ = -1;
};

// Makes rows of the operation of node `id`.
struct Builder {
  const QNode& node;

  Index row_size() const { return node.shape.width() * node.shape.channels(); }

  static Made convolution(const std::shared_ptr<const int8::RowLayer>& layer) {
    if (layer == nullptr) return std::nullopt;
    return Operator<Code>{layer->pass.window_y, [=](const Sources& in, std::uint8_t*) {
                            const auto rows = std::make_shared<ConvolvedRows>(layer, in[0]);
                            return [=](Index image, Index row, Code* into) {
                              rows->make(image, row, into);
                            };
                          }};
  }

  // map(codes, result, count).
  template <class Map>
  Made element_wise(Map map) const {
    const Index size = row_size();
    return Operator<Code>{.bind = [=](const Sources& in, std::uint8_t*) {
      return [=, x = in[0]](Index image, Index row, Code* into) {
        map(x->row(image, row), into, size);
      };
    }};
  }

  // combine(codes, other codes, result, count).
  template <class Combine>
  Made combination(Combine combine) const {
    const Index size = row_size();
    return Operator<Code>{.bind = [=](const Sources& in, std::uint8_t*) {
      return [=, a = in[0], b = in[1]](Index image, Index row, Code* into) {
        const Code* const left = a->row(image, row);
        combine(left, b->row(image, row), into, size);
      };
    }};
  }

  Made look_up(const quantized::CodeTable& table) const {
    return element_wise([&table](const Code* from, Code* into, Index count) {
      integrad_look_up(table.data(), from, into, count);
    });
  }

  Made operator()(const quantized::Conv2d& o) const {
    return convolution(int8::conv_layer(o.kernel(), o.tables.weight.data(), o.tables.bias.data(),
                                        int8::RowResult::codes));
  }
  Made operator()(const quantized::DepthwiseConv2d& o) const {
    return convolution(int8::depthwise_layer(o.kernel(), o.tables.weight.data(),
                                             o.tables.bias.data(), int8::RowResult::codes));
  }
  Made operator()(const quantized::Add& o) const {
    const auto packed = std::make_shared<const int8::PackedAdd>(
        int8::pack_add(o.attributes, int8::Lines::searched));
    if (packed->kernel == nullptr)
      return combination([&o](const Code* a, const Code* b, Code* into, Index count) {
        integrad_add_elements(&o.attributes, a, b, into, count);
      });
    return combination([=](const Code* a, const Code* b, Code* into, Index count) {
      packed->kernel(packed->stage, packed->swapped ? b : a, packed->swapped ? a : b, into, nullptr,
                     count);
    });
  }
  Made operator()(const quantized::Subtract& o) const {
    return combination([&o](const Code* a, const Code* b, Code* into, Index count) {
      integrad_subtract_elements(&o.attributes, a, b, into, count);
    });
  }
  Made operator()(const quantized::Multiply& o) const {
    return combination([&o](const Code* a, const Code* b, Code* into, Index count) {
      integrad_multiply_elements(&o.attributes, a, b, into, count);
    });
  }
  Made operator()(const quantized::MaxPool& o) const {
    const std::optional<int8::PoolRow> c = int8::max_pool_rows(o.attributes);
    if (!c) return std::nullopt;
    const Index height = node.shape.height();
    const Index winner_row = winner_row_size(o);
    return Operator<Code>{
        o.attributes.window_y, [=](const Sources& in, std::uint8_t* winners) {
          return [=, x = in[0]](Index image, Index row, Code* into) {
            const kernels::RingRows<Code> rows = x->rows(image, 2 * row, 2 * row + 2);
            std::uint8_t* const won =
                winners == nullptr ? nullptr : winners + (image * height + row) * winner_row;
            int8::int8_kernels()->max_pool_row(*c, rows.row(0), rows.row(1), into, won);
          };
        }};
  }
  // Its rows are counted like the result's: input row y / 2.
  Made operator()(const quantized::MaxUnpool& o) const {
    const std::optional<int8::PoolRow> c = int8::unpool_rows(o.attributes);
    if (!c) return std::nullopt;
    const integrad_unpool& a = o.attributes;
    const Index height = a.input.height;
    const Index winner_row = integrad_winner_row_size(a.input, a.window_y, a.window_x);
    return Operator<Code>{.bind = [=](const Sources& in, std::uint8_t* winners) {
      return [=, x = in[0]](Index image, Index row, Code* into) {
        const Index pooled = row / 2;
        int8::int8_kernels()->unpool_row(
            *c, x->row(image, pooled), winners + (image * height + pooled) * winner_row,
            row % 2 == 0 ? into : nullptr, row % 2 == 0 ? nullptr : into);
      };
    }};
  }
  Made operator()(const quantized::Requantize& o) const {
    return element_wise([&o](const Code* from, Code* into, Index count) {
      integrad_requantize_elements(&o.attributes, from, into, count);
    });
  }
  Made operator()(const quantized::Logistic& o) const { return look_up(o.table); }
  Made operator()(const quantized::HardSwish& o) const { return look_up(o.table); }
  template <class Other>
  Made operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

Stages<Code> make_stages(const QGraph& program) {
  const bool by_rows = int8::int8_kernels() != nullptr;
  std::vector<Node<Code>> nodes;
  for (const QNode& from : program.nodes) {
    Node<Code> node{.shape = from.shape, .inputs = from.inputs, .made = std::nullopt};
    const bool is_map = from.shape.rank() == 4;
    if (by_rows && is_map) node.made = std::visit(Builder{from}, from.operation);
    if (std::holds_alternative<quantized::MaxUnpool>(from.operation)) {
      node.begins_stage = true;
      node.winners_of = from.inputs[1];
      node.inputs.pop_back();
    }
    const auto* pool = std::get_if<quantized::MaxPool>(&from.operation);
    if (pool != nullptr && pool->keeps_winners) {
      node.winners_of = static_cast<int>(nodes.size());
      node.winner_row = winner_row_size(*pool);
    }
    nodes.push_back(std::move(node));
  }
  // A pool and its unpools share the winners: all are made by rows, or none. Twice, for those
  // before one that is not.
  for (int pass = 0; pass < 2; ++pass)
    for (Node<Code>& node : nodes) {
      if (!node.begins_stage) continue;
      Node<Code>& pool = nodes[static_cast<std::size_t>(node.winners_of)];
      if (!pool.made || !node.made) pool.made = node.made = std::nullopt;
    }
  return Stages<Code>(std::move(nodes));
}

}  // namespace integrad::rows

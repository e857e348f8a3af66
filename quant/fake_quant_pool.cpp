#include "integrad/autograd/ops/average_pool2d.h"
#include "integrad/autograd/ops/input_target.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/quant/run_rows.h"
#include "integrad/tensor/kernels/max_pool.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad {

namespace {

// A byte for each winner, as the gradient's kernels read them.
std::shared_ptr<const PoolWinners> unpacked(const ConvGeometry& g,
                                            const Tensor<std::uint8_t>& packed) {
  PoolWinners winners{g, Tensor<std::uint8_t>::uninitialized(g.output())};
  const std::int32_t bits = integrad_winner_bits(g.window.y, g.window.x);
  const Index row_size = Index{g.out_width} * g.out_channels;
  kernels::parallel_rows(Index{g.batch} * g.out_height, row_size, [&](Index row) {
    const std::uint8_t* const from = packed.data() + row * packed.shape()[1];
    std::uint8_t* const into = winners.taps.data() + row * row_size;
    if (bits == 8) {
      std::copy_n(from, row_size, into);
    } else {
      // Whole bytes of four in a loop of their own, that compilers make vectors of.
      for (Index i = 0; i < row_size / 4; ++i)
        for (int k = 0; k < 4; ++k)
          into[4 * i + k] = static_cast<std::uint8_t>(from[i] >> (2 * k) & 3);
      for (Index i = row_size / 4 * 4; i < row_size; ++i)
        into[i] = static_cast<std::uint8_t>(integrad_winner(from, i, bits));
    }
  });
  return std::make_shared<const PoolWinners>(std::move(winners));
}

}  // namespace

Var FakeQuantEvaluator::operator()(int id, const layer::MaxPool&, Inputs in) {
  auto pool = std::get<quantized::MaxPool>(lowered(id, nullptr));
  pool.keeps_winners = true;
  const auto x = code_map(tape_, in[0], quantization_of_input(id));
  const Shape shape = graph_.node(id).shape.with(0, x->shape()[0]);
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized(shape);
  auto packed = std::make_shared<const Tensor<std::uint8_t>>(run_max_pool(pool, x->codes(), codes));
  packed_winners_[static_cast<std::size_t>(id)] = packed;
  const ConvGeometry g =
      pool_geometry(x->shape(), std::get<layer::MaxPool>(graph_.node(id).layer).window);
  const auto winners = unpacked(g, *packed);
  winners_[static_cast<std::size_t>(id)] = winners;
  const Var from = in[0];
  return tape_.record_encoded(
      "max_pool2d", std::make_shared<CodeMap>(std::move(codes), x->quantization()), in,
      [from, winners](Tape<float>& t, const Tensor<float>& cotangent) {
        InputTarget<float> input(t, from);
        kernels::add_lines(
            kernels::spread_to_winners(winners->geometry, kernels::stored_lines(cotangent),
                                       winners->taps.data()),
            input.gradient());
      });
}

Var FakeQuantEvaluator::operator()(int id, const layer::MaxUnpool&, Inputs in) {
  const auto unpool = std::get<quantized::MaxUnpool>(lowered(id, nullptr));
  const auto pool = static_cast<std::size_t>(graph_.node(id).inputs[1]);
  const auto winners = winners_[pool];
  const auto x = code_map(tape_, in[0], quantization_of_input(id));
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized(winners->geometry.input());
  run_unpool(unpool, x->codes(), *packed_winners_[pool], codes);
  const Var from = in[0];
  return tape_.record_encoded(
      "max_unpool2d", std::make_shared<CodeMap>(std::move(codes), x->quantization()), {&from, 1},
      [from, winners](Tape<float>& t, const Tensor<float>& cotangent) {
        InputTarget<float> input(t, from);
        kernels::add_lines(
            kernels::pick_winners(winners->geometry, kernels::stored_lines(cotangent),
                                  winners->taps.data()),
            input.gradient());
      });
}

Var FakeQuantEvaluator::operator()(int id, const layer::AveragePool& l, Inputs in) {
  const auto pool = std::get<quantized::AveragePool>(lowered(id, nullptr)).attributes;
  const auto from = code_map(tape_, in[0], quantization_of_input(id));
  const ConvGeometry g = pool_geometry(from->shape(), l.window);
  Tensor<std::int8_t> averaged = Tensor<std::int8_t>::uninitialized(g.output());
  run_by_rows(averaged.shape(), [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
    integrad_average_pool_rows(&pool, image_rows(from->codes(), n), averaged.data() + offset, begin,
                               end);
  });

  // Rounding is the identity to the straight-through estimator, so the gradient is the float
  // pool's.
  const Var x = in[0];
  const WindowSpec window = l.window;
  return tape_.record_encoded("fake_quant",
                              std::make_shared<CodeMap>(std::move(averaged), from->quantization()),
                              in, [x, window](Tape<float>& t, const Tensor<float>& cotangent) {
                                Tape<float> inner;
                                const Var leaf = inner.leaf(Tensor<float>(t.shape(x)));
                                const Var pooled = average_pool2d(inner, leaf, window);
                                inner.backward(pooled, cotangent);
                                t.accumulate(x, inner.gradient(leaf));
                              });
}

}  // namespace integrad

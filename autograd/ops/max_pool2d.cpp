#include "integrad/autograd/ops/max_pool2d.h"

#include "integrad/autograd/ops/input_target.h"
#include "integrad/autograd/ops/record_lines.h"
#include "integrad/tensor/kernels/max_pool.h"

namespace integrad {

template <class T>
MaxPool max_pool2d(Tape<T>& tape, Var x, const WindowSpec& window) {
  const ConvGeometry g = pool_geometry(tape.shape(x), window);
  require_winners_fit_a_byte(window);
  auto y = StoredTensor<T>::uninitialized(g.output(), tape.storage());
  auto found = std::make_shared<PoolWinners>(
      PoolWinners{g, Tensor<std::uint8_t>::uninitialized(g.output())});
  kernels::max_pool_forward(g, tape.lines(x), y.target(), found->taps.data());

  std::shared_ptr<const PoolWinners> winners = std::move(found);
  const auto backward = [x, winners](Tape<T>& t, const StoredTensor<T>& cotangent) {
    InputTarget<T> input(t, x);
    kernels::add_lines(
        kernels::spread_to_winners(winners->geometry, kernels::stored_lines(cotangent),
                                   winners->taps.data()),
        input.gradient());
    input.finish();
  };
  return {tape.record("max_pool2d", std::move(y), {x}, backward), winners};
}

template <class T>
Var max_unpool2d(Tape<T>& tape, Var x, const std::shared_ptr<const PoolWinners>& winners) {
  require(winners != nullptr, "max unpooling needs the winners of a max pool");
  const ConvGeometry& g = winners->geometry;
  require(tape.shape(x) == g.output(), "max unpooling needs the shape of the pool's output ",
          g.output(), "; got ", tape.shape(x));
  const integrad_window wy = g.window.y, wx = g.window.x;
  require_disjoint_windows(
      {wy.kernel, wx.kernel, wy.stride, wx.stride, wy.dilation, wx.dilation, {}});
  auto lines = kernels::spread_to_winners(g, tape.lines(x), winners->taps.data());
  lines.owner = winners;
  const auto backward = [x, winners](Tape<T>& t, const kernels::LineSource<T>& cotangent) {
    InputTarget<T> input(t, x);
    kernels::add_lines(kernels::pick_winners(winners->geometry, cotangent, winners->taps.data()),
                       input.gradient());
    input.finish();
  };
  return record_lines(tape, "max_unpool2d", g.input(), std::move(lines), {x}, backward);
}

template MaxPool max_pool2d(Tape<float>&, Var, const WindowSpec&);
template MaxPool max_pool2d(Tape<double>&, Var, const WindowSpec&);
template Var max_unpool2d(Tape<float>&, Var, const std::shared_ptr<const PoolWinners>&);
template Var max_unpool2d(Tape<double>&, Var, const std::shared_ptr<const PoolWinners>&);

}  // namespace integrad

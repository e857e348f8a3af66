#include "integrad/train/tflite/unpool.h"

#include <array>
#include <limits>
#include <numeric>

#include "integrad/tensor/error.h"

namespace integrad::tflite {

namespace {

constexpr std::int32_t kLargestSide = 11;  // 121 places; 12 x 12 would exceed int8

// EQUAL rescales int8 operands before it compares them: by 256 times the scale, rounded. With a
// scale of 1/2 every code keeps a value of its own; with a layer's scale, codes would coincide.
constexpr Quantization kPlaces{0.5f, 0};

void require_blocks(const integrad_window& y, const integrad_window& x) {
  const auto block = [](const integrad_window& w) {
    return w.stride == w.kernel && (w.dilation == 1 || w.kernel == 1) && w.pad_before == 0;
  };
  require(block(y) && block(x) && y.kernel == x.kernel && y.kernel <= kLargestSide,
          "unpooling is put together for square windows of at most ", kLargestSide, "x",
          kLargestSide, " points that touch, with no padding above or left; got kernel ", y.kernel,
          "x", x.kernel, ", stride ", y.stride, "x", x.stride, ", dilation ", y.dilation, "x",
          x.dilation, ", padding ", y.pad_before, ", ", x.pad_before);
}

}  // namespace

TensorId winners(Composer& composer, const std::string& layer, TensorId pool_input,
                 const integrad_pool& pool) {
  require_blocks(pool.window_y, pool.window_x);
  const std::int32_t side = pool.window_y.kernel, height = pool.output.height,
                     width = pool.output.width, channels = pool.output.channels;
  const std::string prefix = layer + "/winners/";
  const Shape reached{1, Index{height} * side, Index{width} * side, channels};
  require(reached.elements() <= std::numeric_limits<std::int32_t>::max(),
          "the pool's windows reach over ", reached, ", more than 32 bits can count");
  // Windows may leave points out, or reach beyond the image: there -128 wins nothing, as a window's
  // first point lies inside and a tie goes to the first.
  const TensorId covered =
      composer.resize(pool_input, prefix + "covered", height * side, width * side, -128);
  const TensorEntry source = composer.at(covered);
  const Index points = Index{height} * width;

  const TensorId blocks = composer.apply(kind::space_to_depth, {covered},
                                         {prefix + "blocks",
                                          TensorType::int8,
                                          {1, height, width, side * side * channels},
                                          source.quantization},
                                         {{slot::block::size, side}});
  const TensorId candidates =
      composer.reshape(blocks, prefix + "candidates", {1, points, side * side, channels});
  const std::array<std::int32_t, 1> axis{2};
  const TensorId axis_number = composer.numbers(prefix + "axis", {}, axis);
  const TensorId places =
      composer.apply(kind::arg_max, {candidates, axis_number},
                     {prefix + "places", TensorType::int32, extents({1, points, channels}), {}},
                     {{slot::arg_max::output_type, static_cast<std::int8_t>(TensorType::int32)}});
  const TensorId bytes = composer.apply(
      kind::cast, {places},
      {prefix + "bytes", TensorType::int8, extents({1, points, channels}), per_tensor(kPlaces)},
      {{slot::cast::from, static_cast<std::int8_t>(TensorType::int32)},
       {slot::cast::to, static_cast<std::int8_t>(TensorType::int8)}});
  return composer.reshape(bytes, layer + "/winners", {1, points, 1, channels});
}

TensorId unpool(Composer& composer, const QNode& layer, TensorId values, TensorId winners,
                const integrad_unpool& attributes) {
  require_blocks(attributes.window_y, attributes.window_x);
  const std::int32_t side = attributes.window_y.kernel, height = attributes.input.height,
                     width = attributes.input.width, channels = attributes.input.channels;
  const std::string prefix = layer.name + "/";
  const Index points = Index{height} * width;
  const TensorQuantization quantization = per_tensor(layer.quantization);
  const Shape spread{1, points, side * side, channels};

  std::vector<std::int8_t> all_places(static_cast<std::size_t>(side * side));
  std::iota(all_places.begin(), all_places.end(), std::int8_t{0});
  const TensorId places =
      composer.constant(prefix + "places", {1, 1, side * side, 1}, per_tensor(kPlaces), all_places);
  const TensorId won = composer.apply(kind::equal, {winners, places},
                                      {prefix + "won", TensorType::boolean, extents(spread), {}});
  const TensorId column = composer.reshape(values, prefix + "values", {1, points, 1, channels});
  const std::array<std::int8_t, 1> zero{static_cast<std::int8_t>(attributes.zero_point)};
  const TensorId zero_point = composer.constant(prefix + "zero_point", {1}, quantization, zero);
  const TensorId selected =
      composer.apply(kind::select_v2, {won, column, zero_point},
                     {prefix + "selected", TensorType::int8, extents(spread), quantization});
  const TensorId blocks =
      composer.reshape(selected, prefix + "blocks", {1, height, width, side * side * channels});

  const bool whole =
      attributes.output.height == height * side && attributes.output.width == width * side;
  const TensorId placed = composer.apply(kind::depth_to_space, {blocks},
                                         {whole ? layer.name : prefix + "covered",
                                          TensorType::int8,
                                          {1, height * side, width * side, channels},
                                          quantization},
                                         {{slot::block::size, side}});
  return composer.resize(placed, layer.name, attributes.output.height, attributes.output.width,
                         zero[0]);
}

}  // namespace integrad::tflite

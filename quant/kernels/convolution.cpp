#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include "integrad/quant/kernels/fast.h"
#include "integrad/quant/kernels/packed_filter.h"

namespace integrad::kernels::int8 {

namespace {

// Whether a packed filter of these extents is not absurdly large.
bool affordable_weights(std::initializer_list<Index> extents) {
  double bytes = 1;  // in double: the product of hostile extents may exceed 64 bits
  for (const Index extent : extents) bytes *= static_cast<double>(extent);
  return bytes <= double{1 << 28};
}

// Channels of a depthwise layer in planes of four channels of several pieces. A vector takes one of
// a part's planes; a part is a block of one piece a pixel, or the phase of pixels with several.
ChannelOf channels_in_planes(const Int8Kernels& kernels, Index channels, Index pieces) {
  const Index planes = kernels.group, vector_pieces = kernels.lanes / 4;
  return [=](Index vector, Index lane) {
    const Index part = vector / planes, plane = vector % planes;
    const Index piece = pieces == 1 ? part : (part * vector_pieces + lane / 4) % pieces;
    const Index channel = (piece * planes + plane) * 4 + lane % 4;
    return channel < channels ? channel : Index{-1};
  };
}

// The pieces of a pixel whose rows need no blocks; 1 where they do.
Index pieces_of_pixel(const Int8Kernels& kernels, Index channels, Index stride) {
  const Index piece_channels = 4 * kernels.group, vector_pieces = kernels.lanes / 4;
  const Index pieces = channels / piece_channels;
  const bool fits =
      pieces > 0 && (vector_pieces % pieces == 0 || pieces % vector_pieces == 0) && stride == 1;
  return fits && channels % piece_channels == 0 ? pieces : 1;
}

/// What a layer's kernel points at.
struct Packed {
  PackedFilter filter;
  PackedStage stage;
};

PackedStage pack_result(RowResult result, const integrad_output_stage& stage,
                        std::span<const std::int64_t> bounds, Index vectors, Index lanes,
                        const ChannelOf& channel_of) {
  if (result == RowResult::codes)
    return pack_stage(stage, bounds, vectors, lanes, channel_of, Lines::searched);
  PackedStage packed;
  packed.table.assign(static_cast<std::size_t>(vectors * kScaleRows * lanes), 0);
  packed.factors.assign(static_cast<std::size_t>(vectors * kQuickRows * lanes), 0);
  packed.stage = {Finish::sums, packed.table.data(), 0, 0, 0, Quick::none, packed.factors.data()};
  return packed;
}

Index only_channel(Index, Index) {
  return 0;
}

/// Which of its kernels a convolution takes, how many pixels that computes together, and whether
/// its taps are joined to one.
struct ConvWay {
  bool narrow, winograd, joined;
  Index tile;
  decltype(Int8Kernels::conv_row) kernel;
  decltype(&pack_conv) pack;
};

// Of four pixels.
Index winograd_bytes(Index channels) {
  return (channels + kWinogradLanes - 1) / kWinogradLanes * kWinogradLanes * kWinogradFactors *
         Index{sizeof(std::int16_t)};
}

// Few channels, or few pixels, are not worth the factors. 48 times each sum must be representable.
bool is_winograd(const Int8Kernels& kernels, const integrad_conv& layer) {
  const auto three = [](const integrad_window& w) {
    return w.kernel == 3 && w.stride == 1 && w.dilation == 1;
  };
  const std::int32_t inputs = layer.input.channels, zero_point = layer.input_zero_point;
  const double farthest = std::max(127 - zero_point, zero_point + 128);
  return kernels.winograd_row != nullptr && three(layer.window_x) && three(layer.window_y) &&
         inputs >= kernels.winograd_channels &&
         layer.output.channels >= kernels.winograd_channels && layer.output.width >= 8 &&
         48 * 128 * farthest * 9 * inputs < 0x1p31 &&
         // What is kept of a row, whose bytes are counted below.
         6.0 * layer.output.width * layer.output.channels <= kLargestRows;
}

// What winograd_row works in, beside the sums of a tile.
Index winograd_scratch(const Int8Kernels& kernels, const ConvRow& c, Index tile, Index tiles) {
  const Index fours = tile / 4, sums = 36 * fours + tiles * 6 * fours * c.blocks;
  return sums * kernels.lanes * 4 + 3 * fours * 4 * c.pixel_bytes;
}

ConvWay direct_way(const Int8Kernels& kernels, const integrad_conv& layer) {
  const bool joined = kernels.joins_taps && layer.window_x.dilation == 1;
  return {false,
          false,
          joined,
          layer.output.channels <= kernels.lanes ? kernels.tile : kernels.tile2,
          kernels.conv_row,
          pack_conv};
}

ConvWay way_of(const Int8Kernels& kernels, const integrad_conv& layer) {
  const Index outputs = layer.output.channels;
  if (outputs == 1 && layer.input.channels % (4 * kernels.group) == 0)
    return {true, false, false, kernels.lanes, kernels.narrow_row, pack_narrow};
  if (is_winograd(kernels, layer))
    return {false,
            true,
            false,
            outputs <= kernels.lanes ? kernels.winograd_tile : kernels.winograd_tile2,
            kernels.winograd_row,
            pack_winograd};
  return direct_way(kernels, layer);
}

// Runs the layer, where there is one.
bool run_codes(const std::shared_ptr<const RowLayer>& layer, Index batch, const std::int8_t* input,
               std::int8_t* output) {
  if (layer == nullptr) return false;
  const Index row_size = integrad_row_size(layer->pass.output);
  run_rows(layer->pass, batch, input,
           [&](const std::uint8_t* const* rows, const std::int8_t* next, std::uint8_t* scratch,
               const PairRow& pair,
               Index row) { layer->kernel(rows, next, scratch, pair, output + row * row_size); });
  return true;
}

bool run_sums(const std::shared_ptr<const RowLayer>& layer, Index batch, const std::int8_t* input,
              const SumsRow& sums) {
  if (layer == nullptr) return false;
  RowPass pass = layer->pass;
  const Index own_bytes = pass.scratch_bytes;  // whole vectors: sums behind them are aligned
  pass.scratch_bytes += integrad_row_size(pass.output) * Index{sizeof(std::int32_t)};
  run_rows(pass, batch, input,
           [&](const std::uint8_t* const* rows, const std::int8_t* next, std::uint8_t* scratch,
               const PairRow& pair, Index row) {
             std::uint8_t* const made = scratch + own_bytes;
             layer->kernel(rows, next, scratch, pair, reinterpret_cast<std::int8_t*>(made));
             sums(row, reinterpret_cast<const std::int32_t*>(made));
           });
  return true;
}

// None where its rows or its filter would be absurdly large.
std::shared_ptr<const RowLayer> conv_layer_by(const ConvWay& way, const integrad_conv& layer,
                                              const std::int8_t* filter, const std::int32_t* bias,
                                              RowResult result) {
  const Int8Kernels* kernels = int8_kernels();
  const integrad_window wx = layer.window_x, wy = layer.window_y;
  const Index inputs = layer.input.channels, outputs = layer.output.channels;
  const Index width = layer.output.width, blocks = (outputs + kernels->lanes - 1) / kernels->lanes;
  const Index channels = way.joined ? wx.kernel * inputs : inputs;  // of a tap
  const Index group = way.winograd ? 2 : kernels->group;
  const Index groups = (channels + group - 1) / group;
  ConvRow c{.in_channels = inputs,
            .groups = groups,
            .pixel_bytes = way.winograd ? winograd_bytes(inputs) / 4
                           : way.joined ? inputs * 4 / kernels->group
                                        : groups * 4,
            .kernel_y = wy.kernel,
            .kernel_x = way.joined ? 1 : wx.kernel,
            .stride = wx.stride,
            .dilation = wx.dilation,
            .out_width = width,
            .out_channels = outputs,
            .blocks = blocks,
            .filter = nullptr,
            .bias = nullptr,
            .stage = {}};
  const Index tiles = (width + way.tile - 1) / way.tile;
  const RowPass pass{
      .input = layer.input,
      .output = layer.output,
      .window_y = wy,
      .layout = {layer.input.width, inputs, wx.pad_before,
                 way.winograd ? tiles * way.tile / 4
                              : (tiles * way.tile - 1) * wx.stride + integrad_window_extent(wx),
                 1, inputs, way.winograd ? 4 * c.pixel_bytes : c.pixel_bytes,
                 layer.input_zero_point},
      .prepare = way.winograd ? kernels->prepare_winograd_row : kernels->prepare_row,
      .scratch_bytes = (way.narrow ? tiles : c.blocks) * way.tile * kernels->lanes * 4 +
                       (way.winograd ? winograd_scratch(*kernels, c, way.tile, tiles) : 0)};
  if (!affordable(pass) ||
      !affordable_weights({c.blocks, kernels->lanes, way.winograd ? 4 : wy.kernel,
                           way.winograd ? kWinogradFactors : c.kernel_x, groups, 4}))
    return nullptr;
  const auto packed = std::make_shared<Packed>();
  packed->filter = way.pack(*kernels, layer, c, filter, bias);
  packed->stage =
      pack_result(result, layer.stage, packed->filter.bounds, c.blocks, kernels->lanes,
                  way.narrow ? only_channel : consecutive_channels(kernels->lanes, outputs));
  c.filter = packed->filter.weights.data();
  c.bias = packed->filter.bias.data();
  c.stage = packed->stage.stage;
  return std::make_shared<const RowLayer>(
      RowLayer{pass, [=](const std::uint8_t* const* rows, const std::int8_t* next,
                         std::uint8_t* scratch, const PairRow& pair, std::int8_t* into) {
                 [[maybe_unused]] const auto& kept = packed;
                 ConvRow row = c;
                 row.row = pair;
                 way.kernel(row, rows, next, reinterpret_cast<std::int32_t*>(scratch), into);
               }});
}

}  // namespace

std::shared_ptr<const RowLayer> conv_layer(const integrad_conv& layer, const std::int8_t* filter,
                                           const std::int32_t* bias, RowResult result) {
  const Int8Kernels* kernels = int8_kernels();
  if (kernels == nullptr || layer.groups != 1 || layer.window_x.pad_before < 0) return nullptr;
  const ConvWay way = way_of(*kernels, layer);
  auto made = conv_layer_by(way, layer, filter, bias, result);
  if (made != nullptr || !way.winograd) return made;
  return conv_layer_by(direct_way(*kernels, layer), layer, filter, bias, result);
}

namespace {

// Whether a depthwise layer may be computed in floats: `bias` is all that can take its sums beyond
// 2^24.
bool is_in_floats(const Int8Kernels& kernels, const integrad_depthwise& layer,
                  const std::int32_t* bias) {
  constexpr std::int32_t kMost = (1 << 24) - 9 * 255 * 128;
  const integrad_window &x = layer.window_x, &y = layer.window_y;
  const Index channels = layer.output.channels;
  return kernels.float_depthwise_row != nullptr && x.kernel == 3 && x.stride == 1 &&
         y.kernel == 3 && channels % kernels.lanes == 0 &&
         (bias == nullptr || std::all_of(bias, bias + channels, [](std::int32_t value) {
            return value >= -kMost && value <= kMost;
          }));
}

// None where its rows, twice as large as others, would be absurdly so.
std::shared_ptr<const RowLayer> float_depthwise_layer(const integrad_depthwise& layer,
                                                      const std::int8_t* filter,
                                                      const std::int32_t* bias, RowResult result) {
  const Int8Kernels& kernels = *int8_kernels();
  const integrad_window& wx = layer.window_x;
  const Index channels = layer.output.channels, width = layer.output.width;
  const Index tile = kernels.float_tile, tiles = (width + tile - 1) / tile;
  const Index pixel_bytes = channels * Index{sizeof(float)};
  const RowPass pass{.input = layer.input,
                     .output = layer.output,
                     .window_y = layer.window_y,
                     .layout = {layer.input.width, channels, wx.pad_before,
                                tiles * tile - 1 + integrad_window_extent(wx), 1, channels,
                                pixel_bytes, layer.input_zero_point},
                     .prepare = kernels.prepare_float_row,
                     .scratch_bytes = tile * pixel_bytes};
  if (!affordable(pass)) return nullptr;
  const auto packed = std::make_shared<Packed>();
  const Index vectors = channels / kernels.lanes;
  packed->filter = pack_float_depthwise(kernels, layer, filter, bias);
  packed->stage = pack_result(result, layer.stage, packed->filter.bounds, vectors, kernels.lanes,
                              consecutive_channels(kernels.lanes, channels));
  const FloatDepthwiseRow c{.dilation = wx.dilation,
                            .out_width = width,
                            .channels = channels,
                            .filter = packed->filter.real_weights.data(),
                            .bias = packed->filter.real_bias.data(),
                            .stage = packed->stage.stage};
  return std::make_shared<const RowLayer>(RowLayer{
      pass, [=, &kernels](const std::uint8_t* const* rows, const std::int8_t* next,
                          std::uint8_t* scratch, const PairRow&, std::int8_t* into) {
        [[maybe_unused]] const auto& kept = packed;
        kernels.float_depthwise_row(c, rows, next, reinterpret_cast<std::int32_t*>(scratch), into);
      }});
}

}  // namespace

std::shared_ptr<const RowLayer> depthwise_layer(const integrad_depthwise& layer,
                                                const std::int8_t* filter, const std::int32_t* bias,
                                                RowResult result) {
  const Int8Kernels* kernels = int8_kernels();
  const integrad_window wx = layer.window_x, wy = layer.window_y;
  const Index channels = layer.output.channels, width = layer.output.width;
  if (kernels == nullptr || layer.input.channels != channels || wx.pad_before < 0) return nullptr;
  if (is_in_floats(*kernels, layer, bias))
    if (auto made = float_depthwise_layer(layer, filter, bias, result)) return made;
  const Index piece_channels = 4 * kernels->group;
  const Index pieces = pieces_of_pixel(*kernels, channels, wx.stride);
  const Index segment = std::max<Index>(16, kernels->segment / pieces);
  const Index segment_pixels =
      ((segment - 1) * wx.stride + integrad_window_extent(wx) + 15) / 16 * 16;
  DepthwiseRow c{.kernel_y = wy.kernel,
                 .kernel_x = wx.kernel,
                 .stride = wx.stride,
                 .dilation = wx.dilation,
                 .row_groups = (wy.kernel + kernels->group - 1) / kernels->group,
                 .pieces = pieces,
                 .phases = std::max<Index>(1, pieces / (kernels->lanes / 4)),
                 .in_pixels = (width - 1) / segment * segment * wx.stride + segment_pixels,
                 .segment_outputs = segment,
                 .segment_pixels = segment_pixels,
                 .out_width = width,
                 .out_channels = channels,
                 .blocks = pieces > 1 ? 1 : (channels + piece_channels - 1) / piece_channels,
                 .filter = nullptr,
                 .bias = nullptr,
                 .stage = {}};
  const Index plane_bytes = c.row_groups * kernels->group * segment_pixels * pieces * 16;
  const Index own_bytes = plane_bytes + segment * pieces * piece_channels * 4;
  const RowPass pass{.input = layer.input,
                     .output = layer.output,
                     .window_y = wy,
                     .layout = {layer.input.width, channels, wx.pad_before, c.in_pixels, c.blocks,
                                pieces * piece_channels, pieces * 16, layer.input_zero_point},
                     .prepare = kernels->prepare_row,
                     .scratch_bytes = own_bytes};
  if (!affordable(pass) ||
      !affordable_weights({c.blocks, c.phases, 16, kernels->lanes, c.row_groups, wx.kernel}))
    return nullptr;
  const ChannelOf channel_of = channels_in_planes(*kernels, channels, pieces);
  const auto packed = std::make_shared<Packed>();
  packed->filter = pack_depthwise(*kernels, layer, c, filter, bias, channel_of);
  packed->stage = pack_result(result, layer.stage, packed->filter.bounds,
                              c.blocks * c.phases * kernels->group, kernels->lanes, channel_of);
  c.filter = packed->filter.weights.data();
  c.bias = packed->filter.bias.data();
  c.stage = packed->stage.stage;
  return std::make_shared<const RowLayer>(RowLayer{
      pass, [=](const std::uint8_t* const* rows, const std::int8_t* next, std::uint8_t* scratch,
                const PairRow&, std::int8_t* into) {
        [[maybe_unused]] const auto& kept = packed;
        kernels->depthwise_row(c, rows, next, scratch,
                               reinterpret_cast<std::int32_t*>(scratch + plane_bytes), into);
      }});
}

bool conv(const integrad_conv& layer, Index batch, const std::int8_t* input,
          const std::int8_t* filter, const std::int32_t* bias, std::int8_t* output) {
  return run_codes(conv_layer(layer, filter, bias, RowResult::codes), batch, input, output);
}

bool depthwise(const integrad_depthwise& layer, Index batch, const std::int8_t* input,
               const std::int8_t* filter, const std::int32_t* bias, std::int8_t* output) {
  return run_codes(depthwise_layer(layer, filter, bias, RowResult::codes), batch, input, output);
}

bool conv_sums(const integrad_conv& layer, Index batch, const std::int8_t* input,
               const std::int8_t* filter, const std::int32_t* bias, const SumsRow& sums) {
  return run_sums(conv_layer(layer, filter, bias, RowResult::sums), batch, input, sums);
}

bool depthwise_sums(const integrad_depthwise& layer, Index batch, const std::int8_t* input,
                    const std::int8_t* filter, const std::int32_t* bias, const SumsRow& sums) {
  return run_sums(depthwise_layer(layer, filter, bias, RowResult::sums), batch, input, sums);
}

}  // namespace integrad::kernels::int8

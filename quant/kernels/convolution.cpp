#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/error.h"

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

/// Writes weights in the form of groups: a group of two holds 16 bits each, the lower byte first.
class GroupWriter {
 public:
  GroupWriter(const Int8Kernels& kernels, Buffer<std::int8_t>& into)
      : group_(kernels.group), to_(into.data()) {
    require(to_ != nullptr, "a filter without weights cannot be packed");
  }
  void put(std::int8_t weight) {
    *to_++ = weight;
    if (group_ == 2) *to_++ = static_cast<std::int8_t>(weight < 0 ? -1 : 0);
  }
  /// A group of weights that lie side by side, `count` of them and then zeros.
  void put_group(const std::int8_t* weights, Index count) {
    if (group_ == 4 && count >= 4)
      to_ = std::copy_n(weights, 4, to_);
    else
      for (Index i = 0; i < group_; ++i) put(i < count ? weights[i] : std::int8_t{0});
  }

 private:
  Index group_;
  std::int8_t* to_;
};

// `step` lies between the weights of one output channel, `channel_step` between channels.
void pack_bias(PackedFilter& packed, const Int8Kernels& kernels, std::int32_t zero_point,
               const std::int8_t* filter, const std::int32_t* bias, Index channels,
               Index channel_step, Index count, Index step, Index vectors,
               const ChannelOf& channel_of) {
  const std::int64_t reach = std::max(127 - zero_point, zero_point + 128);
  std::vector<std::int32_t> biases;
  for (Index channel = 0; channel < channels; ++channel) {
    std::int64_t sum = 0, size = 0;
    for (Index i = 0; i < count; ++i) {
      const std::int32_t weight = filter[channel * channel_step + i * step];
      sum += weight;
      size += weight < 0 ? -weight : weight;
    }
    const std::int64_t own = bias != nullptr ? bias[channel] : 0;
    packed.bounds.push_back(std::abs(own) + reach * size);
    biases.push_back(integrad_wrap32(own - (kernels.offset ? (zero_point + 128) * sum : 0)));
  }
  for (Index vector = 0; vector < vectors; ++vector)
    for (Index lane = 0; lane < kernels.lanes; ++lane) {
      const Index channel = channel_of(vector, lane);
      packed.bias.push_back(channel < 0 ? 0 : biases[static_cast<std::size_t>(channel)]);
    }
}

Index only_channel(Index, Index) {
  return 0;
}

PackedFilter pack_conv(const Int8Kernels& kernels, const integrad_conv& layer, const ConvRow& c,
                       const std::int8_t* filter, const std::int32_t* bias) {
  const Index inputs = layer.input.channels, outputs = layer.output.channels;
  const Index taps = c.kernel_y * c.kernel_x, lanes = kernels.lanes, size = taps * inputs;
  PackedFilter packed;
  packed.weights = Buffer<std::int8_t>::uninitialized(
      static_cast<std::size_t>(c.blocks * lanes * taps * c.groups * 4));
  GroupWriter writer(kernels, packed.weights);
  for (Index block = 0; block < c.blocks; block += 2)
    for (Index ky = 0; ky < c.kernel_y; ++ky)
      for (Index group = 0; group < c.groups; ++group)
        for (Index kx = 0; kx < c.kernel_x; ++kx)
          for (Index o = block * lanes; o < std::min(block + 2, c.blocks) * lanes; ++o) {
            const Index first = group * kernels.group, tap = ky * c.kernel_x + kx;
            if (o < outputs)
              writer.put_group(filter + o * size + tap * inputs + first, inputs - first);
            else
              writer.put_group(nullptr, 0);
          }
  pack_bias(packed, kernels, layer.input_zero_point, filter, bias, outputs, size, size, 1, c.blocks,
            consecutive_channels(lanes, outputs));
  return packed;
}

// One output channel, lanes as narrow_row wants them.
PackedFilter pack_narrow(const Int8Kernels& kernels, const integrad_conv& layer, const ConvRow& c,
                         const std::int8_t* filter, const std::int32_t* bias) {
  const Index taps = c.kernel_y * c.kernel_x, lanes = kernels.lanes, inputs = layer.input.channels;
  PackedFilter packed;
  packed.weights =
      Buffer<std::int8_t>::uninitialized(static_cast<std::size_t>(taps * c.groups * lanes));
  GroupWriter writer(kernels, packed.weights);
  for (Index tap = 0; tap < taps; ++tap)
    for (Index group = 0; group < c.groups; group += 4)
      for (Index lane = 0; lane < lanes; ++lane)
        for (Index i = 0; i < kernels.group; ++i)
          writer.put(filter[tap * inputs + (group + lane % 4) * kernels.group + i]);
  pack_bias(packed, kernels, layer.input_zero_point, filter, bias, 1, 0, taps * inputs, 1, 1,
            only_channel);
  return packed;
}

PackedFilter pack_depthwise(const Int8Kernels& kernels, const integrad_depthwise& layer,
                            const DepthwiseRow& c, const std::int8_t* filter,
                            const std::int32_t* bias, const ChannelOf& channel_of) {
  const Index channels = layer.output.channels, planes = kernels.group;
  const Index parts = c.blocks * c.phases;
  PackedFilter packed;
  packed.weights = Buffer<std::int8_t>::uninitialized(
      static_cast<std::size_t>(parts * c.row_groups * c.kernel_x * planes * kernels.lanes * 4));
  GroupWriter writer(kernels, packed.weights);
  for (Index part = 0; part < parts; ++part)
    for (Index rows = 0; rows < c.row_groups; ++rows)
      for (Index kx = 0; kx < c.kernel_x; ++kx)
        for (Index plane = 0; plane < planes; ++plane)
          for (Index lane = 0; lane < kernels.lanes; ++lane) {
            const Index channel = channel_of(part * planes + plane, lane);
            for (Index i = 0; i < kernels.group; ++i) {
              const Index ky = rows * kernels.group + i;
              writer.put(channel >= 0 && ky < c.kernel_y
                             ? filter[(ky * c.kernel_x + kx) * channels + channel]
                             : std::int8_t{0});
            }
          }
  pack_bias(packed, kernels, layer.input_zero_point, filter, bias, channels, 1,
            c.kernel_y * c.kernel_x, channels, parts * planes, channel_of);
  return packed;
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

// Runs the layer, where there is one.
bool run_codes(const std::shared_ptr<const RowLayer>& layer, Index batch, const std::int8_t* input,
               std::int8_t* output) {
  if (layer == nullptr) return false;
  const Index row_size = integrad_row_size(layer->pass.output);
  run_rows(*int8_kernels(), layer->pass, batch, input,
           [&](const std::uint8_t* const* rows, const std::int8_t* next, std::uint8_t* scratch,
               Index row) { layer->kernel(rows, next, scratch, output + row * row_size); });
  return true;
}

bool run_sums(const std::shared_ptr<const RowLayer>& layer, Index batch, const std::int8_t* input,
              const SumsRow& sums) {
  if (layer == nullptr) return false;
  RowPass pass = layer->pass;
  const Index own_bytes = pass.scratch_bytes;  // whole vectors: sums behind them are aligned
  pass.scratch_bytes += integrad_row_size(pass.output) * Index{sizeof(std::int32_t)};
  run_rows(*int8_kernels(), pass, batch, input,
           [&](const std::uint8_t* const* rows, const std::int8_t* next, std::uint8_t* scratch,
               Index row) {
             std::uint8_t* const made = scratch + own_bytes;
             layer->kernel(rows, next, scratch, reinterpret_cast<std::int8_t*>(made));
             sums(row, reinterpret_cast<const std::int32_t*>(made));
           });
  return true;
}

}  // namespace

std::shared_ptr<const RowLayer> conv_layer(const integrad_conv& layer, const std::int8_t* filter,
                                           const std::int32_t* bias, RowResult result) {
  const Int8Kernels* kernels = int8_kernels();
  const integrad_window wx = layer.window_x, wy = layer.window_y;
  if (kernels == nullptr || layer.groups != 1 || wx.pad_before < 0) return nullptr;
  const Index outputs = layer.output.channels, width = layer.output.width;
  const Index groups = (layer.input.channels + kernels->group - 1) / kernels->group;
  ConvRow c{.in_channels = layer.input.channels,
            .groups = groups,
            .kernel_y = wy.kernel,
            .kernel_x = wx.kernel,
            .stride = wx.stride,
            .dilation = wx.dilation,
            .out_width = width,
            .out_channels = outputs,
            .blocks = (outputs + kernels->lanes - 1) / kernels->lanes,
            .filter = nullptr,
            .bias = nullptr,
            .stage = {}};
  const bool narrow = outputs == 1 && layer.input.channels % (4 * kernels->group) == 0;
  const Index tile = narrow ? kernels->lanes : c.blocks == 1 ? kernels->tile : kernels->tile2;
  const Index tiles = (width + tile - 1) / tile;
  const Index own_bytes = (narrow ? tiles : c.blocks) * tile * kernels->lanes * 4;
  const RowPass pass{.input = layer.input,
                     .output = layer.output,
                     .window_y = wy,
                     .layout = {layer.input.width, layer.input.channels, wx.pad_before,
                                (tiles * tile - 1) * wx.stride + integrad_window_extent(wx), 1,
                                layer.input.channels, groups * 4, layer.input_zero_point},
                     .scratch_bytes = own_bytes};
  if (!affordable(pass) ||
      !affordable_weights({c.blocks, kernels->lanes, wy.kernel, wx.kernel, groups, 4}))
    return nullptr;
  const auto packed = std::make_shared<Packed>();
  packed->filter = (narrow ? pack_narrow : pack_conv)(*kernels, layer, c, filter, bias);
  packed->stage =
      pack_result(result, layer.stage, packed->filter.bounds, c.blocks, kernels->lanes,
                  narrow ? only_channel : consecutive_channels(kernels->lanes, outputs));
  c.filter = packed->filter.weights.data();
  c.bias = packed->filter.bias.data();
  c.stage = packed->stage.stage;
  const auto row_kernel = narrow ? kernels->narrow_row : kernels->conv_row;
  return std::make_shared<const RowLayer>(
      RowLayer{pass, [=](const std::uint8_t* const* rows, const std::int8_t* next,
                         std::uint8_t* scratch, std::int8_t* into) {
                 [[maybe_unused]] const auto& kept = packed;
                 row_kernel(c, rows, next, reinterpret_cast<std::int32_t*>(scratch), into);
               }});
}

std::shared_ptr<const RowLayer> depthwise_layer(const integrad_depthwise& layer,
                                                const std::int8_t* filter, const std::int32_t* bias,
                                                RowResult result) {
  const Int8Kernels* kernels = int8_kernels();
  const integrad_window wx = layer.window_x, wy = layer.window_y;
  const Index channels = layer.output.channels, width = layer.output.width;
  if (kernels == nullptr || layer.input.channels != channels || wx.pad_before < 0) return nullptr;
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
                std::int8_t* into) {
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

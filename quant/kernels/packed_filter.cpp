#include "integrad/quant/kernels/packed_filter.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "integrad/tensor/error.h"

namespace integrad::kernels::int8 {

namespace {

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

// `step` lies between the weights of one output channel, `channel_step` between channels; `offset`:
// the kernel multiplies codes + 128, not codes without their zero point.
void pack_bias(PackedFilter& packed, const Int8Kernels& kernels, bool offset,
               std::int32_t zero_point, const std::int8_t* filter, const std::int32_t* bias,
               Index channels, Index channel_step, Index count, Index step, Index vectors,
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
    biases.push_back(integrad_wrap32(own - (offset ? (zero_point + 128) * sum : 0)));
  }
  for (Index vector = 0; vector < vectors; ++vector)
    for (Index lane = 0; lane < kernels.lanes; ++lane) {
      const Index channel = channel_of(vector, lane);
      packed.bias.push_back(channel < 0 ? 0 : biases[static_cast<std::size_t>(channel)]);
    }
}

// 24 times the factors of three taps along x, in the order of winograd_row.h.
std::array<std::int16_t, 6> factors_of(int g0, int g1, int g2) {
  const int even_1 = -4 * (g0 + g2), odd_1 = -4 * g1, even_2 = g0 + 4 * g2, odd_2 = 2 * g1;
  const auto word = [](int value) { return static_cast<std::int16_t>(value); };
  return {word(6 * g0),         word(24 * g2),        word(even_1 + odd_1),
          word(even_1 - odd_1), word(even_2 + odd_2), word(even_2 - odd_2)};
}
// Twice factor k along y.
int row_factor(Index k, int g0, int g1, int g2) {
  if (k == 0) return 2 * g0;
  if (k == 3) return 2 * g2;
  return k == 1 ? g0 + g2 + g1 : g0 + g2 - g1;
}

}  // namespace

PackedFilter pack_conv(const Int8Kernels& kernels, const integrad_conv& layer, const ConvRow& c,
                       const std::int8_t* filter, const std::int32_t* bias) {
  const Index outputs = layer.output.channels, lanes = kernels.lanes;
  const Index taps = c.kernel_y * c.kernel_x;
  const Index size = c.kernel_y * layer.window_x.kernel * layer.input.channels;
  const Index inputs = size / taps;  // of what is one tap here
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
  pack_bias(packed, kernels, kernels.offset, layer.input_zero_point, filter, bias, outputs, size,
            size, 1, c.blocks, consecutive_channels(lanes, outputs));
  return packed;
}

PackedFilter pack_winograd(const Int8Kernels& kernels, const integrad_conv& layer, const ConvRow& c,
                           const std::int8_t* filter, const std::int32_t* bias) {
  const Index inputs = layer.input.channels, outputs = layer.output.channels, lanes = kernels.lanes;
  const Index size = 9 * inputs;
  PackedFilter packed;
  packed.weights = Buffer<std::int8_t>::uninitialized(
      static_cast<std::size_t>(c.blocks * lanes * 4 * kWinogradFactors * c.groups * 4));
  std::int8_t* to = packed.weights.data();
  std::fill_n(to, packed.weights.size(), std::int8_t{0});  // what no channel fills
  for (Index block = 0; block < c.blocks; block += 2) {
    const Index first = block * lanes, width = std::min<Index>(2, c.blocks - block) * lanes * 4;
    const Index pair = 4 * c.groups * 2 * width;
    for (Index k = 0; k < 4; ++k)
      for (Index ci = 0; ci < inputs; ++ci) {
        std::int8_t* lane = to + (k * c.groups + ci / 2) * 2 * width + ci % 2 * 2;
        const std::int8_t* taps = filter + first * size + ci;
        const Index behind = std::min(first + width / 4, outputs);
        for (Index o = first; o < behind; ++o, lane += 4, taps += size) {
          const auto along_y = [&](Index kx) {
            const std::int8_t* const column = taps + kx * inputs;
            return row_factor(k, column[0], column[3 * inputs], column[6 * inputs]);
          };
          const auto factors = factors_of(along_y(0), along_y(1), along_y(2));
          for (Index i = 0; i < kWinogradFactors; ++i)
            std::memcpy(lane + i / 2 * pair + i % 2 * width, &factors[static_cast<std::size_t>(i)],
                        sizeof factors[0]);
        }
      }
    to += 3 * pair;
  }
  pack_bias(packed, kernels, false, layer.input_zero_point, filter, bias, outputs, size, size, 1,
            c.blocks, consecutive_channels(lanes, outputs));
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
  pack_bias(packed, kernels, kernels.offset, layer.input_zero_point, filter, bias, 1, 0,
            taps * inputs, 1, 1, [](Index, Index) { return Index{0}; });
  return packed;
}

PackedFilter pack_float_depthwise(const Int8Kernels& kernels, const integrad_depthwise& layer,
                                  const std::int8_t* filter, const std::int32_t* bias) {
  const Index channels = layer.output.channels, lanes = kernels.lanes;
  const Index taps = Index{layer.window_y.kernel} * layer.window_x.kernel;
  PackedFilter packed;
  for (Index first = 0; first < channels; first += lanes)
    for (Index tap = 0; tap < taps; ++tap)
      for (Index channel = first; channel < first + lanes; ++channel)
        packed.real_weights.push_back(static_cast<float>(filter[tap * channels + channel]));
  pack_bias(packed, kernels, false, layer.input_zero_point, filter, bias, channels, 1, taps,
            channels, channels / lanes, consecutive_channels(lanes, channels));
  packed.real_bias.assign(packed.bias.begin(), packed.bias.end());
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
  pack_bias(packed, kernels, kernels.offset, layer.input_zero_point, filter, bias, channels, 1,
            c.kernel_y * c.kernel_x, channels, parts * planes, channel_of);
  return packed;
}

}  // namespace integrad::kernels::int8

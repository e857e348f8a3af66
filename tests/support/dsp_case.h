#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

#include "guarded_buffer.h"
#include "integrad/quant/c/stream.h"
#include "integrad/tensor/random.h"

namespace integrad::testing {

using Edge = GuardedBuffer<std::int8_t>::Edge;

/// Numbers drawn one after the other.
class DspDraw {
 public:
  explicit DspDraw(std::uint64_t seed) : random_(seed, 1) {}

  std::int32_t below(std::int32_t end) {
    return static_cast<std::int32_t>(random_.below(next_++, static_cast<std::uint64_t>(end)));
  }
  std::int32_t between(std::int32_t low, std::int32_t high) { return low + below(high - low + 1); }
  /// Any 32 bits.
  std::int32_t word() { return static_cast<std::int32_t>(random_.words(next_++)[0]); }
  bool once_in(std::int32_t times) { return below(times) == 0; }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[below(static_cast<std::int32_t>(values.size()))];
  }
  /// Codes with many extremes.
  std::int8_t code() {
    return static_cast<std::int8_t>(once_in(5) ? one_of({-128, 127, 0}) : between(-128, 127));
  }

  integrad_rounding rounding() {
    return once_in(2) ? INTEGRAD_ROUNDING_SINGLE : INTEGRAD_ROUNDING_DOUBLE;
  }
  /// A scale; `usual`: such as a layer's real scales give.
  integrad_scale scale(bool usual) {
    const std::int32_t multiplier = (1 << 30) + below(1 << 24) * 63 + below(64);
    if (usual) return {multiplier, -between(2, 14)};
    return {one_of({multiplier, multiplier, 0, 5, 1 << 30, INT32_MAX}),
            once_in(3) ? between(-31, 30) : -between(0, 4)};
  }
  integrad_window window() {
    const std::int32_t pad = between(0, 2);
    return {.kernel = between(1, 4),
            .stride = between(1, 2),
            .dilation = once_in(3) ? 2 : 1,
            .pad_before = pad,
            .pad_after = between(0, 2)};
  }

 private:
  Random random_;
  std::uint64_t next_ = 0;
};

/// The clamp, scales and zero point of an output; all channels have usual scales, or any.
struct DrawnStage {
  std::vector<integrad_scale> scales;
  integrad_output_stage stage{};

  DrawnStage(DspDraw& draw, std::int32_t channels) {
    const bool usual = !draw.once_in(3), all = draw.once_in(4);
    for (std::int32_t i = 0; i < channels; ++i) scales.push_back(draw.scale(usual));
    const bool narrow = draw.once_in(2);
    const std::int32_t low = narrow ? draw.between(-128, 100) : -128;
    stage = {.scales = scales.data(),
             .scale_step = all ? 0 : 1,
             .zero_point = draw.between(-128, 127),
             .low = low,
             .high = narrow ? draw.between(low, 127) : 127,
             .rounding = draw.rounding()};
  }
};

inline std::string text_of(const integrad_window& w) {
  std::ostringstream text;
  text << "kernel " << w.kernel << " stride " << w.stride << " dilation " << w.dilation << " pad "
       << w.pad_before;
  return text.str();
}

inline std::string text_of(const integrad_dims& d) {
  std::ostringstream text;
  text << d.height << "x" << d.width << "x" << d.channels;
  return text.str();
}

/// The rows of an image that output rows begin .. end - 1 look at, and nothing else, guarded.
struct DrawnRows {
  std::int32_t first, end;
  GuardedBuffer<std::int8_t> codes;

  DrawnRows(DspDraw& draw, integrad_dims image, integrad_window window, std::int32_t row_begin,
            std::int32_t row_end, Edge edge)
      : first(integrad_rows_kept(window, row_begin, image.height)),
        end(std::max(first, integrad_rows_needed(window, row_end, image.height))),
        codes(static_cast<std::size_t>((end - first) * integrad_row_size(image)), edge) {
    for (std::int8_t& code : codes.values()) code = draw.code();
  }
  integrad_rows rows() { return {codes.data(), first}; }
};

}  // namespace integrad::testing

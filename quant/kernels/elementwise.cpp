#include <algorithm>
#include <cmath>
#include <utility>

#include "integrad/quant/kernels/code_line.h"
#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::int8 {

namespace {

constexpr std::int64_t kReach = 255;  // of |code - zero point|

bool is_half(integrad_scale scale) {
  return scale.multiplier == 1 << 30 && scale.shift == 0;
}

double real(integrad_scale scale) {
  return std::ldexp(static_cast<double>(scale.multiplier), scale.shift - 31);
}

// Sets the factors of the stage's real value, and how near to an integer it must be to be sure. The
// first rescaling moves the result by at most one unit of the widened sum, the rounding of the
// product by half of one of 2^-R, at most as much; the floats are rounded five times, by at most
// 2^-24 of what is summed up: three times of all of it.
void set_reals(AddStage& stage, integrad_scale scale1, integrad_scale scale2,
               integrad_scale output) {
  const double unit = real(output), widen = std::ldexp(unit, stage.left_shift);
  const double factor1 = real(scale1) * widen, factor2 = real(scale2) * widen;
  const double offset =
      stage.stage.zero_point - factor1 * stage.zero_point1 - factor2 * stage.zero_point2;
  const double largest = 128 * factor1 + 128 * factor2 + std::fabs(offset);
  const double error = 2 * unit + largest * 0x1p-22 + 0x1p-24;
  stage.factor1 = static_cast<float>(factor1);
  stage.factor2 = static_cast<float>(factor2);
  stage.offset = static_cast<float>(offset);
  stage.sure = error < 0.1 ? static_cast<float>(0.5 - error) : -1.0f;
}

bool is_quick(const PackedStage& packed) {
  return packed.stage.finish == Finish::once || packed.stage.finish == Finish::twice;
}

}  // namespace

bool quantize(float scale, std::int32_t zero_point, const float* input, std::int8_t* output,
              Index count) {
  const Int8Kernels* kernels = int8_kernels();
  if (kernels == nullptr) return false;
  parallel_for(count, Index{1} << 16, [&](Index begin, Index end) {
    kernels->quantize(scale, zero_point, input + begin, output + begin, end - begin);
  });
  return true;
}

PackedAdd pack_add(const integrad_add& layer, Lines lines) {
  const Int8Kernels* kernels = int8_kernels();
  PackedAdd packed{};
  if (kernels == nullptr || layer.left_shift < 1 || layer.left_shift > 20) return packed;
  packed.swapped = !is_half(layer.scale2);
  const integrad_scale scale1 = packed.swapped ? layer.scale2 : layer.scale1;
  const integrad_scale scale2 = packed.swapped ? layer.scale1 : layer.scale2;
  if (!is_half(scale2)) return packed;
  const integrad_output_stage first{&scale1, 0, 0, INT8_MIN, INT8_MAX, layer.rounding};
  const integrad_output_stage last{&layer.output_scale, 0,          layer.zero_point,
                                   layer.low,           layer.high, layer.rounding};
  const std::int64_t widest = kReach << layer.left_shift;
  const std::int64_t bound1[] = {widest}, bound[] = {2 * widest};
  const ChannelOf one = [](Index, Index) { return Index{0}; };
  const bool halve1 = is_half(scale1);
  packed.first = pack_stage(first, bound1, 1, kernels->lanes, one);
  packed.last = pack_stage(last, bound, 1, kernels->lanes, one);
  if (!is_quick(packed.last) || (!halve1 && !is_quick(packed.first))) return packed;
  packed.stage = {.zero_point1 = layer.zero_point1,
                  .zero_point2 = layer.zero_point2,
                  .left_shift = layer.left_shift,
                  .halve1 = halve1,
                  .finish1 = packed.first.stage.finish,
                  .scale1 = packed.first.stage.scales,
                  .stage = packed.last.stage,
                  .factor1 = 0,
                  .factor2 = 0,
                  .offset = 0,
                  .sure = -1,
                  .proven = false,
                  .open_low = layer.low};
  if (packed.swapped) std::swap(packed.stage.zero_point1, packed.stage.zero_point2);
  set_reals(packed.stage, scale1, scale2, layer.output_scale);
  if (lines == Lines::searched) {
    const AddStage& s = packed.stage;
    const auto line = sum_line(layer, packed.swapped, {s.factor1, s.factor2, s.offset});
    packed.stage.proven = line.has_value();
    if (line.has_value()) {
      packed.stage.factor1 = line->factor1;
      packed.stage.factor2 = line->factor2;
      packed.stage.offset = line->offset;
    }
  }
  packed.kernel = kernels->add;
  return packed;
}

bool add(const integrad_add& layer, const std::int8_t* input1, const std::int8_t* input2,
         std::int8_t* output, Index count) {
  const PackedAdd packed = pack_add(layer, Lines::searched);
  if (packed.kernel == nullptr) return false;
  if (packed.swapped) std::swap(input1, input2);
  parallel_for(count, Index{1} << 16, [&](Index begin, Index end) {
    packed.kernel(packed.stage, input1 + begin, input2 + begin, output + begin, nullptr,
                  end - begin);
  });
  return true;
}

}  // namespace integrad::kernels::int8

#pragma once
#include <cstdint>
#include <vector>

#include "integrad/quant/kernels/fast.h"

/// Rows of quantisation-aware training: from integer sums to codes and to what the backward pass
/// wants to know of them, and from codes back to real numbers. Each has the same bits in every
/// instruction set. A bit per value says whether the code was not clamped, the first value's lowest
/// in the first byte.
namespace integrad::kernels::int8 {

/// values = scale * (code - zero_point).
void real_row(float scale, std::int32_t zero_point, const std::int8_t* codes, Index count,
              float* values);

/// into = values where the bit is set, else +0. `into` may be `values`.
void masked_row(const float* values, const std::uint8_t* bits, Index count, float* into);

/// A clamp to `low` .. `high`; codes below `open_low` or above `high` stop a gradient.
struct Clamp {
  std::int32_t low, high, open_low;
};

/// The output stage of a layer over whole rows of integer-valued sums [pixels][channels].
class SumStage {
 public:
  /// `bounds`: |sum| stays at or below it, per channel.
  SumStage(const integrad_output_stage& stage, const Clamp& clamp,
           std::span<const std::int64_t> bounds);
  SumStage(const SumStage&) = delete;
  SumStage& operator=(const SumStage&) = delete;
  /// The codes and their bits; T is int32_t, float or double.
  template <class T>
  void row(const T* sums, Index count, std::int8_t* codes, std::uint8_t* bits) const;

 private:
  Index channels() const { return static_cast<Index>(scales_.size()); }
  integrad_output_stage stage_;
  Clamp clamp_;
  std::vector<integrad_scale> scales_;
  // For the kernels in vector registers: the channels come round every `period_` vectors.
  const Int8Kernels* kernels_;
  Index period_ = 0;
  PackedStage packed_;
};

/// Lowers low[i % period] and raises high[i % period] to the values i, as floats.
template <class T>
void extremes_row(const T* values, Index count, Index period, float* low, float* high);

/// The clamped sum of two rows of codes, and its bits.
class AddRows {
 public:
  AddRows(const integrad_add& layer, const Clamp& clamp);
  AddRows(const AddRows&) = delete;
  AddRows& operator=(const AddRows&) = delete;
  void row(const std::int8_t* input1, const std::int8_t* input2, Index count, std::int8_t* codes,
           std::uint8_t* bits) const;

 private:
  integrad_add layer_;
  Clamp clamp_;
  PackedAdd packed_;
};

/// Writes bits one after the other.
class BitWriter {
 public:
  explicit BitWriter(std::uint8_t* bits) : next_(bits) {}
  void put(bool bit) {
    byte_ |= static_cast<unsigned>(bit) << count_;
    if (++count_ == 8) flush();
  }
  /// Must end a row.
  void finish() {
    if (count_ > 0) flush();
  }

 private:
  void flush() {
    *next_++ = static_cast<std::uint8_t>(byte_);
    byte_ = 0;
    count_ = 0;
  }
  std::uint8_t* next_;
  unsigned byte_ = 0;
  int count_ = 0;
};

/// Plain loops: the definition that the vector code is tested against.
namespace reference {
void real_row(float scale, std::int32_t zero_point, const std::int8_t* codes, Index count,
              float* values);
void masked_row(const float* values, const std::uint8_t* bits, Index count, float* into);
template <class T>
void extremes_row(const T* values, Index count, Index period, float* low, float* high);
template <class T>
void sums_row(const integrad_output_stage& stage, const Clamp& clamp, Index channels, const T* sums,
              Index count, std::int8_t* codes, std::uint8_t* bits);
void add_row(const integrad_add& layer, const Clamp& clamp, const std::int8_t* input1,
             const std::int8_t* input2, Index count, std::int8_t* codes, std::uint8_t* bits);
}  // namespace reference

}  // namespace integrad::kernels::int8

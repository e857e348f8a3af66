#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "integrad/train/augment.h"

namespace integrad {

struct Batch {
  Tensor<float> image;  // [n,h,w,3], in [0,1]
  Tensor<float> mask;   // [n,h,w,1], 0 or 1
};

/// The numbers 0 .. samples - 1 in the order of an epoch, a function of (seed, epoch) alone.
std::vector<std::uint32_t> epoch_order(std::uint64_t seed, Index epoch, Index samples);

/// Cuts an epoch's order into batches; the last one holds what remains. Throws Error for a batch
/// size below 1.
std::vector<std::span<const std::uint32_t>> batches(std::span<const std::uint32_t> order,
                                                    Index batch_size);

/// The samples with these numbers, each varied by (seed, epoch, its number): the batch it is in
/// does not matter. Throws Error naming the samples when their sizes differ, so that they cannot
/// form one batch, and for a number beyond the samples.
Batch make_batch(std::span<const Sample> samples, std::span<const std::uint32_t> numbers,
                 Index epoch, const Augmentation& augmentation, std::uint64_t seed);

/// A sample as it is, for evaluation: image [1,h,w,3], mask [1,h,w,1].
Batch whole_sample(const Sample& sample);

}  // namespace integrad

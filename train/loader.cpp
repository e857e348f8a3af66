#include "integrad/train/loader.h"

#include <algorithm>

#include "integrad/tensor/random.h"

namespace integrad {

namespace {
// The streams of this file's random numbers.
constexpr std::uint64_t kOrderStream = 0x4f72646572;
}  // namespace

std::vector<std::uint32_t> epoch_order(std::uint64_t seed, Index epoch, Index samples) {
  return Random(seed, kOrderStream)
      .substream(static_cast<std::uint64_t>(epoch))
      .permutation(narrow<std::uint32_t>(samples));
}

std::vector<std::span<const std::uint32_t>> batches(std::span<const std::uint32_t> order,
                                                    Index batch_size) {
  require(batch_size >= 1, "a batch holds at least one sample; got ", batch_size);
  std::vector<std::span<const std::uint32_t>> result;
  while (!order.empty()) {
    const std::size_t count = std::min(order.size(), static_cast<std::size_t>(batch_size));
    result.push_back(order.first(count));
    order = order.subspan(count);
  }
  return result;
}

Batch make_batch(std::span<const Sample> samples, std::span<const std::uint32_t> numbers,
                 Index epoch, const Augmentation& augmentation, std::uint64_t seed) {
  require(!numbers.empty(), "a batch holds at least one sample; got none");
  std::vector<AugmentationDraw> draws;
  for (const std::uint32_t number : numbers) {
    require(number < samples.size(), "there is no sample ", number, " among ", samples.size());
    const Sample& sample = samples[number];
    check_sample(sample);
    draws.push_back(draw_augmentation(augmentation, sample.image.shape(), seed, epoch, number));
    require(draws.back().height == draws[0].height && draws.back().width == draws[0].width,
            "samples '", samples[numbers[0]].name, "' (", draws[0].width, " x ", draws[0].height,
            ") and '", sample.name, "' (", draws.back().width, " x ", draws.back().height,
            ") differ in size; resize or crop them to form a batch");
  }
  const Index height = draws[0].height, width = draws[0].width;
  const Index count = static_cast<Index>(numbers.size());
  Batch batch{Tensor<float>::uninitialized(Shape{count, height, width, 3}),
              Tensor<float>::uninitialized(Shape{count, height, width, 1})};
  for (std::size_t i = 0; i < numbers.size(); ++i)
    augment(samples[numbers[i]], draws[i],
            batch.image.data() + static_cast<Index>(i) * height * width * 3,
            batch.mask.data() + static_cast<Index>(i) * height * width);
  return batch;
}

Batch whole_sample(const Sample& sample) {
  const std::uint32_t first = 0;
  return make_batch({&sample, 1}, {&first, 1}, 0, Augmentation::none(), 0);
}

}  // namespace integrad

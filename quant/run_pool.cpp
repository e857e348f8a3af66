#include "integrad/quant/kernels/fast.h"
#include "integrad/quant/run_rows.h"

namespace integrad {

Tensor<std::uint8_t> run_max_pool(const quantized::MaxPool& pool, const Tensor<std::int8_t>& in,
                                  Tensor<std::int8_t>& out) {
  const Index height = out.shape().height(), row = winner_row_size(pool);
  Tensor<std::uint8_t> winners;
  if (pool.keeps_winners)
    winners = Tensor<std::uint8_t>::uninitialized({out.shape().batch() * height, row});
  std::uint8_t* const won = pool.keeps_winners ? winners.data() : nullptr;
  if (!kernels::int8::max_pool(pool.attributes, in.shape()[0], in.data(), out.data(), won))
    run_by_rows(out.shape(), [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_max_pool_rows(&pool.attributes, image_rows(in, n), out.data() + offset,
                             won == nullptr ? nullptr : won + (n * height + begin) * row, begin,
                             end);
    });
  return winners;
}

void run_unpool(const quantized::MaxUnpool& unpool, const Tensor<std::int8_t>& in,
                const Tensor<std::uint8_t>& winners, Tensor<std::int8_t>& out) {
  if (kernels::int8::unpool(unpool.attributes, in.shape()[0], in.data(), winners.data(),
                            out.data()))
    return;
  const Index per_image = winners.size() / out.shape().batch();
  run_by_rows(out.shape(), [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
    integrad_unpool_rows(&unpool.attributes, image_rows(in, n),
                         integrad_all_winners(winners.data() + n * per_image), out.data() + offset,
                         begin, end);
  });
}

}  // namespace integrad

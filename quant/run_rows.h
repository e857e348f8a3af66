#pragma once
#include <algorithm>

#include "integrad/quant/qgraph.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

/// Calls rows(n, offset, begin, end) for bands of rows of each image of a result: offset is the
/// place of row `begin` of image n.
template <class Rows>
void run_by_rows(const Shape& out, Rows rows) {
  constexpr Index kRowsPerChunk = 4;
  const Index height = out.height();
  const Index bands = (height + kRowsPerChunk - 1) / kRowsPerChunk;
  const Index row_size = out.width() * out.channels();
  parallel_chunks(out.batch() * bands, [&](Index chunk) {
    const Index n = chunk / bands, begin = chunk % bands * kRowsPerChunk;
    const Index end = std::min(height, begin + kRowsPerChunk);
    rows(n, (n * height + begin) * row_size, static_cast<std::int32_t>(begin),
         static_cast<std::int32_t>(end));
  });
}

/// Image n of a batch of codes.
inline integrad_rows image_rows(const Tensor<std::int8_t>& codes, Index n) {
  return integrad_all_rows(codes.data() + n * (codes.size() / codes.shape()[0]));
}

/// Max pooling of a batch; returns the winners as the device packs them, none when the operation
/// keeps none.
Tensor<std::uint8_t> run_max_pool(const quantized::MaxPool& pool, const Tensor<std::int8_t>& in,
                                  Tensor<std::int8_t>& out);
void run_unpool(const quantized::MaxUnpool& unpool, const Tensor<std::int8_t>& in,
                const Tensor<std::uint8_t>& winners, Tensor<std::int8_t>& out);

}  // namespace integrad

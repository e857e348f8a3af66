#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "integrad/quant/c/conv.h"
#include "integrad/quant/c/depthwise.h"
#include "integrad/quant/c/elementwise.h"
#include "integrad/quant/c/pool.h"
#include "integrad/quant/c/transposed_conv.h"
#include "integrad/quant/c/unpool.h"
#include "integrad/quant/kernels/simd/int8_kernels.h"
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/shape.h"

/// The integer kernels in vector registers: the same bytes as the portable kernels of quant/c, in
/// every instruction set. Each computes all rows of all images, on several threads, and returns
/// false, having done nothing, when it does not handle the layer or the instruction set in use has
/// no kernels: the caller then takes the portable one.
namespace integrad::kernels::int8 {

/// groups == 1.
bool conv(const integrad_conv& layer, Index batch, const std::int8_t* input,
          const std::int8_t* filter, const std::int32_t* bias, std::int8_t* output);
/// Multiplier 1.
bool depthwise(const integrad_depthwise& layer, Index batch, const std::int8_t* input,
               const std::int8_t* filter, const std::int32_t* bias, std::int8_t* output);
/// Windows side by side: kernels as large as their strides, without padding.
bool transposed_conv(const integrad_transposed_conv& layer, Index batch, const std::int8_t* input,
                     const std::int8_t* filter, const std::int32_t* bias, std::int8_t* output);
/// conv and depthwise up to their 32-bit sums, bias included: sums(row, values) receives each
/// output row of all images, [width][channels], from the thread that computed it.
using SumsRow = std::function<void(Index row, const std::int32_t* sums)>;
bool conv_sums(const integrad_conv& layer, Index batch, const std::int8_t* input,
               const std::int8_t* filter, const std::int32_t* bias, const SumsRow& sums);
bool depthwise_sums(const integrad_depthwise& layer, Index batch, const std::int8_t* input,
                    const std::int8_t* filter, const std::int32_t* bias, const SumsRow& sums);
/// Scales as add_scales gives them, with a right shift of 1 .. 22 where one is rounded.
bool add(const integrad_add& layer, const std::int8_t* input1, const std::int8_t* input2,
         std::int8_t* output, Index count);
/// Windows of 2x2 side by side without padding, channels a multiple of 16; winners may be null.
bool max_pool(const integrad_pool& layer, Index batch, const std::int8_t* input,
              std::int8_t* output, std::uint8_t* winners);
/// The same windows.
bool unpool(const integrad_unpool& layer, Index batch, const std::int8_t* input,
            const std::uint8_t* winners, std::int8_t* output);

/// integrad_quantize of each number.
bool quantize(float scale, std::int32_t zero_point, const float* input, std::int8_t* output,
              Index count);

/// The output channel that a lane of a vector belongs to; -1 for none.
using ChannelOf = std::function<Index(Index vector, Index lane)>;
/// Lanes that are channels one after the other.
ChannelOf consecutive_channels(Index lanes, Index channels);

/// An output stage with its tables. The pointers in `stage` follow the tables when they are moved.
struct PackedStage {
  OutputStage stage;
  std::vector<std::int32_t> table;
  std::vector<float> factors;
};
/// Whether a stage is worth the search for a line (code_line.h): not when its scales are new in
/// every step.
enum class Lines { none, searched };
/// `bounds`: |sum| stays at or below it, per output channel.
PackedStage pack_stage(const integrad_output_stage& stage, std::span<const std::int64_t> bounds,
                       Index vectors, Index lanes, const ChannelOf& channel_of,
                       Lines lines = Lines::none);

/// An addition as the kernel wants it; it holds the scale tables that the stage points at, so it
/// may be moved, but not copied.
struct PackedAdd {
  AddStage stage;
  PackedStage first, last;
  bool swapped;                       // the operands change places
  decltype(Int8Kernels::add) kernel;  // null: not handled
};
PackedAdd pack_add(const integrad_add& layer, Lines lines = Lines::none);

/// What a layer over prepared rows needs.
struct RowPass {
  integrad_dims input, output;
  integrad_window window_y;
  RowLayout layout;
  decltype(Int8Kernels::prepare_row) prepare;
  Index scratch_bytes;  // of the kernel's own, per thread
};
/// Bytes of the rows in use; more would be absurd.
inline constexpr double kLargestRows = 1 << 26;
bool affordable(const RowPass& pass);

/// The prepared rows that a window looks at while it slides down an image, and one of zero points
/// for those outside. For one thread.
class PreparedRows {
 public:
  explicit PreparedRows(const RowPass& pass);

  /// Row y of the image in codes; read before the next one is asked for.
  using Codes = std::function<const std::int8_t*(Index y)>;
  /// The rows of a window that starts at row `start`. Each row is asked for once while starts do
  /// not decrease.
  const std::uint8_t* const* at(Index start, const Codes& codes);
  /// The next window is of another image.
  void restart() { next_ = start_ = 0; }
  /// The row that is prepared next; the image's height behind the last.
  Index next() const { return next_; }

 private:
  std::uint8_t* slot(Index i) { return memory_.data() + i * bytes_; }

  RowPass pass_;
  Index extent_, bytes_, next_ = 0, start_ = 0;
  Buffer<std::uint8_t> memory_;
  std::vector<const std::uint8_t*> rows_;
};

/// Output row number `row` of all images, of a layer whose prepared input rows are rows[ky]; `next`
/// is the input row that will be prepared next, null behind the last.
using RowVisitor = std::function<void(const std::uint8_t* const* rows, const std::int8_t* next,
                                      std::uint8_t* scratch, const PairRow& pair, Index row)>;
void run_rows(const RowPass& pass, Index batch, const std::int8_t* input, const RowVisitor& visit);

/// A layer with all that its kernel reads.
struct RowLayer {
  RowPass pass;
  /// Computes one output row; `next` may be null.
  std::function<void(const std::uint8_t* const* rows, const std::int8_t* next,
                     std::uint8_t* scratch, const PairRow& pair, std::int8_t* into)>
      kernel;
};
/// What a row is made of: codes, or int32_t sums in their places.
enum class RowResult { codes, sums };
/// What conv and depthwise run, and their sums; null where those return false.
std::shared_ptr<const RowLayer> conv_layer(const integrad_conv& layer, const std::int8_t* filter,
                                           const std::int32_t* bias, RowResult result);
std::shared_ptr<const RowLayer> depthwise_layer(const integrad_depthwise& layer,
                                                const std::int8_t* filter, const std::int32_t* bias,
                                                RowResult result);

/// The rows that max_pool and unpool compute, in the kernels' terms; none where those return false.
std::optional<PoolRow> max_pool_rows(const integrad_pool& layer);
std::optional<PoolRow> unpool_rows(const integrad_unpool& layer);

}  // namespace integrad::kernels::int8

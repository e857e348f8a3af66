#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tensor/kernels/gradient_bands.h"

namespace integrad::fake_quant {

namespace {

using kernels::Convolution;
using kernels::fast::Reach;

// A row of a map, each code as scale * (code - zero_point).
struct DecodedRow {
  const CodeMap& map;
  float scale;
  Index height, row_size;
  void operator()(Index image, Index row, float* into) const {
    kernels::int8::real_row(scale, map.quantization().zero_point,
                            map.codes().data() + (image * height + row) * row_size, row_size, into);
  }
};

// The rows of the input that an output row reads.
class DecodedRows {
 public:
  DecodedRows(const ConvGeometry& g, const CodeMap& x, float scale)
      : ring_(Index{g.in_width} * g.in_channels,
              std::min(integrad_window_extent(g.window.y), g.in_height),
              {x, scale, g.in_height, Index{g.in_width} * g.in_channels}) {}
  kernels::RingRows<float> rows(Index image, Index begin, Index end) {
    return ring_.rows(image, begin, end);
  }

 private:
  kernels::RowRing<DecodedRow> ring_;
};

// A row of the cotangent, where it passes.
struct MaskedRow {
  const Tensor<float>& d;
  const Passes& passes;
  Index height, row_size;
  void operator()(Index image, Index row, float* into) const {
    const Index line = image * height + row;
    kernels::int8::masked_row(d.data() + line * row_size, passes.line(line), row_size, into);
  }
};

integrad_dims dims(std::int32_t height, std::int32_t width, std::int32_t channels) {
  return {height, width, channels};
}

bool convolve_integers(Convolution kind, const ConvGeometry& g, const CodeMap& x,
                       const LinearTables& tables, LinearResult& into) {
  const integrad_dims from = dims(g.in_height, g.in_width, g.in_channels);
  const integrad_dims to = dims(g.out_height, g.out_width, g.out_channels);
  const std::int32_t zero_point = x.quantization().zero_point;
  const kernels::int8::SumsRow finish = [&](Index row, const std::int32_t* sums) {
    into.line(row, sums);
  };
  const std::int8_t *const codes = x.codes().data(), *const weight = tables.weight.data();
  return kind == Convolution::full
             ? kernels::int8::conv_sums(
                   {from, to, g.window.y, g.window.x, g.groups, zero_point, {}}, g.batch, codes,
                   weight, tables.bias.data(), finish)
             : kernels::int8::depthwise_sums({from, to, g.window.y, g.window.x, zero_point, {}},
                                             g.batch, codes, weight, tables.bias.data(), finish);
}

// Each row's sums are finished while they are in the cache.
bool convolve_rows(Convolution kind, const ConvGeometry& g, const CodeMap& x, const float* weight,
                   const float* bias, LinearResult& into) {
  const auto passes = kernels::fast::pack_forward(kind, g, weight, bias);
  if (passes.empty()) return false;
  const kernels::fast::PackedPass& packed = passes.front();
  const kernels::Lines& lines = into.lines();
  parallel_for(lines.count, kernels::band_rows(lines.count, 1), [&](Index begin, Index end) {
    kernels::fast::PassRows pass(packed);
    Buffer<float> sums = Buffer<float>::uninitialized(static_cast<std::size_t>(lines.size()));
    DecodedRows input(g, x, 1);
    for (Index row = begin; row < end; ++row) {
      const Reach r = kernels::fast::reach(g.window.y, row % g.out_height, g.in_height);
      kernels::Upcoming nothing;
      const Index image = row / g.out_height;
      pass.row(image, row % g.out_height, r, input.rows(image, r.begin, r.end), nothing,
               {sums.data()});
      into.line(row, sums.data());
    }
  });
  return true;
}

template <class T>
void convolve_whole(Convolution kind, const ConvGeometry& g, const CodeMap& x,
                    const Tensor<T>& weight, const std::vector<T>& bias, LinearResult& into) {
  const Tensor<T> steps = steps_of<T>(x);
  Tensor<T> sums = Tensor<T>::uninitialized(g.output());
  const auto forward =
      kind == Convolution::full ? kernels::conv2d_forward<T> : kernels::depthwise_forward<T>;
  forward(g, steps.data(), weight.data(), bias.data(), sums.data());
  into.all_lines(sums);
}

template <class T>
void convolve_as(Convolution kind, const ConvGeometry& g, const CodeMap& x,
                 const LinearTables& tables, LinearResult& into) {
  const Tensor<T> weight = tables.weight.cast<T>();
  const std::vector<T> bias(tables.bias.begin(), tables.bias.end());
  if constexpr (std::is_same_v<T, float>)
    if (convolve_rows(kind, g, x, weight.data(), bias.data(), into)) return;
  convolve_whole(kind, g, x, weight, bias, into);
}

}  // namespace

void convolve(Convolution kind, const ConvGeometry& g, const CodeMap& x, const LinearTables& tables,
              LinearResult& into) {
  if (convolve_integers(kind, g, x, tables, into)) return;
  ConvGeometry plain = g;
  plain.plain = true;
  if (sums_fit_float(tables))
    convolve_as<float>(kind, plain, x, tables, into);
  else
    convolve_as<double>(kind, plain, x, tables, into);
}

void convolution_gradients(Convolution kind, const ConvGeometry& g, const CodeMap& x,
                           const Tensor<float>& weight, const Tensor<float>& d,
                           const Passes& passes, const kernels::InputGradient<float>& into,
                           float* dfilter, float* dbias) {
  const bool in_bands = kernels::fast::gradients_in_bands(
      kind, g, weight.data(), !into.dx.empty(),
      [&] { return DecodedRows(g, x, x.quantization().scale); },
      [&] {
        const Index row_size = Index{g.out_width} * g.out_channels;
        return kernels::RowRing(row_size, kernels::fast::rows_of_cotangent(g),
                                MaskedRow{d, passes, g.out_height, row_size});
      },
      [&] {
        const kernels::Lines lines = kernels::Lines::of(g.input());
        return kernels::InputGradientRows<float>(lines, into, kernels::streams_past_caches(lines));
      },
      dfilter, dbias);
  if (in_bands) return;
  Tensor<float> masked = Tensor<float>::uninitialized(d.shape());
  passes.mask(d, masked);
  const bool full = kind == Convolution::full;
  (full ? kernels::conv2d_filter_gradient<float>
        : kernels::depthwise_filter_gradient<float>)(g, x.decode().data(), masked.data(), dfilter,
                                                     dbias);
  if (into.dx.empty()) return;
  Tensor<float> term = Tensor<float>::uninitialized(g.input());
  (full ? kernels::conv2d_input_gradient<float>
        : kernels::depthwise_input_gradient<float>)(g, masked.data(), weight.data(), term.data());
  kernels::add_stored(into.dx, into.before, Stored<float>{term.data()}, term.size());
}

}  // namespace integrad::fake_quant

#include "integrad/quant/runner.h"

#include <algorithm>

#include "integrad/quant/c/look_up.h"
#include "integrad/quant/c/quantize.h"
#include "integrad/quant/kernels/fast.h"
#include "integrad/quant/row_operators.h"
#include "integrad/quant/run_rows.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

namespace int8 = kernels::int8;

/// Computes one node for the whole batch.
struct RunNode {
  const QGraph& program;
  int id;
  const Tensor<std::int8_t>& image;
  std::vector<Tensor<std::int8_t>>& values;
  std::vector<Tensor<std::uint8_t>>& winners;

  const Tensor<std::int8_t>& in(std::size_t i) const {
    const int from = program.node(id).inputs[i];
    return from == 0 ? image : values[static_cast<std::size_t>(from)];
  }
  Index batch() const { return in(0).shape()[0]; }

  template <class Rows>
  void by_rows(Tensor<std::int8_t>& out, Rows rows) const {
    run_by_rows(out.shape(), rows);
  }
  // elements(first element, its place in the output, count).
  template <class Elements>
  void by_elements(Tensor<std::int8_t>& out, Elements elements) const {
    parallel_for(out.size(), kElementwiseGrain,
                 [&](Index begin, Index end) { elements(begin, out.data() + begin, end - begin); });
  }
  // Every code of the input through a table.
  void look_up(const quantized::CodeTable& table, Tensor<std::int8_t>& out) const {
    by_elements(out, [&](Index begin, std::int8_t* to, Index count) {
      integrad_look_up(table.data(), in(0).data() + begin, to, count);
    });
  }
  // The first input's image n.
  integrad_rows rows(Index n) const { return image_rows(in(0), n); }

  void operator()(const quantized::Input&, Tensor<std::int8_t>&) const {}

  void operator()(const quantized::Conv2d& o, Tensor<std::int8_t>& out) const {
    const integrad_conv kernel = o.kernel();
    if (int8::conv(kernel, batch(), in(0).data(), o.tables.weight.data(), o.tables.bias.data(),
                   out.data()))
      return;
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_conv_rows(&kernel, rows(n), o.tables.weight.data(), o.tables.bias.data(),
                         out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::DepthwiseConv2d& o, Tensor<std::int8_t>& out) const {
    const integrad_depthwise kernel = o.kernel();
    if (int8::depthwise(kernel, batch(), in(0).data(), o.tables.weight.data(), o.tables.bias.data(),
                        out.data()))
      return;
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_depthwise_rows(&kernel, rows(n), o.tables.weight.data(), o.tables.bias.data(),
                              out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::TransposedConv2d& o, Tensor<std::int8_t>& out) const {
    const integrad_transposed_conv kernel = o.kernel();
    if (int8::transposed_conv(kernel, batch(), in(0).data(), o.tables.weight.data(),
                              o.tables.bias.data(), out.data()))
      return;
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_transposed_conv_rows(&kernel, rows(n), o.tables.weight.data(), o.tables.bias.data(),
                                    out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::FullyConnected& o, Tensor<std::int8_t>& out) const {
    const integrad_fully_connected kernel = o.kernel();
    parallel_for(out.shape()[0], 1, [&](Index n, Index) {
      integrad_fully_connected_outputs(&kernel, in(0).data() + n * kernel.inputs,
                                       o.tables.weight.data(), o.tables.bias.data(),
                                       out.data() + n * kernel.outputs, 0, kernel.outputs);
    });
  }

  void operator()(const quantized::Add& o, Tensor<std::int8_t>& out) const {
    if (int8::add(o.attributes, in(0).data(), in(1).data(), out.data(), out.size())) return;
    by_elements(out, [&](Index begin, std::int8_t* to, Index count) {
      integrad_add_elements(&o.attributes, in(0).data() + begin, in(1).data() + begin, to, count);
    });
  }

  void operator()(const quantized::Subtract& o, Tensor<std::int8_t>& out) const {
    by_elements(out, [&](Index begin, std::int8_t* to, Index count) {
      integrad_subtract_elements(&o.attributes, in(0).data() + begin, in(1).data() + begin, to,
                                 count);
    });
  }

  void operator()(const quantized::Multiply& o, Tensor<std::int8_t>& out) const {
    by_elements(out, [&](Index begin, std::int8_t* to, Index count) {
      integrad_multiply_elements(&o.attributes, in(0).data() + begin, in(1).data() + begin, to,
                                 count);
    });
  }

  void operator()(const quantized::MaxPool& o, Tensor<std::int8_t>& out) const {
    winners[static_cast<std::size_t>(id)] = run_max_pool(o, in(0), out);
  }

  void operator()(const quantized::MaxUnpool& o, Tensor<std::int8_t>& out) const {
    run_unpool(o, in(0), winners[static_cast<std::size_t>(program.node(id).inputs[1])], out);
  }

  void operator()(const quantized::AveragePool& o, Tensor<std::int8_t>& out) const {
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_average_pool_rows(&o.attributes, rows(n), out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::ResizeNearest& o, Tensor<std::int8_t>& out) const {
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_resize_nearest_rows(&o.attributes, rows(n), out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::ResizeBilinear& o, Tensor<std::int8_t>& out) const {
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_resize_bilinear_rows(&o.attributes, rows(n), out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::Concat& o, Tensor<std::int8_t>& out) const {
    const Index pixels = out.size() / out.shape().channels();
    for (std::size_t i = 0; i < o.parts.size(); ++i)
      integrad_concat_channels(&o.parts[i], in(i).data(), out.data(), pixels);
  }

  void operator()(const quantized::Pad& o, Tensor<std::int8_t>& out) const {
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_pad_rows(&o.attributes, rows(n), out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::Slice& o, Tensor<std::int8_t>& out) const {
    by_rows(out, [&](Index n, Index offset, std::int32_t begin, std::int32_t end) {
      integrad_slice_rows(&o.attributes, rows(n), out.data() + offset, begin, end);
    });
  }

  void operator()(const quantized::Reshape&, Tensor<std::int8_t>& out) const {
    by_elements(out, [&](Index begin, std::int8_t* to, Index count) {
      integrad_copy_codes(in(0).data() + begin, to, count);
    });
  }

  void operator()(const quantized::Softmax& o, Tensor<std::int8_t>& out) const {
    const Index channels = out.shape().channels();
    parallel_for(out.size() / channels, 64, [&](Index begin, Index end) {
      integrad_softmax_rows(&o.attributes, in(0).data() + begin * channels,
                            out.data() + begin * channels, end - begin);
    });
  }

  void operator()(const quantized::Requantize& o, Tensor<std::int8_t>& out) const {
    by_elements(out, [&](Index begin, std::int8_t* to, Index count) {
      integrad_requantize_elements(&o.attributes, in(0).data() + begin, to, count);
    });
  }

  void operator()(const quantized::Logistic& o, Tensor<std::int8_t>& out) const {
    look_up(o.table, out);
  }

  void operator()(const quantized::HardSwish& o, Tensor<std::int8_t>& out) const {
    look_up(o.table, out);
  }
};

}  // namespace

Tensor<std::int8_t> quantize_image(const QGraph& program, const Tensor<float>& image) {
  const Quantization& q = program.node(0).quantization;
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized(image.shape());
  if (!int8::quantize(q.scale, q.zero_point, image.data(), codes.data(), image.size()))
    integrad_quantize_elements(image.data(), q.scale, q.zero_point, codes.data(), image.size());
  return codes;
}

std::vector<Tensor<std::int8_t>> run(const QGraph& program, const Tensor<std::int8_t>& input,
                                     Keep keep, const std::function<void(int)>& computed) {
  const Index batch = input.shape().rank() > 0 ? input.shape()[0] : 0;
  require(batch > 0 && input.shape() == program.node(0).shape.with(0, batch),
          "the program needs codes of shape ", program.node(0).shape, "; got ", input.shape());
  std::vector<Tensor<std::int8_t>> values(program.nodes.size());
  const auto node = [&](auto& each, int id) -> auto& {
    return each[static_cast<std::size_t>(id)];
  };
  std::vector<Tensor<std::uint8_t>> winners(program.nodes.size());
  const auto run_whole = [&](int id) {
    Tensor<std::int8_t> out =
        Tensor<std::int8_t>::uninitialized(program.node(id).shape.with(0, batch));
    std::visit(
        [&](const auto& o) {
          RunNode{program, id, input, values, winners}(o, out);
        },
        program.node(id).operation);
    node(values, id) = std::move(out);
    if (computed) computed(id);
  };
  if (keep == Keep::all || program.size() == 1) values[0] = input;
  if (keep == Keep::all) {
    for (int id = 1; id < program.size(); ++id) run_whole(id);
    return values;
  }

  rows::Stages<std::int8_t> stages = rows::make_stages(program);
  const auto stored = [&](int id) -> const Tensor<std::int8_t>& {
    return id == 0 ? input : node(values, id);
  };
  auto stage = stages.all().begin();
  for (int id = 1; id < program.size();) {
    const int first = id;
    if (stage == stages.all().end() || stage->first != id || computed) {
      run_whole(id++);
    } else {
      for (auto& result : stages.run(*stage, batch, stored))
        node(values, result.id) = std::move(result.map);
      id = stage++->last + 1;
    }
    for (int reader = first; reader < id; ++reader)
      for (int from : stages.node(reader).inputs)
        if (stages.last_reader(from) < id) node(values, from) = {};
  }
  return values;
}

}  // namespace integrad

// integrad_peer_onednn --threads N --only TEXT: oneDNN on the network's convolutions, each
// primitive in the memory layout that oneDNN chooses for it: float with both gradients, and int8
// with codes between 0 and 255 or -128 and 127, requantised per channel. With --int8 vnni the
// integers alone, without the matrix instructions (AMX) that it takes where the processor has them.
#include <omp.h>

#include <cstring>
#include <dnnl.hpp>
#include <stdexcept>
#include <unordered_map>

#include "integrad/bench/layers.h"
#include "integrad/bench/measure.h"

namespace {

using namespace integrad::bench;
using dnnl::memory;
using Type = memory::data_type;
using Tag = memory::format_tag;

struct Peer {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  int threads, repeats;
  std::string suffix;

  // Memory that holds small numbers which are no zeros.
  memory operand(const memory::desc& description) const {
    memory result(description, engine);
    const std::size_t bytes = description.get_size();
    if (static_cast<Type>(description.data.data_type) == Type::f32) {
      float* values = static_cast<float*>(result.get_data_handle());
      for (std::size_t i = 0; i < bytes / sizeof(float); ++i)
        values[i] = static_cast<float>(i % 17) / 16.0f - 0.45f;
    } else {
      std::memset(result.get_data_handle(), 3, bytes);
    }
    return result;
  }

  void time(const LayerCase& layer, const std::string& what, const dnnl::primitive& primitive,
            const std::unordered_map<int, memory>& arguments, const std::string& how = "") {
    const Timing timing = measure(repeats, [&] {
      primitive.execute(stream, arguments);
      stream.wait();
    });
    const dnnl_version_t* v = dnnl_version();
    const std::string version =
        std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
    print({"oneDNN " + version + suffix + how, "layer/" + layer.name() + "/" + what, threads,
           timing, layer.gflop()});
  }
};

struct Descriptions {
  memory::desc x, filter, bias, y;

  Descriptions(const LayerCase& l, Type x_type, Type filter_type, Type bias_type, Type y_type) {
    const memory::dims image{1, l.in, l.side, l.side}, result{1, l.out, l.out_side(), l.out_side()};
    const memory::dims dense{l.out, l.in, l.kernel, l.kernel};
    const memory::dims depthwise{l.out, 1, 1, l.kernel, l.kernel};
    x = {image, x_type, Tag::any};
    filter = {l.depthwise ? depthwise : dense, filter_type, Tag::any};
    bias = {{l.out}, bias_type, Tag::a};
    y = {result, y_type, Tag::any};
  }
};

struct Window {
  memory::dims stride, dilation, before, after;

  explicit Window(const LayerCase& l)
      : stride(2, l.stride),
        dilation(2, l.dilation - 1),
        before(2, l.pad_before()),
        after(2, l.pad_after()) {}
};

// Throws dnnl::error where there is no such algorithm for the layer.
void time_float(Peer& peer, const LayerCase& l, dnnl::algorithm algorithm, const std::string& how) {
  const Descriptions d(l, Type::f32, Type::f32, Type::f32, Type::f32);
  const Window w(l);
  using Forward = dnnl::convolution_forward;
  using InputGradient = dnnl::convolution_backward_data;
  using FilterGradient = dnnl::convolution_backward_weights;
  const Forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, algorithm, d.x, d.filter, d.bias, d.y, w.stride,
       w.dilation, w.before, w.after},
      peer.engine);
  peer.time(l, name_of(Direction::forward), Forward(forward),
            {{DNNL_ARG_SRC, peer.operand(forward.src_desc())},
             {DNNL_ARG_WEIGHTS, peer.operand(forward.weights_desc())},
             {DNNL_ARG_BIAS, peer.operand(forward.bias_desc())},
             {DNNL_ARG_DST, peer.operand(forward.dst_desc())}},
            how);
  const InputGradient::primitive_desc input(
      {algorithm, d.x, d.filter, d.y, w.stride, w.dilation, w.before, w.after}, peer.engine,
      forward);
  peer.time(l, name_of(Direction::input_gradient), InputGradient(input),
            {{DNNL_ARG_DIFF_DST, peer.operand(input.diff_dst_desc())},
             {DNNL_ARG_WEIGHTS, peer.operand(input.weights_desc())},
             {DNNL_ARG_DIFF_SRC, peer.operand(input.diff_src_desc())}},
            how);
  const FilterGradient::primitive_desc filter(
      {algorithm, d.x, d.filter, d.bias, d.y, w.stride, w.dilation, w.before, w.after}, peer.engine,
      forward);
  peer.time(l, name_of(Direction::filter_gradient), FilterGradient(filter),
            {{DNNL_ARG_SRC, peer.operand(filter.src_desc())},
             {DNNL_ARG_DIFF_DST, peer.operand(filter.diff_dst_desc())},
             {DNNL_ARG_DIFF_WEIGHTS, peer.operand(filter.diff_weights_desc())},
             {DNNL_ARG_DIFF_BIAS, peer.operand(filter.diff_bias_desc())}},
            how);
}

// The same by oneDNN's Winograd, where it has one for the layer.
void time_winograd(Peer& peer, const LayerCase& l) {
  try {
    time_float(peer, l, dnnl::algorithm::convolution_winograd, ", winograd");
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) throw;
  }
}

void time_integer(Peer& peer, const LayerCase& l, Type input, const std::string& what) {
  const Descriptions d(l, input, Type::s8, Type::s32, input);
  const Window w(l);
  dnnl::primitive_attr attributes;
  attributes.set_output_scales(1 << 1, std::vector<float>(static_cast<std::size_t>(l.out), 1e-3f));
  using Forward = dnnl::convolution_forward;
  const Forward::primitive_desc forward(
      {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, d.x, d.filter,
       d.bias, d.y, w.stride, w.dilation, w.before, w.after},
      attributes, peer.engine);
  peer.time(l, what, Forward(forward),
            {{DNNL_ARG_SRC, peer.operand(forward.src_desc())},
             {DNNL_ARG_WEIGHTS, peer.operand(forward.weights_desc())},
             {DNNL_ARG_BIAS, peer.operand(forward.bias_desc())},
             {DNNL_ARG_DST, peer.operand(forward.dst_desc())}});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int threads = option(argc, argv, "threads", 1);
    omp_set_num_threads(threads);
    const std::string integers = option(argc, argv, "int8", "");
    if (integers != "" && integers != "vnni")
      throw std::runtime_error("--int8 takes vnni; got " + integers);
    if (integers == "vnni" &&
        dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx512_core_vnni) != dnnl::status::success)
      throw std::runtime_error("this oneDNN does not limit its instructions");
    Peer peer{.threads = threads,
              .repeats = option(argc, argv, "repeats", 5),
              .suffix = integers == "" ? "" : ", " + integers};
    const std::string only = option(argc, argv, "only", "");
    for (const LayerCase& layer : kLayers) {
      if (("layer/" + layer.name() + "/").find(only) == std::string::npos) continue;
      if (integers == "") {
        time_float(peer, layer, dnnl::algorithm::convolution_direct, "");
        if (layer.kernel == 3 && !layer.depthwise) time_winograd(peer, layer);
      }
      time_integer(peer, layer, Type::s8, "int8");
      time_integer(peer, layer, Type::u8, "uint8");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "integrad_peer_onednn: %s\n", error.what());
    return 1;
  }
  return 0;
}

// integrad_peer_xnnpack --threads N: XNNPACK's int8 convolutions with per-channel weights (qc8) on
// the network's layers.
#include <pthreadpool.h>
#include <xnnpack.h>

#include <cstdint>
#include <vector>

#include "integrad/bench/layers.h"
#include "integrad/bench/measure.h"

namespace {

using namespace integrad::bench;

bool time_layer(const LayerCase& l, int threads, int repeats, pthreadpool_t pool) {
  const auto size = [](int count) { return static_cast<std::size_t>(count); };
  const std::size_t pixels = size(l.side) * size(l.side), in = size(l.in), out = size(l.out);
  const std::size_t outputs = size(l.out_side()) * size(l.out_side());
  const std::size_t taps = size(l.kernel) * size(l.kernel);
  // The kernels may read a few bytes past the image.
  const std::vector<std::int8_t> x(pixels * in + XNN_EXTRA_BYTES, 3);
  const std::vector<std::int8_t> filter(taps * (l.depthwise ? 1 : in) * out, 2);
  const std::vector<std::int32_t> bias(out, 5);
  const std::vector<float> scales(out, 1e-3f);
  std::vector<std::int8_t> y(outputs * out + XNN_EXTRA_BYTES);
  const auto count = [](int value) { return static_cast<std::uint32_t>(value); };
  const std::uint32_t before = count(l.pad_before()), after = count(l.pad_after());
  const std::uint32_t kernel = count(l.kernel), stride = count(l.stride), step = count(l.dilation);
  const std::uint32_t groups = l.depthwise ? count(l.in) : 1;
  const std::uint32_t flags = l.depthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0;
  xnn_operator_t convolution = nullptr;
  if (xnn_create_convolution2d_nhwc_qc8(before, after, after, before, kernel, kernel, stride,
                                        stride, step, step, groups, l.depthwise ? 1 : in,
                                        l.depthwise ? 1 : out, in, out, -128, 1.0f / 255,
                                        scales.data(), filter.data(), bias.data(), -3, 0.05f, -128,
                                        127, flags, &convolution) != xnn_status_success ||
      xnn_setup_convolution2d_nhwc_qc8(convolution, 1, size(l.side), size(l.side), x.data(),
                                       y.data(), pool) != xnn_status_success)
    return false;
  const Timing timing = measure(repeats, [&] { xnn_run_operator(convolution, pool); });
  print({"XNNPACK", "layer/" + l.name() + "/int8", threads, timing, l.gflop()});
  xnn_delete_operator(convolution);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = option(argc, argv, "threads", 1);
  const pthreadpool_t pool = pthreadpool_create(static_cast<std::size_t>(threads));
  if (xnn_initialize(nullptr) != xnn_status_success) {
    std::fprintf(stderr, "integrad_peer_xnnpack: the library does not initialise\n");
    return 1;
  }
  for (const LayerCase& layer : kLayers)
    if (!time_layer(layer, threads, option(argc, argv, "repeats", 5), pool)) {
      std::fprintf(stderr, "integrad_peer_xnnpack: refused %s\n", layer.name().c_str());
      return 1;
    }
  pthreadpool_destroy(pool);
  return 0;
}

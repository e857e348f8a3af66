#include "integrad/nn/models/qsegment.h"

#include "integrad/nn/models/windows.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

Value norm(Graph& g, const std::string& name, Value x) {
  return g.layer(name + "_norm", layer::BatchNorm{}, {x});
}
Value relu(Graph& g, const std::string& name, Value x) {
  return g.layer(name + "_relu", layer::Pointwise{layer::Pointwise::Function::relu}, {x});
}
Value add(Graph& g, const std::string& name, Value a, Value b) {
  return g.layer(name, layer::Arithmetic{layer::Arithmetic::Function::add}, {a, b});
}

struct Block {
  Value skip;  ///< x1, what an encoder block hands to the decoder
  Value out;
};

// x1 = ReLU(BN(conv3x3(x))); x2 = BN(conv1x1(x1)); x3 = ReLU(BN(depthwise3x3(x2))).
Block conv_block(Graph& g, const std::string& name, Value x, Index width) {
  const std::string full = name + "/full", point = name + "/point", depth = name + "/depthwise";
  const Value x1 =
      relu(g, full, norm(g, full, g.layer(full, layer::Conv2d{width, windows::kThree}, {x})));
  const Value x2 = norm(g, point, g.layer(point, layer::Conv2d{width, windows::kPoint}, {x1}));
  const Value x3 =
      relu(g, depth, norm(g, depth, g.layer(depth, layer::DepthwiseConv2d{windows::kThree}, {x2})));
  return {x1, x3};
}

// The block's residual: BN(conv1x1) of `from`, added after the last ReLU.
Value add_residual(Graph& g, const std::string& name, Value out, Value from, Index width) {
  const std::string side = name + "/residual";
  return add(g, name + "/sum", out,
             norm(g, side, g.layer(side, layer::Conv2d{width, windows::kPoint}, {from})));
}

}  // namespace

Graph make_qsegment(Index height, Index width) {
  require(height >= 8 && width >= 8 && height % 8 == 0 && width % 8 == 0,
          "qsegment needs an image whose sides are divisible by 8; got ", height, "x", width);
  Graph g;
  Value x = g.input({1, height, width, 3});

  constexpr Index kEncoder[] = {16, 32, 64};
  Value skips[3], pools[3];
  for (int i = 0; i < 3; ++i) {
    const std::string name = "encoder" + std::to_string(i + 1);
    const Block block = conv_block(g, name, x, kEncoder[i]);
    const Value out = i == 0 ? block.out : add_residual(g, name, block.out, x, kEncoder[i]);
    skips[i] = block.skip;
    pools[i] = x = g.layer(name + "/pool", layer::MaxPool{windows::kTwo}, {out});
  }

  const Block middle = conv_block(g, "middle", x, 64);
  x = add_residual(g, "middle", middle.out, x, 64);

  constexpr Index kDecoder[] = {32, 16, 16};
  for (int i = 0; i < 3; ++i) {
    const std::string name = "decoder" + std::to_string(i + 1);
    const Value up = g.max_unpool(name + "/unpool", x, pools[2 - i]);
    const Value merged = add(g, name + "/merge", up, skips[2 - i]);
    const Block block = conv_block(g, name, merged, kDecoder[i]);
    x = add_residual(g, name, block.out, up, kDecoder[i]);
  }
  g.layer("head", layer::Conv2d{1, windows::kThree}, {x});
  return g;
}

}  // namespace integrad

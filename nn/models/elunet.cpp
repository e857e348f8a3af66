#include "integrad/nn/models/elunet.h"

#include <algorithm>

#include "integrad/nn/models/windows.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr int kLevels = 5;

struct EluNetBuilder {
  Graph& g;

  Value conv_norm_relu(const std::string& name, Value x, Index width) {
    const Value y = g.layer(name, layer::Conv2d{width, windows::kThree}, {x});
    const Value z = g.layer(name + "_norm", layer::BatchNorm{}, {y});
    return g.layer(name + "_relu", layer::Pointwise{layer::Pointwise::Function::relu}, {z});
  }
  Value twice(const std::string& name, Value x, Index width) {
    return conv_norm_relu(name + "/second", conv_norm_relu(name + "/first", x, width), width);
  }

  /// `x` lifted by 2^doublings to `width` channels, with the parameters of the module `owner`,
  /// which is made when it is the module itself.
  Value lift(const std::string& owner, const std::string& name, Value x, int doublings,
             Index width) {
    const auto step = [&](const std::string& part, const Layer& layer, Value from) {
      return owner == name ? g.layer(name + part, layer, {from})
                           : g.layer_sharing(owner + part, name + part, layer, {from});
    };
    const Index channels = g.shape(x).channels();
    for (int i = 1; i <= doublings; ++i)
      x = step("/up" + std::to_string(i), layer::TransposedConv2d{channels, windows::kTwo}, x);
    return step("/fit", layer::Conv2d{width, windows::kThree}, x);
  }
};

}  // namespace

Graph make_elunet(Index height, Index width, Index n, Index in_channels) {
  require(height >= 16 && width >= 16 && height % 16 == 0 && width % 16 == 0,
          "elunet needs an image whose sides are divisible by 16; got ", height, "x", width);
  require(n >= 1 && n <= 1024 && in_channels >= 1, "elunet is of width 1 to 1024; got ", n);
  Graph g;
  EluNetBuilder build{g};
  Value x = g.input({1, height, width, in_channels});
  Value encoder[kLevels];
  for (int level = 0; level < kLevels; ++level) {
    const std::string name = "encoder" + std::to_string(level + 1);
    if (level > 0) x = g.layer(name + "/pool", layer::MaxPool{windows::kTwo}, {x});
    encoder[level] = x = build.twice(name, x, n << level);
  }
  for (int level = kLevels - 2; level >= 0; --level) {
    const std::string name = "decoder" + std::to_string(level + 1), below = name + "/below";
    const Index at = n << level;
    std::vector<Value> parts{build.lift(below, below, x, 1, at)};
    for (int from = level; from < kLevels - 1; ++from) {
      const std::string own = name + "/encoder" + std::to_string(from + 1);
      parts.push_back(
          build.lift(from == level + 1 ? below : own, own, encoder[from], from - level, at));
    }
    x = build.twice(name, g.layer(name + "/join", layer::Concat{}, parts), at);
  }
  g.layer("head", layer::Conv2d{1, windows::kPoint}, {x});
  return g;
}

}  // namespace integrad

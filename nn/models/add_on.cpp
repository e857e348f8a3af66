#include "integrad/nn/models/add_on.h"

#include "integrad/nn/models/windows.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

// Two of them double a map by bilinear interpolation before training moves them.
layer::TransposedConv2d repeating(Index channels) {
  return {.out_channels = channels, .window = windows::kTwo, .start = Initial::repeat};
}
layer::Conv2d smoothing(Index channels) {
  return {.out_channels = channels, .window = windows::kThree, .start = Initial::smooth};
}

struct AddOnBuilder {
  Graph& g;
  Index classes;

  Value stage(const std::string& name, Value x) {
    const Value up = g.layer(name + "/up", repeating(classes), {x});
    return g.layer(name + "/full", smoothing(classes), {up});
  }

  /// Every doubling by a convolution of its own, then by the one that they share.
  Value skip(const std::string& name, Value x, int doublings) {
    for (int i = 1; i <= doublings; ++i) {
      const auto named = [&](const char* what) { return name + what; };
      const std::string number = std::to_string(i);
      x = g.layer(named("/up").append(number), repeating(classes), {x});
      x = i == 1 ? g.layer(named("/full"), smoothing(classes), {x})
                 : g.layer_sharing(named("/full"), named("/full").append(number),
                                   smoothing(classes), {x});
    }
    return x;
  }

  /// The module F: it doubles two maps into one. The first is its own, later ones share it.
  Value fuse(const std::string& name, Value skip, Value stage) {
    const Value both = g.layer(name + "/join", layer::Concat{}, {skip, stage});
    const layer::TransposedConv2d up = repeating(2 * classes);
    const layer::Conv2d full = smoothing(classes);
    if (name == kFuse) return g.layer(name + "/full", full, {g.layer(name + "/up", up, {both})});
    const Value lifted = g.layer_sharing(std::string(kFuse) + "/up", name + "/up", up, {both});
    return g.layer_sharing(std::string(kFuse) + "/full", name + "/full", full, {lifted});
  }
  static constexpr const char* kFuse = "fuse";
};

void check_doublings(int doublings) {
  require(doublings >= 1 && doublings <= 4, "the add-on doubles the resolution 1 to 4 times; got ",
          doublings);
}

}  // namespace

Graph with_add_on(Graph base, int doublings) {
  check_doublings(doublings);
  const Value out1{base.size() - 1};
  AddOnBuilder build{base, base.output_shape().channels()};
  base.mark_level(out1);
  Value out = build.stage("stage1", out1);
  if (doublings >= 2) {
    base.mark_level(out);
    out = build.stage("stage2", out);
  }
  if (doublings >= 3) {
    base.mark_level(out);
    out = build.fuse(AddOnBuilder::kFuse, build.skip("skip4", out1, 2), out);
  }
  if (doublings >= 4) {
    base.mark_level(out);
    out = build.fuse("fuse2", build.skip("skip8", out1, 3), out);
  }
  return base;
}

Graph with_feature_add_on(Graph base, int doublings) {
  check_doublings(doublings);
  const Node head = base.nodes().back();
  require(std::holds_alternative<layer::Conv2d>(head.layer),
          "the add-on on features needs a base that ends in a convolution; it ends in '", head.name,
          "'");
  Value features{head.inputs[0]}, level{base.size() - 1};
  const Index channels = base.shape(features).channels();
  for (int i = 1; i <= doublings; ++i) {
    base.mark_level(level);
    const std::string stage = "stage" + std::to_string(i);
    features = base.layer(stage + "/up",
                          layer::TransposedConv2d{.out_channels = channels,
                                                  .window = windows::kTwo,
                                                  .start = Initial::one,
                                                  .groups = channels},
                          {features});
    level = base.layer_sharing(head.name, stage + "/" + head.name, head.layer, {features});
  }
  return base;
}

}  // namespace integrad

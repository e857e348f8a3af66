#include "integrad/nn/models/add_on.h"

#include "integrad/nn/models/windows.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

struct AddOnBuilder {
  Graph& g;
  Index classes;

  Value stage(const std::string& name, Value x) {
    const Value up = g.layer(name + "/up", layer::TransposedConv2d{classes, windows::kTwo}, {x});
    return g.layer(name + "/full", layer::Conv2d{classes, windows::kThree}, {up});
  }

  /// Every doubling by a convolution of its own, then by the one that they share.
  Value skip(const std::string& name, Value x, int doublings) {
    for (int i = 1; i <= doublings; ++i) {
      const std::string number = std::to_string(i);
      x = g.layer(name + "/up" + number, layer::TransposedConv2d{classes, windows::kTwo}, {x});
      x = i == 1 ? g.layer(name + "/full", layer::Conv2d{classes, windows::kThree}, {x})
                 : g.layer_sharing(name + "/full", name + "/full" + number,
                                   layer::Conv2d{classes, windows::kThree}, {x});
    }
    return x;
  }

  /// The module F: it doubles two maps into one. The first is its own, later ones share it.
  Value fuse(const std::string& name, Value skip, Value stage) {
    const Value both = g.layer(name + "/join", layer::Concat{}, {skip, stage});
    const layer::TransposedConv2d up{2 * classes, windows::kTwo};
    const layer::Conv2d full{classes, windows::kThree};
    if (name == kFuse) return g.layer(name + "/full", full, {g.layer(name + "/up", up, {both})});
    const Value lifted = g.layer_sharing(std::string(kFuse) + "/up", name + "/up", up, {both});
    return g.layer_sharing(std::string(kFuse) + "/full", name + "/full", full, {lifted});
  }
  static constexpr const char* kFuse = "fuse";
};

}  // namespace

Graph with_add_on(Graph base, int doublings) {
  require(doublings >= 1 && doublings <= 4, "the add-on doubles the resolution 1 to 4 times; got ",
          doublings);
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

}  // namespace integrad

#include <doctest/doctest.h>

#include <string>

#include "integrad/nn/fold.h"
#include "integrad/nn/models/qsegment.h"
#include "integrad/quant/export_c.h"
#include "integrad/quant/lower.h"

using namespace integrad;

TEST_CASE("a footprint counts weights, biases and scales, and the arena that the header states") {
  const Graph graph = make_qsegment(16, 24);
  const Model<float> model = fold(graph, initialize<float>(graph, 1));
  const std::vector<Quantization> same(static_cast<std::size_t>(model.graph.size()),
                                       kImageQuantization);
  const QGraph program = lower(model.graph, model.parameters, same, find_target(kDefaultTarget));
  Index expected = 0;
  for (const auto& parameter : model.parameters.all())
    // One byte a weight; four a bias, and eight for that channel's scale.
    expected += parameter.value.size() * (parameter.name.ends_with("bias") ? 12 : 1);
  const Footprint needs = footprint(program);
  CHECK(needs.flash_bytes == expected);
  const std::string header = export_c(program).front().text;
  CHECK(header.find("#define MODEL_ARENA_BYTES " + std::to_string(needs.arena_bytes) + "\n") !=
        std::string::npos);
}

// The three paths of one model: training-time forward, integer runner, emitted C.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "../support/kernel_cases.h"
#include "integrad/nn/fold.h"
#include "integrad/nn/models/registry.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/process.h"
#include "integrad/quant/runner.h"
#include "integrad/quant/verify.h"
#include "integrad/tensor/random.h"
#include "integrad/tests/support/quantized_model.h"

using namespace integrad;

namespace {

// A fresh folder that goes away with the test.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const char* name)
      : path(std::filesystem::temp_directory_path() /
             ("integrad_" + std::string(name) + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

void replace_in(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  std::string content = text.str();
  const auto at = content.find(from);
  REQUIRE(at != std::string::npos);
  content.replace(at, from.size(), to);
  std::ofstream(file) << content;
}

}  // namespace

TEST_CASE("training forward, integer runner and emitted C agree in every byte of every layer") {
  const std::pair<const char*, const char*> kinds[] = {
      {"cmsis-nn", "layers"},          {"cmsis-nn", "rows"},
      {"cmsis-nn", "recompute"},       {"cmsis-nn-single", "rows"},
      {"cmsis-nn-per-tensor", "rows"}, {"cmsis-nn-4-bit", "rows"}};
  for (const auto& [target, plan] : kinds) {
    QuantizedModel q = quantized_qsegment();
    const Folder folder("agree");
    Verifier verifier(q.model, q.quantizations, find_target(target),
                      {folder.path, true, {"gcc"}, {"-O2"}, {}, find_plan(plan)});
    for (std::uint64_t i = 0; i < 2; ++i) verifier.check(random_pixels({1, 16, 24, 3}, 50 + i));
    const VerifyReport& report = verifier.report();
    CHECK(report.differences == 0);
    CHECK_FALSE(report.first.has_value());
    CHECK(report.images == 2);
    for (std::size_t id = 1; id < report.layers.size(); ++id)
      CHECK(report.layers[id].bytes >= 2 * 2 * report.layers[id].shape.elements());
  }
}

TEST_CASE("a network gives the same codes in every instruction set and number of threads") {
  QuantizedModel q = quantized_qsegment();
  const QGraph program =
      lower(q.model.graph, q.model.parameters, q.quantizations, find_target("cmsis-nn"));
  const Tensor<std::int8_t> input = quantize_image(program, random_pixels({3, 16, 24, 3}, 9));
  const testing::Settings settings;
  set_isa(Isa::baseline);
  const auto expected = run(program, input, Keep::all);
  for (const Isa each : available_isas())
    for (const int count : {1, 2, 5}) {
      CAPTURE(name(each));
      set_isa(each);
      set_threads(count);
      const auto codes = run(program, input, Keep::all);
      for (std::size_t id = 0; id < codes.size(); ++id)
        CHECK(std::ranges::equal(codes[id].values(), expected[id].values()));
    }
}

TEST_CASE("results made by rows are those of whole maps") {
  const testing::Settings settings;
  for (const auto& side : {std::pair{16, 24}, {88, 24}, {256, 16}, {8, 8}}) {
    const auto height = side.first, width = side.second;
    const Graph graph = fold(make_model("qsegment", height, width),
                             initialize<float>(make_model("qsegment", height, width), 5))
                            .graph;
    QuantizedModel q =
        calibrated({graph, initialize<float>(graph, 5)}, random_pixels({2, height, width, 3}, 7));
    const QGraph program =
        lower(graph, q.model.parameters, q.quantizations, find_target("cmsis-nn"));
    const Tensor<std::int8_t> input =
        quantize_image(program, random_pixels({3, height, width, 3}, 9));
    const auto whole = run(program, input, Keep::all);
    for (const Isa each : available_isas())
      for (const int count : {1, 2, 5}) {
        CAPTURE(name(each));
        CAPTURE(height);
        set_isa(each);
        set_threads(count);
        const auto codes = run(program, input);
        CHECK(std::ranges::equal(codes.back().values(), whole.back().values()));
        // What only a stage's own nodes read never was a map.
        for (std::size_t id = 0; id + 1 < codes.size(); ++id) CHECK(codes[id].size() == 0);
      }
  }
}

TEST_CASE("by rows, integer models of what no model of ours has") {
  const auto conv = [](Index channels, WindowSpec window) {
    return layer::Conv2d{channels, window, 1, true, Activation::relu6};
  };
  const Padding same = Padding::same();
  using Function = layer::Arithmetic::Function;
  Graph g;
  const Value x = g.input({1, 70, 22, 5});
  Value y = g.layer("a", conv(16, WindowSpec::square(3, 1, same)), {x});
  Value z = g.layer("b", conv(16, {5, 3, 1, 1, 2, 1, same}), {y});
  y = g.layer("product", layer::Arithmetic{Function::mul, Activation::none}, {y, z});
  y = g.layer("difference", layer::Arithmetic{Function::sub, Activation::relu}, {z, y});
  // Read by both sides of a pool, which is undone twice.
  const Value pool = g.layer("pool", layer::MaxPool{WindowSpec::square(2, 2)}, {y});
  z = g.layer("depthwise", layer::DepthwiseConv2d{WindowSpec::square(3, 1, same)}, {pool});
  z = g.layer("softmax", layer::Softmax{}, {z});  // not made by rows
  Value once = g.max_unpool("unpool", z, pool);
  once = g.layer("sum", layer::Arithmetic{Function::add, Activation::relu}, {y, once});
  Value again = g.max_unpool("unpool again", pool, pool);
  again = g.layer("other sum", layer::Arithmetic{Function::add, Activation::none}, {again, once});
  again = g.layer("strided", conv(8, {3, 3, 2, 1, 1, 1, same}), {again});
  // Pairs of rows by factors, of which every third row is read.
  again = g.layer("wide", conv(33, WindowSpec::square(3, 1, same)), {again});
  again = g.layer("wider", conv(40, WindowSpec::square(3, 1, same)), {again});
  again = g.layer("skipping", conv(9, {1, 1, 3, 1, 1, 1, same}), {again});
  again = g.layer("valid", conv(9, WindowSpec::square(3)), {again});
  g.layer("head", layer::Conv2d{2, WindowSpec::square(3, 1, same)}, {again});
  QuantizedModel q = calibrated({g, initialize<float>(g, 3)}, random_pixels({2, 70, 22, 5}, 1));
  const QGraph program = lower(g, q.model.parameters, q.quantizations, find_target("cmsis-nn"));
  const Tensor<std::int8_t> input = quantize_image(program, random_pixels({2, 70, 22, 5}, 2));
  const auto whole = run(program, input, Keep::all);
  const testing::Settings settings;
  for (const Isa each : available_isas())
    for (const int count : {1, 3}) {
      CAPTURE(name(each));
      set_isa(each);
      set_threads(count);
      CHECK(std::ranges::equal(run(program, input).back().values(), whole.back().values()));
    }
}

TEST_CASE("verification catches one altered rounding constant, and names the place") {
  QuantizedModel q = quantized_qsegment();
  const Folder folder("altered");
  write_files(folder.path, export_c(lower(q.model.graph, q.model.parameters, q.quantizations,
                                          find_target("cmsis-nn"))));
  replace_in(folder.path / "integrad/quant/c/arith.h", "((int64_t)1 << 30)", "((int64_t)3 << 29)");
  std::vector<std::string> compiled;
  Verifier verifier(q.model, q.quantizations, find_target("cmsis-nn"),
                    {folder.path, false, {"gcc"}, {"-O2"}, [&](const std::string& path) {
                       compiled.push_back(path);
                     }});
  verifier.check(random_pixels({1, 16, 24, 3}, 50));
  CHECK(compiled == std::vector<std::string>{"gcc -O2 traced", "gcc -O2"});
  const VerifyReport& report = verifier.report();
  CHECK(report.differences > 0);
  REQUIRE(report.first.has_value());
  CHECK(report.first->layer == "encoder1/full");
  CHECK(report.first->path.starts_with("gcc -O2"));
  CHECK(report.first->expected != report.first->got);
}

TEST_CASE("sums beyond 2^24 take the exact wider path") {
  // 3 x 3 x 64 weights of full size, all of one sign: a sum of up to 18.6 million.
  Graph graph;
  const Value x = graph.input({1, 6, 6, 64});
  graph.layer("wide", layer::Conv2d{5, WindowSpec::square(3, 1, Padding::same())}, {x});
  Parameters<float> parameters = initialize<float>(graph, 1);
  const Random random(3, 1);
  Tensor<float>& weight = parameters.at("wide/weight");
  for (Index i = 0; i < weight.size(); ++i)
    weight[i] = 1.0f - 0.01f * static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)));
  QuantizedModel q = calibrated({graph, parameters}, random_pixels({1, 6, 6, 64}, 1));
  const QGraph program = lower(graph, parameters, q.quantizations, find_target("cmsis-nn"));
  const LinearTables& tables = *tables_of(program.node(1).operation);
  REQUIRE(tables.bounds[0] >= (std::int64_t{1} << 24));
  const Folder folder("wide");
  Verifier verifier(q.model, q.quantizations, find_target("cmsis-nn"), {folder.path, true, {}, {}});
  Tensor<float> bright = random_pixels({1, 6, 6, 64}, 2);
  for (float& v : bright) v = std::max(v, 253.0f / 255.0f);
  verifier.check(bright);
  CHECK(verifier.report().differences == 0);
}

TEST_CASE("lowering refuses what integers cannot hold, naming layer and channel") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 2});
  graph.layer("conv", layer::Conv2d{3, WindowSpec::square(1)}, {x});
  Parameters<float> parameters = initialize<float>(graph, 1);
  const std::vector<Quantization> good(2, kImageQuantization);
  const Target& target = find_target("cmsis-nn");

  Parameters<float> nan = parameters;
  nan.at("conv/weight")[5] = std::nanf("");
  CHECK_THROWS_WITH_AS(lower(graph, nan, good, target),
                       "layer 'conv': channel 2: a weight is not finite", Error);
  for (float scale : {0.0f, -1.0f, std::nanf(""), 1e-40f, INFINITY}) {
    std::vector<Quantization> bad = good;
    bad[1].scale = scale;
    CHECK_THROWS_AS(lower(graph, parameters, bad, target), Error);
  }
  // An output scale so fine that the sum would be shifted out of 32 bits.
  std::vector<Quantization> fine = good;
  fine[1].scale = 1e-12f;
  CHECK_THROWS_AS(lower(graph, parameters, fine, target), Error);

  const auto refuses = [&](const Layer& layer, const char* message) {
    Graph single;
    single.layer("layer", layer, {single.input({1, 4, 4, 2})});
    const Parameters<float> none = initialize<float>(single, 1);
    CHECK_THROWS_WITH_AS(lower(single, none, good, target), message, Error);
  };
  refuses(layer::Softmax{},
          "layer 'layer': the kernel's quantisation is scale 0.00390625, zero point -128; got "
          "scale 0.00392157, zero point -128");
  refuses(layer::Pointwise{layer::Pointwise::Function::hard_sigmoid},
          "layer 'layer': the target cmsis-nn has no integer kernel for hard sigmoid");
  refuses(layer::GlobalMean{},
          "layer 'layer': the target cmsis-nn has no integer kernel for a mean: use an average "
          "pool over the whole image");
  refuses(layer::BatchNorm{},
          "layer 'layer': batch norm has no integer kernel: fold the model first");
  refuses(layer::Resize{layer::Resize::Method::bilinear, 4, 2730},
          "layer 'layer': the integer kernel would read beyond the image when it resizes 4 points "
          "to 2730");
}

TEST_CASE("a softmax row whose sum the device could not shift is refused") {
  for (const Index channels : {511, 512}) {
    Graph graph;
    graph.layer("soft", layer::Softmax{}, {graph.input({1, 1, 2, channels})});
    const std::vector<Quantization> quantizations{kImageQuantization, {1.0f / 256, -128}};
    const auto lowered = [&] {
      return lower(graph, {}, quantizations, find_target("cmsis-nn")).size();
    };
    if (channels == 511)
      CHECK(lowered() == 2);
    else
      CHECK_THROWS_WITH_AS(lowered(),
                           "layer 'soft': the integer softmax takes at most 511 channels; got 512",
                           Error);
  }
}

TEST_CASE("a channel too weak for its bias keeps the bias") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 2});
  graph.layer("conv", layer::Conv2d{2, WindowSpec::square(1)}, {x});
  Parameters<float> parameters = initialize<float>(graph, 1);
  for (Index i = 0; i < 2; ++i) parameters.at("conv/weight")[i] = 1e-30f;
  parameters.at("conv/bias")[0] = 0.5f;
  QuantizedModel q = calibrated({graph, parameters}, random_pixels({1, 4, 4, 2}, 1));
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::evaluate, q.quantizations,
                               find_target("cmsis-nn"));
  const Var y =
      interpret(tape, graph, tape.constant(random_pixels({1, 4, 4, 2}, 3)), evaluator).back();
  CHECK(tape.value(y)[0] == doctest::Approx(0.5).epsilon(0.02));
}

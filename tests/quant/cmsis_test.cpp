// Emitted projects that call CMSIS-NN, linked with the double of tests/doubles/cmsis_nn: every
// layer is the integer runner's, in the working memory of each core.
#include <doctest/doctest.h>

#include <map>

#include "../support/cmsis_double.h"
#include "integrad/nn/models/qsegment.h"
#include "integrad/quant/cmsis_library.h"
#include "integrad/quant/export_cmsis.h"
#include "integrad/quant/process.h"
#include "integrad/quant/runner.h"

using namespace integrad;

namespace {

std::string model_text(const QGraph& program) {
  for (const EmittedFile& file : export_cmsis(program))
    if (file.path == "model.c") return file.text;
  return {};
}

EmittedProgram compiled(const TemporaryFolder& folder, const std::string& optimization,
                        integrad_rounding rounding = INTEGRAD_ROUNDING_DOUBLE,
                        std::vector<std::string> flags = {}) {
  Toolchain gcc = host_toolchain("gcc");
  gcc.sources = cmsis_library(kDouble, rounding);
  gcc.sources.insert(gcc.sources.begin(), flags.begin(), flags.end());
  return EmittedProgram(folder.path(), gcc, optimization, Build::plain);
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("Q-Segment through CMSIS-NN's interface: every byte of every layer, both roundings") {
  const QuantizedModel q = calibrated(make_qsegment(16, 24));
  for (const char* target : {"cmsis-nn", "cmsis-nn-single"}) check_every_core(q, target);
}

TEST_CASE("each operator through CMSIS-NN's interface, with uneven windows") {
  const Padding same = Padding::same();
  const Padding uneven{Padding::Kind::fixed, 1, 2, 0, 1};
  WindowSpec dilated = window(3, 2, 1, 2, same);
  dilated.dilation_y = 2;
  dilated.dilation_x = 3;
  const std::vector<std::pair<const char*, Layer>> layers{
      {"conv", layer::Conv2d{5, window(3, 4, 2, 1, uneven), 1, true, Activation::relu}},
      {"pointwise conv", layer::Conv2d{7, window(1, 1, 1, 1), 1, false, Activation::none}},
      {"strided pointwise conv", layer::Conv2d{4, window(1, 1, 2, 3), 1, true, Activation::none}},
      {"grouped conv", layer::Conv2d{9, window(2, 3, 1, 2, same), 3, false, Activation::relu6}},
      {"dilated conv", layer::Conv2d{3, dilated, 1, true, Activation::none}},
      {"depthwise 3x3", layer::DepthwiseConv2d{window(3, 3, 1, 1, same), 1, true}},
      {"depthwise 3x3, too far right",
       layer::DepthwiseConv2d{window(3, 3, 1, 1, {Padding::Kind::fixed, 1, 1, 0, 2}), 1, true}},
      {"depthwise", layer::DepthwiseConv2d{window(2, 4, 1, 2, same), 1, true}},
      {"depthwise of several", layer::DepthwiseConv2d{window(3, 3, 2, 1, same), 3, false}},
      {"dilated depthwise", layer::DepthwiseConv2d{dilated, 1, true}},
      {"max pool", layer::MaxPool{window(3, 2, 2, 1, same)}},
      {"dilated max pool", layer::MaxPool{dilated}},
      {"average pool", layer::AveragePool{window(2, 3, 1, 2, same)}},
  };
  Graph graph;
  const Value x = graph.input({1, 7, 10, 6});
  for (const auto& [name, layer] : layers) graph.layer(name, layer, {x});
  check_every_core(calibrated(graph));
  check_every_core(calibrated(
      one_layer({1, 7, 10, 1}, layer::DepthwiseConv2d{window(3, 3, 1, 1, same), 5, true})));
}

TEST_CASE("sum, product, pool and unpool through CMSIS-NN's interface, in place where it can be") {
  Graph graph;
  const Value x = graph.input({1, 8, 10, 3});
  const Value a = graph.layer("a", layer::Conv2d{6, WindowSpec::square(1)}, {x});
  const Value b = graph.layer("b", layer::Conv2d{6, WindowSpec::square(1)}, {x});
  const Value sum = graph.layer(
      "sum", layer::Arithmetic{layer::Arithmetic::Function::add, Activation::relu}, {a, b});
  const Value product = graph.layer(
      "product", layer::Arithmetic{layer::Arithmetic::Function::mul, Activation::none}, {sum, sum});
  const Value pool = graph.layer("pool", layer::MaxPool{WindowSpec::square(2, 2)}, {product});
  graph.max_unpool("unpool", pool, pool);
  check_every_core(calibrated(graph));
}

TEST_CASE("what each layer calls") {
  const QGraph program = calibrated(make_qsegment(16, 24)).program();
  const std::string text = model_text(program);
  for (const char* function :
       {"arm_convolve_wrapper_s8(", "arm_depthwise_conv_wrapper_s8(", "arm_elementwise_add_s8(",
        "integrad_run_max_pool_rows(", "integrad_run_unpool_rows("})
    CHECK(mentions(text, function));
  // A pool that keeps winners is ours, and so is no other layer.
  CHECK_FALSE(mentions(text, "integrad_run_conv_rows"));
  CHECK(mentions(
      model_text(
          calibrated(one_layer({1, 4, 4, 2}, layer::MaxPool{WindowSpec::square(2)})).program()),
      "arm_max_pool_s8("));
}

TEST_CASE("the emitted C has no warnings, with scratch and without") {
  Graph sum;
  const Value x = sum.input({1, 4, 4, 2});
  sum.layer("sum", layer::Arithmetic{layer::Arithmetic::Function::add, Activation::none}, {x, x});
  for (const Graph& graph : {make_qsegment(16, 24), sum}) {
    const TemporaryFolder folder;
    write_files(folder.path(), export_cmsis(calibrated(graph).program()));
    for (const char* compiler : {"gcc", "clang"}) {
      if (!on_path(compiler)) {
        MESSAGE("skipped: no " << compiler);
        continue;
      }
      for (const std::string& core : kCores) {
        const ProcessResult result =
            run_process({compiler, "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion",
                         "-Werror", core, "-fsyntax-only", "-I" + kDouble + "/Include",
                         folder / "model.c", folder / "main.c"},
                        {}, [](auto) {});
        CHECK_MESSAGE(result.exit_code == 0, result.errors);
      }
    }
  }
}

TEST_CASE("the double catches wrong calls, and the program names the layer") {
  const QuantizedModel q = calibrated(make_qsegment(16, 24));
  const std::map<std::string, std::string> mistakes{
      {".input_offset = 128", ".input_offset = -128"},
      {".ch_mult = 1", ".ch_mult = 2"},
      {".n = 16, .h = 3, .w = 3, .c = 3}", ".n = 3, .h = 3, .w = 3, .c = 16}"},
      {"SCRATCH_BYTES_1 = 112", "SCRATCH_BYTES_1 = 108"},
      {"scratch = scratch_at(arena, SCRATCH_1, SCRATCH_BYTES_1)",
       "scratch = scratch_at((int8_t*)input, 0, SCRATCH_BYTES_1)"},
  };
  for (const auto& mistake : mistakes) {
    const std::string &right = mistake.first, &wrong = mistake.second;
    CAPTURE(right);
    const TemporaryFolder folder;
    std::vector<EmittedFile> files = export_cmsis(q.program());
    for (EmittedFile& file : files)
      if (file.path == "model.c") {
        // Every core's section, whichever is compiled.
        REQUIRE(mentions(file.text, right));
        for (auto at = file.text.find(right); at != std::string::npos;
             at = file.text.find(right, at + wrong.size()))
          file.text.replace(at, right.size(), wrong);
      }
    write_files(folder.path(), files);
    const EmittedProgram program = compiled(folder, "-O1");
    const Tensor<std::int8_t> input = quantize_image(q.program(), random_pixels({1, 16, 24, 3}, 5));
    const std::string message = message_of<Error>([&] { program.run(input.values()); });
    CHECK_MESSAGE(message.find("failed") != std::string::npos, message);
    CHECK_MESSAGE(message.find("layer ") != std::string::npos, message);
  }
}

TEST_CASE("tables suffice for Helium's reads past them") {
  const QuantizedModel q =
      calibrated(one_layer({1, 6, 6, 5}, layer::DepthwiseConv2d{WindowSpec::square(3), 1, true}));
  const QGraph program = q.program();
  const Tensor<std::int8_t> input = quantize_image(program, random_pixels({1, 6, 6, 5}, 5));
  const auto run = [&](const std::vector<EmittedFile>& files) {
    const TemporaryFolder folder;
    write_files(folder.path(), files);
    return message_of<Error>([&] {
      compiled(folder, "-O1", INTEGRAD_ROUNDING_DOUBLE, {"-fsanitize=address", "-DARM_MATH_MVEI"})
          .run(input.values());
    });
  };
  CHECK(run(export_cmsis(program)).empty());
  std::vector<EmittedFile> short_tables = export_cmsis(program);
  for (EmittedFile& file : short_tables)
    if (file.path == "model.c") file.text = replaced(file.text, "bias_1[8]", "bias_1[5]");
  CHECK_FALSE(run(short_tables).empty());
}

TEST_CASE("the wrong build of CMSIS-NN does not compile") {
  for (const char* target : {"cmsis-nn", "cmsis-nn-single"}) {
    const TemporaryFolder folder;
    const QGraph program = calibrated(make_qsegment(16, 24)).program(target);
    write_files(folder.path(), export_cmsis(program));
    const bool twice = program.target.rounding == INTEGRAD_ROUNDING_DOUBLE;
    const auto other = twice ? INTEGRAD_ROUNDING_SINGLE : INTEGRAD_ROUNDING_DOUBLE;
    const std::string message = message_of<Error>([&] { compiled(folder, "-O1", other); });
    CHECK_MESSAGE(mentions(message, twice ? "this model is for double rounding"
                                          : "this model is for single rounding"),
                  message);
  }
}

TEST_CASE("what Helium computes wrongly is refused for it alone, when compiled") {
  const auto refuses = [](const QuantizedModel& q, const char* target = "cmsis-nn") {
    return mentions(model_text(q.program(target)), "#ifdef MODEL_CORE_MVE\n#error");
  };
  const auto conv = [](Index width, WindowSpec w) {
    return calibrated(one_layer({1, 1, width, 4}, layer::Conv2d{4, w}));
  };
  const Padding same = Padding::same();
  CHECK_FALSE(refuses(conv(8, window(1, 3, 1, 1, same))));
  CHECK(refuses(conv(2, window(1, 3, 1, 1, same))));
  CHECK(refuses(conv(8, window(1, 3, 1, 1, {Padding::Kind::fixed, 0, 0, 0, 2}))));
  CHECK_FALSE(
      refuses(calibrated(one_layer({1, 2, 2, 4}, layer::Conv2d{4, window(1, 3, 1, 1, same)}))));

  const QuantizedModel wide = conv(2, window(1, 3, 1, 1, same));
  const TemporaryFolder folder;
  write_files(folder.path(), export_cmsis(wide.program()));
  const auto compile = [&](const char* core) {
    return message_of<Error>([&] { compiled(folder, core); });
  };
  CHECK(compile("-DARM_MATH_DSP").empty());
  CHECK(mentions(compile("-DARM_MATH_MVEI"), "layer layer: CMSIS-NN's Helium kernel"));

  // A multiplier above 1/2 parts the two builds of single rounding, not of double.
  QuantizedModel fine = calibrated(one_layer({1, 3, 3, 64}, layer::Conv2d{4, window(3, 3, 1, 1)}));
  CHECK_FALSE(refuses(fine, "cmsis-nn-single"));
  for (float& w : fine.model.parameters.at("layer/weight")) w = 1000.0f;
  fine.quantizations[1].scale = 0.00077f;  // times 40: a shift of 6, sums above 2^24
  CHECK(refuses(fine, "cmsis-nn-single"));
  CHECK_FALSE(refuses(fine));
}

TEST_CASE("sizes that CMSIS-NN cannot count are refused, naming layer and size") {
  const QuantizedModel q =
      calibrated(one_layer({1, 1, 40000, 1}, layer::MaxPool{window(1, 2, 1, 2)}));
  CHECK_THROWS_WITH_AS(
      export_cmsis(q.program()),
      "layer 'layer': CMSIS-NN counts with 16 bits: no size above 32767; got 40000", Error);
}

TEST_CASE("the arena of each core holds results and scratch") {
  const QGraph program = calibrated(make_qsegment(16, 24)).program();
  const Index without = make_plan(program, {.stream = false}).arena_bytes;
  for (const CmsisCore core : kCmsisCores) {
    CAPTURE(name_of(core));
    Index most = 0;
    for (const Index bytes : cmsis_scratch(program, core)) most = std::max(most, bytes);
    const Index arena = cmsis_footprint(program, core).arena_bytes;
    CHECK(arena >= without);
    CHECK(arena <= without + most + 16);
  }
  // 4 * roundup4(27) for the first layer, 4 * roundup16(27) on Helium.
  CHECK(cmsis_scratch(program, CmsisCore::dsp)[1] == 112);
  CHECK(cmsis_scratch(program, CmsisCore::mve)[1] == 128);
}

TEST_CASE("a folder without CMSIS-NN is refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(cmsis_library(folder.path(), INTEGRAD_ROUNDING_DOUBLE),
                       ("folder '" + folder.path().string() +
                        "': holds no CMSIS-NN (no Include/arm_nnfunctions.h); give the one with "
                        "Include and Source")
                           .c_str(),
                       Error);
}

TEST_CASE("Q-Segment through CMSIS-NN's interface on emulated cores, in their own memory") {
  for (const char* tool : {"arm-none-eabi-gcc", "qemu-system-arm"})
    if (!on_path(tool)) {
      MESSAGE("skipped: no " << tool << " on PATH");
      return;
    }
  const QuantizedModel q = calibrated(make_qsegment(16, 24));
  const TemporaryFolder folder;
  VerifyOptions on_cores = options(folder);
  on_cores.compilers.clear();
  on_cores.devices = {"cortex-m4", "cortex-m55"};
  Verifier verifier(q.model, q.quantizations, find_target("cmsis-nn"), on_cores);
  verifier.check(random_pixels({1, 16, 24, 3}, 60));
  CHECK(verifier.report().differences == 0);
  CHECK(verifier.report().paths.size() == 5);
}

// What verification is worth: each rule of the arithmetic, altered in the emitted copy alone, is
// caught and placed.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "../support/quantized_model.h"
#include "../support/temporary_folder.h"
#include "integrad/nn/models/qsegment.h"
#include "integrad/quant/calibrate.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/verify.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

Tensor<float> pixels(std::uint64_t stream) {
  return random_pixels({1, 16, 24, 3}, stream);
}

struct Subject {
  Model<float> model;
  std::vector<Quantization> quantizations;
  QGraph program;
};

const Subject& subject() {
  static const Subject made = [] {
    const Graph graph = make_qsegment(16, 24);
    Model<float> model = fold(graph, initialize<float>(graph, 11));
    // Biases between two codes, so that their rounding matters.
    const Random random(9, 1);
    std::uint64_t index = 0;
    for (auto& parameter : model.parameters.all())
      if (parameter.name.ends_with("/bias"))
        for (float& b : parameter.value) b = static_cast<float>(random.uniform(index++, -0.1, 0.1));
    auto quantizations = quantizations_on(model, pixels(1));
    QGraph program =
        lower(model.graph, model.parameters, quantizations, find_target(kDefaultTarget));
    return Subject{std::move(model), std::move(quantizations), std::move(program)};
  }();
  return made;
}

/// Emits the program, lets `alter` change a text of it, and verifies that against training.
VerifyReport verify(const QGraph& emitted,
                    const std::function<void(std::vector<EmittedFile>&)>& alter) {
  const TemporaryFolder folder;
  std::vector<EmittedFile> files = export_c(emitted);
  alter(files);
  write_files(folder.path(), files);
  Verifier verifier(subject().model, subject().quantizations, find_target(kDefaultTarget),
                    {folder.path(), false, {"gcc"}, {"-O1"}});
  for (std::uint64_t image = 0; image < 2; ++image) verifier.check(pixels(50 + image));
  return verifier.report();
}

void replace_in(std::vector<EmittedFile>& files, const std::string& path, const std::string& from,
                const std::string& to) {
  for (EmittedFile& file : files) {
    if (file.path != path) continue;
    const auto at = file.text.find(from);
    REQUIRE(at != std::string::npos);
    file.text.replace(at, from.size(), to);
    return;
  }
  FAIL("no file ", path);
}

quantized::Conv2d& first_conv(QGraph& program) {
  return std::get<quantized::Conv2d>(program.nodes[1].operation);
}

/// The kernels for Arm's DSP extension instead of the portable ones.
void emulate_dsp(std::vector<EmittedFile>& files) {
  replace_in(files, "model.c", "#include", "#define INTEGRAD_DSP_EMULATED\n#include");
}

const auto kUnaltered = [](std::vector<EmittedFile>&) {};

}  // namespace

TEST_CASE("the unaltered program differs nowhere") {
  const VerifyReport report = verify(subject().program, kUnaltered);
  CHECK(report.differences == 0);
  CHECK(report.bytes > 100000);
}

TEST_CASE("the program with the kernels for the DSP extension differs nowhere either") {
  const VerifyReport report = verify(subject().program, emulate_dsp);
  CHECK(report.differences == 0);
  CHECK(report.bytes > 100000);
}

TEST_CASE("a bias without the zero point folded in is caught where the kernels ask for it") {
  const VerifyReport report = verify(subject().program, [](std::vector<EmittedFile>& files) {
    emulate_dsp(files);
    replace_in(files, "model.c", "#if INTEGRAD_FOLDED_BIAS", "#if !INTEGRAD_FOLDED_BIAS");
  });
  REQUIRE(report.first.has_value());
  CHECK(report.first->layer == "encoder1/full");
}

TEST_CASE("one layer with the other rounding is caught") {
  QGraph altered = subject().program;
  first_conv(altered).attributes.stage.rounding = INTEGRAD_ROUNDING_SINGLE;
  const VerifyReport report = verify(altered, kUnaltered);
  REQUIRE(report.first.has_value());
  CHECK(report.first->layer == "encoder1/full");
  // The roundings differ in about one output of a hundred, by one.
  CHECK(std::abs(report.first->expected - report.first->got) == 1);
}

TEST_CASE("a zero point that is off by one is caught") {
  QGraph altered = subject().program;
  first_conv(altered).attributes.input_zero_point += 1;
  const VerifyReport report = verify(altered, kUnaltered);
  REQUIRE(report.first.has_value());
  CHECK(report.first->layer == "encoder1/full");
}

TEST_CASE("a bias that is truncated rather than rounded is caught") {
  QGraph altered = subject().program;
  Index changed = 0;
  for (int id = 1; id < altered.size(); ++id) {
    auto* conv =
        std::get_if<quantized::Conv2d>(&altered.nodes[static_cast<std::size_t>(id)].operation);
    if (conv == nullptr) continue;
    const QNode& node = altered.node(id);
    const Tensor<float>& bias = subject().model.parameters.at(node.name + "/bias");
    const double in = static_cast<double>(altered.node(node.inputs[0]).quantization.scale);
    for (std::size_t c = 0; c < conv->tables.bias.size(); ++c) {
      const double scale = in * static_cast<double>(conv->tables.weight_scales[c]);
      const double exact = static_cast<double>(bias[static_cast<Index>(c)]) / scale;
      const auto truncated = static_cast<std::int32_t>(std::trunc(exact));
      changed += truncated != conv->tables.bias[c];
      conv->tables.bias[c] = truncated;
    }
  }
  REQUIRE(changed > 100);
  CHECK(verify(altered, kUnaltered).differences > 0);
}

TEST_CASE("a pool whose last maximum wins is caught where its values return") {
  const VerifyReport report = verify(subject().program, [](std::vector<EmittedFile>& files) {
    replace_in(files, "integrad/quant/c/pool.h", "point[i] > best->largest[i]",
               "point[i] >= best->largest[i]");
  });
  REQUIRE(report.first.has_value());
  CHECK(report.first->layer.ends_with("/unpool"));
}

TEST_CASE("an unpool that fills with code 0 instead of the real 0 is caught") {
  const VerifyReport report = verify(subject().program, [](std::vector<EmittedFile>& files) {
    replace_in(files, "integrad/quant/c/unpool.h", "output[i] = (int8_t)layer->zero_point",
               "output[i] = 0");
  });
  REQUIRE(report.first.has_value());
  CHECK(report.first->layer == "decoder1/unpool");
}

TEST_CASE("a convolution whose padding is code 0 instead of the real 0 is caught at the border") {
  const VerifyReport report = verify(subject().program, [](std::vector<EmittedFile>& files) {
    replace_in(files, "integrad/quant/c/conv.h", "*output++ = integrad_finish(sum", R"(
        for (int32_t ky = 0; ky < wy.kernel; ++ky)
          for (int32_t kx = 0; kx < wx.kernel; ++kx)
            if (ky < first_y || ky >= end_y || kx < first_x || kx >= end_x)
              for (int32_t c = 0; c < group_inputs; ++c)
                sum -= (uint32_t)(layer->input_zero_point *
                                  weights[ky * filter_row + kx * group_inputs + c]);
        *output++ = integrad_finish(sum)");
  });
  REQUIRE(report.first.has_value());
  CHECK(report.first->layer == "encoder1/full");
  const bool border = report.first->y == 0 || report.first->x == 0;
  CHECK(border);
}

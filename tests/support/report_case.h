#pragma once
#include <cmath>
#include <limits>

#include "integrad/train/report.h"
#include "integrad/train/synthetic.h"

namespace integrad {

/// A report about made-up results that own what they refer to.
class ReportCase {
 public:
  explicit ReportCase(Index size = 64, Index samples = 3)
      : dataset_(make_synthetic(7, size, 0, samples)), program_(one_convolution(size)) {
    input_.title = "A <made-up> report & more";
    input_.facts = {{"Data", "synthetic \"fundi\""}, {"Model", "one convolution"}};
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    for (Index epoch = 1; epoch <= 20; ++epoch) {
      const auto time = static_cast<double>(epoch);
      const bool scored = epoch % 5 == 0;
      input_.float_log.push_back({epoch, 2e-3 * (1 - time / 21), 0.2 + 0.9 / time,
                                  scored ? 0.8 - 0.5 / time : kUnknown, kUnknown});
      if (epoch <= 10)
        input_.quantized_log.push_back({epoch, 2e-4 * (1 - time / 11), 0.21 + 0.02 / time,
                                        scored ? 0.78 : kUnknown, kUnknown});
    }
    input_.samples = dataset_.test;
    input_.evaluations = {evaluation(Arithmetic::floating, 31), evaluation(Arithmetic::integer, 23),
                          evaluation(Arithmetic::fake_quant, 23)};
    input_.verification = VerifyReport{
        .paths = {"integer runner", "gcc -O3 traced"},
        .layers = {{"image", "input", Shape{1, size, size, 3}, 2000, 0},
                   {"head<1>", "conv2d", Shape{1, size, size, 1}, 234567, 0, 27 * size * size}},
        .images = 3,
        .bytes = 236567,
        .differences = 0,
        .first = std::nullopt,
        .counts = {{"cortex-m4 -O2", {0, 54 * size * size}}}};
    input_.program = &program_;
    input_.multiply_accumulates = 27 * size * size;
    input_.settings = {{"config.json", "{\"seed\": 1, \"note\": \"</pre><script>\"}"}};
    input_.commands = {{"Train", "integrad train --data d > log && true"}};
  }
  ReportCase(const ReportCase&) = delete;
  ReportCase& operator=(const ReportCase&) = delete;

  ReportInput& input() { return input_; }

 private:
  /// The truth with every `period`-th pixel turned over.
  Evaluation evaluation(Arithmetic arithmetic, Index period) const {
    Evaluation result{arithmetic, {}, {"pooled", {}, 0.9}, {}};
    for (const Sample& sample : dataset_.test) {
      Image mask = sample.mask;
      for (Index i = 0; i < mask.size(); i += period) mask[i] = mask[i] == 0 ? 1 : 0;
      const Confusion counts =
          confusion(std::as_const(mask).values(), std::as_const(sample.mask).values());
      result.images.push_back({sample.name, counts, 0.9});
      result.pooled.counts += counts;
      result.masks.push_back(std::move(mask));
    }
    return result;
  }

  static QGraph one_convolution(Index size) {
    quantized::Conv2d convolution{};
    convolution.tables.weight = Tensor<std::int8_t>(Shape{1, 3, 3, 3});
    convolution.tables.bias = {0};
    convolution.tables.scales.resize(1);
    QGraph program{find_target(kDefaultTarget), {}};
    program.nodes.push_back(
        {"image", quantized::Input{}, {}, Shape{1, size, size, 3}, kImageQuantization});
    program.nodes.push_back({"head", convolution, {0}, Shape{1, size, size, 1}, {}});
    return program;
  }

  Dataset dataset_;
  QGraph program_;
  ReportInput input_;
};

}  // namespace integrad

#include "integrad/train/evaluate.h"

#include "integrad/nn/interpreter.h"
#include "integrad/nn/streamed_evaluator.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/runner.h"
#include "integrad/train/config.h"
#include "integrad/train/loader.h"
#include "integrad/train/progress.h"

namespace integrad {

std::string_view name_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::floating:
      return "float";
    case Arithmetic::fake_quant:
      return "fake-quantised";
    case Arithmetic::integer:
      return "integer";
  }
  return "?";
}

namespace {

/// One arithmetic of a checkpoint, prepared once for each image size.
class Predictor {
 public:
  Predictor(const Checkpoint& checkpoint, Arithmetic arithmetic)
      : checkpoint_(checkpoint), arithmetic_(arithmetic) {
    require(
        arithmetic != Arithmetic::floating || checkpoint.stage == Checkpoint::Stage::floating,
        "a quantised model's weights were trained for its codes: give the float model for float "
        "scores");
    if (arithmetic != Arithmetic::floating) quantizations_ = checkpoint.quantizations();
    shrink_ = shrink_of(checkpoint);
  }

  /// Logits at the size of the image, which is shrunk first as in training.
  Tensor<float> logits_of_image(const Tensor<float>& image, Enlargement enlargement) {
    return enlarged(logits(shrunk(image, shrink_)), image.shape().height(), image.shape().width(),
                    enlargement);
  }
  bool shrinks() const { return shrink_ > 1; }

  /// Float logits; the integer runner's are codes turned real.
  Tensor<float> logits(const Tensor<float>& image) {
    if (arithmetic_ == Arithmetic::integer) {
      const Tensor<std::int8_t> out = codes(image);
      const Quantization& q = program_.nodes.back().quantization;
      Tensor<float> real = Tensor<float>::uninitialized(out.shape());
      for (Index i = 0; i < out.size(); ++i) real[i] = q.real(out[i]);
      return real;
    }
    prepare(image.shape());
    Tape<float> tape;
    const auto run = [&](auto evaluator) {
      return interpret(tape, model_.graph, tape.constant(image), evaluator, Keep::output).back();
    };
    const Var out = arithmetic_ == Arithmetic::floating
                        ? run(StreamedEvaluator(tape, model_.graph, model_.parameters))
                        : run(FakeQuantEvaluator(tape, model_.graph, model_.parameters,
                                                 Mode::evaluate, quantizations_,
                                                 find_target(checkpoint_.target), Ranges::fixed));
    return tape.value(out);
  }

  Tensor<std::int8_t> codes(const Tensor<float>& image) {
    prepare(image.shape());
    return std::move(run(program_, quantize_image(program_, image)).back());
  }
  std::int8_t zero_point() const {
    return static_cast<std::int8_t>(quantizations_.back().zero_point);
  }

 private:
  void prepare(const Shape& image) {
    if (image == prepared_) return;
    if (arithmetic_ == Arithmetic::integer)
      program_ = checkpoint_.program(image.height(), image.width());
    else
      model_ = checkpoint_.folded(image.height(), image.width());
    prepared_ = image;
  }

  const Checkpoint& checkpoint_;
  Arithmetic arithmetic_;
  Index shrink_ = 1;
  std::vector<Quantization> quantizations_;
  Model<float> model_;
  QGraph program_{find_target(kDefaultTarget), {}};
  Shape prepared_;
};

template <class T>
Image positive(const Tensor<T>& scores, T threshold) {
  Image mask(scores.shape());
  for (Index i = 0; i < mask.size(); ++i) mask[i] = scores[i] > threshold;
  return mask;
}

template <class T, class Scores>
std::vector<Evaluation> score(std::span<const Sample> samples, Arithmetic arithmetic, T threshold,
                              const std::vector<bool>& extents, Scores scores_of) {
  std::vector<Evaluation> results(extents.size(), Evaluation{arithmetic, {}, {}, {}});
  std::vector<SegmentationScorer<T>> scorers(extents.size(), SegmentationScorer<T>(threshold));
  Progress progress("evaluating (" + std::string(name_of(arithmetic)) + ")",
                    static_cast<Index>(samples.size()));
  for (const Sample& sample : samples) {
    const Tensor<T> scores = scores_of(whole_sample(sample).image);
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const auto inside =
          extents[i] ? sample.field_of_view.values() : std::span<const std::uint8_t>{};
      scorers[i].add(sample.name, scores.values(), sample.mask.values(), inside);
      results[i].masks.push_back(positive(scores, threshold));
    }
    progress.advance();
  }
  for (std::size_t i = 0; i < extents.size(); ++i) {
    results[i].images = scorers[i].images();
    results[i].pooled = scorers[i].pooled();
  }
  return results;
}

}  // namespace

Index shrink_of(const Checkpoint& checkpoint) {
  return checkpoint.config.empty() ? 1 : config_from_json(checkpoint.config).shrink;
}

std::vector<Evaluation> evaluate_extents(const Checkpoint& checkpoint,
                                         std::span<const Sample> samples, Arithmetic arithmetic,
                                         const std::vector<bool>& within_field_of_view,
                                         Enlargement enlargement) {
  Predictor predictor(checkpoint, arithmetic);
  if (arithmetic == Arithmetic::integer && !predictor.shrinks())
    return score<std::int8_t>(samples, arithmetic, predictor.zero_point(), within_field_of_view,
                              [&](const Tensor<float>& image) { return predictor.codes(image); });
  return score<float>(
      samples, arithmetic, 0.0f, within_field_of_view,
      [&](const Tensor<float>& image) { return predictor.logits_of_image(image, enlargement); });
}

Evaluation evaluate(const Checkpoint& checkpoint, std::span<const Sample> samples,
                    Arithmetic arithmetic, bool within_field_of_view, Enlargement enlargement) {
  return std::move(
      evaluate_extents(checkpoint, samples, arithmetic, {within_field_of_view}, enlargement)
          .front());
}

Tensor<float> predict(const Checkpoint& checkpoint, const Tensor<float>& image,
                      Arithmetic arithmetic) {
  return Predictor(checkpoint, arithmetic).logits_of_image(image, Enlargement::bilinear);
}

}  // namespace integrad

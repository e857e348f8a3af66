// Random models over every layer that has an integer kernel: all paths agree in every byte.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "integrad/nn/interpreter.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/observer.h"
#include "integrad/quant/runner.h"
#include "integrad/quant/verify.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

/// Draws one after the other; never two as arguments of one call, whose order is the compiler's.
class Dice {
 public:
  explicit Dice(std::uint64_t stream) : random_(77, stream) {}
  /// low .. high, both included.
  int between(int low, int high) {
    return low +
           static_cast<int>(random_.below(index_++, static_cast<std::uint64_t>(high - low + 1)));
  }
  bool one_in(int count) { return between(1, count) == 1; }
  double uniform(double low, double high) { return random_.uniform(index_++, low, high); }
  double normal() { return random_.normal(index_++); }

 private:
  Random random_;
  std::uint64_t index_ = 0;
};

/// Grows a graph layer by layer. What does not fit is refused by the graph and drawn again.
class Generator {
 public:
  explicit Generator(std::uint64_t stream) : dice_(stream) {
    values_.push_back(graph_.input({1, dice_.between(4, 11), dice_.between(4, 11),
                                    dice_.one_in(8) ? 35 : dice_.between(1, 5)}));
    const int layers = dice_.between(3, 7);
    while (graph_.size() < layers) grow();
  }

  Model<float> model() {
    Parameters<float> parameters = initialize<float>(graph_, 1);
    for (auto& p : parameters.all()) {
      const bool bias = p.name.ends_with("/bias");
      for (float& v : p.value) v = static_cast<float>(dice_.normal() * (bias ? 1.0 : 0.3));
      // An output channel (the first) without weights, or far stronger than its neighbours.
      if (!bias && dice_.one_in(4)) p.value[0] = dice_.one_in(2) ? 0.0f : 20.0f;
    }
    return {graph_, std::move(parameters)};
  }

 private:
  Value pick() { return values_[static_cast<std::size_t>(dice_.between(0, size() - 1))]; }
  int size() const { return static_cast<int>(values_.size()); }
  std::string name() { return "layer" + std::to_string(graph_.size()); }
  Activation activation() { return static_cast<Activation>(dice_.between(0, 2)); }

  WindowSpec window(bool dilated) {
    WindowSpec w{dice_.between(1, 4),
                 dice_.between(1, 4),
                 dice_.between(1, 3),
                 dice_.between(1, 3),
                 1,
                 1,
                 {}};
    if (dilated && dice_.one_in(3)) w.dilation_y = dice_.between(1, 3);
    if (dilated && dice_.one_in(3)) w.dilation_x = dice_.between(1, 3);
    const int kind = dice_.between(0, 2);
    if (kind == 1) w.padding = Padding::same();
    if (kind == 2) {
      const int y = (w.kernel_y - 1) * w.dilation_y, x = (w.kernel_x - 1) * w.dilation_x;
      w.padding = {Padding::Kind::fixed, dice_.between(0, y), dice_.between(0, y),
                   dice_.between(0, x), dice_.between(0, x)};
    }
    return w;
  }

  void grow() {
    const int kind = dice_.between(0, 6);
    const Value x = pick();
    try {
      add(kind, x);
    } catch (const Error&) {
    }
  }

  void add(int kind, Value x) {
    const Index channels = graph_.shape(x).channels();
    switch (kind) {
      case 0: {
        const Index groups = dice_.one_in(3) ? channels : 1;
        const Index out = groups * dice_.between(1, groups > 5 ? 1 : 4);
        return append(layer::Conv2d{out, window(true), groups, !dice_.one_in(4), activation()},
                      {x});
      }
      case 1:
        return append(layer::DepthwiseConv2d{window(true), dice_.between(1, 3), !dice_.one_in(4),
                                             activation()},
                      {x});
      case 2:
      case 3: {
        const auto function =
            kind == 2 ? layer::Arithmetic::Function::add : layer::Arithmetic::Function::mul;
        const layer::Arithmetic arithmetic{function, activation()};
        return append(arithmetic, {x, pick()});
      }
      case 4:
        return append(layer::MaxPool{window(true)}, {x});
      case 5:
        return append(layer::AveragePool{window(true)}, {x});
      default: {  // down, something in between, and up again
        WindowSpec w = window(true);
        w.stride_y = (w.kernel_y - 1) * w.dilation_y + dice_.between(1, 2);
        w.stride_x = (w.kernel_x - 1) * w.dilation_x + dice_.between(1, 2);
        const Value pool = graph_.layer(name(), layer::MaxPool{w}, {x});
        values_.push_back(pool);
        append(layer::Conv2d{channels, WindowSpec::square(1)}, {pool});
        values_.push_back(graph_.max_unpool(name(), values_.back(), pool));
      }
    }
  }
  void append(Layer layer, const std::vector<Value>& inputs) {
    // The integer kernels take operands of one shape; the graph would allow more.
    if (inputs.size() == 2)
      require(graph_.shape(inputs[0]) == graph_.shape(inputs[1]), "two shapes");
    values_.push_back(graph_.layer(name(), std::move(layer), inputs));
  }

  Dice dice_;
  Graph graph_;
  std::vector<Value> values_;
};

Tensor<float> pixels(Shape shape, std::uint64_t stream) {
  Dice dice(stream);
  Tensor<float> image = Tensor<float>::uninitialized(shape);
  for (float& v : image) v = static_cast<float>(dice.between(0, 255)) / 255.0f;
  return image;
}

// Calibrated, then some ranges are shrunk (much saturates) and zero points moved to the ends.
std::vector<Quantization> quantize(Model<float>& model, std::uint64_t stream) {
  const Graph& graph = model.graph;
  RangeObserver observer(graph, {});
  Tape<float> tape;
  FloatEvaluator<float> evaluator(tape, graph, model.parameters, Mode::evaluate);
  const Shape shape = graph.input_shape().with(0, 2);
  const auto values = interpret(tape, graph, tape.constant(pixels(shape, 9)), evaluator);
  for (int id = 0; id < graph.size(); ++id)
    observer.observe(id, tape.value(values[static_cast<std::size_t>(id)]));
  std::vector<Quantization> result = observer.quantizations();
  Dice dice(stream);
  const std::vector<int> classes = quantizer_classes(graph);
  for (std::size_t id = 0; id < result.size(); ++id) {
    const auto shared = static_cast<std::size_t>(classes[id]);
    if (shared != id) {
      result[id] = result[shared];
    } else if (id > 0 || dice.one_in(4)) {
      if (dice.one_in(2)) result[id].scale *= static_cast<float>(dice.uniform(0.1, 1.0));
      constexpr std::int32_t kEnds[] = {-128, 127, 0, -127, 126};
      if (dice.one_in(2)) result[id].zero_point = kEnds[dice.between(0, 4)];
    }
  }
  return result;
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("integrad_random_graphs" + std::to_string(::getpid()));
  ~Folder() { std::filesystem::remove_all(path); }
};

struct Coverage {
  std::map<std::string, int> operations;
  int saturated_low = 0, saturated_high = 0, inside = 0;
};

// Codes that differ between the training-time forward and the runner, over all layers.
int differences(Model<float>& model, const std::vector<Quantization>& q, const Target& target,
                const Tensor<float>& images, Coverage& coverage) {
  const QGraph program = lower(model.graph, model.parameters, q, target);
  const auto codes = run(program, quantize_image(program, images), Keep::all);
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, model.graph, model.parameters, Mode::evaluate, q, target);
  const auto values = interpret(tape, model.graph, tape.constant(images), evaluator);
  int count = 0;
  for (std::size_t id = 0; id < values.size(); ++id) {
    const Tensor<std::int8_t> expected = codes_of(tape.value(values[id]), q[id]);
    REQUIRE(expected.shape() == codes[id].shape());
    ++coverage.operations[std::string(name_of(program.nodes[id].operation))];
    for (Index i = 0; i < expected.size(); ++i) {
      count += expected[i] != codes[id][i];
      coverage.saturated_low += expected[i] == -128;
      coverage.saturated_high += expected[i] == 127;
      coverage.inside += expected[i] > -128 && expected[i] < 127;
    }
  }
  return count;
}

}  // namespace

TEST_CASE("200 random models: the training-time forward of a batch is the integer runner's") {
  Coverage coverage;
  int refused = 0;
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    CAPTURE(stream);
    Model<float> model = Generator(stream).model();
    const auto q = quantize(model, 1000 + stream);
    const Index batch = 1 + static_cast<Index>(stream % 3);
    const Tensor<float> images = pixels(model.graph.input_shape().with(0, batch), 2000 + stream);
    for (const Target& target : targets()) {
      try {
        const int count = differences(model, q, target, images, coverage);
        CHECK(count == 0);
      } catch (const Error& error) {
        // A scale drawn too fine for a strong channel: lowering refuses, rightly.
        CHECK(std::string(error.what()).find("would leave 32 bits") != std::string::npos);
        ++refused;
      }
    }
  }
  CHECK(refused <= 4);
  for (const char* operation : {"conv2d", "depthwise_conv2d", "add", "mul", "max_pool2d",
                                "max_unpool2d", "average_pool2d"}) {
    CAPTURE(operation);
    CHECK(coverage.operations[operation] > 80);
  }
  CHECK(coverage.saturated_low > 10000);
  CHECK(coverage.saturated_high > 10000);
  CHECK(coverage.inside > 50000);
}

TEST_CASE("eight of them also as emitted C, every layer and the output") {
  for (std::uint64_t stream = 0; stream < 8; ++stream) {
    CAPTURE(stream);
    Model<float> model = Generator(stream).model();
    const auto q = quantize(model, 1000 + stream);
    const Shape shape = model.graph.input_shape();
    const Folder folder;
    Verifier verifier(std::move(model), q, targets()[stream % targets().size()],
                      {folder.path, true, {"gcc"}, {"-O1"}});
    for (std::uint64_t image = 0; image < 2; ++image)
      verifier.check(pixels(shape, 3000 + 10 * stream + image));
    CHECK(verifier.report().paths.size() == 3);
    CHECK(verifier.report().differences == 0);
  }
}

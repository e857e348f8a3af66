#include <iostream>

#include "integrad/cli/command.h"
#include "integrad/cli/info_int8.h"
#include "integrad/cli/speed.h"
#include "integrad/cli/table.h"
#include "integrad/cli/weights.h"
#include "integrad/nn/models/registry.h"
#include "integrad/quant/export_c.h"
#include "integrad/quant/lower.h"
#include "integrad/train/checkpoint.h"

namespace integrad::cli {

namespace fs = std::filesystem;

namespace {

constexpr Index kDefaultSize = 256;

Index trainable(const Graph& graph, const Node& node) {
  Index sum = 0;
  for (const ParameterSpec& spec : parameters_of(node.layer, graph.input_shapes(node)))
    if (spec.trainable) sum += spec.shape.elements();
  return sum;
}

void print_layers(const Graph& graph) {
  Table table({"layer", "kind", "output", "parameters", "MACs"}, 3);
  for (const Node& node : graph.nodes())
    table.add({node.name, std::string(name_of(node.layer)), to_string(node.shape),
               cell(trainable(graph, node)), cell(macs_of(node.layer, graph.input_shapes(node)))});
  std::cout << table;
}

void print_layers(const QGraph& program, const Graph& graph) {
  Table table({"layer", "kind", "output", "parameters", "MACs", "scale", "zero point"}, 3);
  for (int id = 0; id < program.size(); ++id) {
    const QNode& node = program.node(id);
    const Node& source = graph.node(id);
    table.add({node.name, std::string(name_of(node.operation)), to_string(node.shape),
               cell(trainable(graph, source)),
               cell(macs_of(source.layer, graph.input_shapes(source))),
               cell(node.quantization.scale), cell(node.quantization.zero_point)});
  }
  std::cout << table;
}

/// `as_written` with its batch norms, `folded` without.
void print_totals(const Graph& as_written, const Graph& folded) {
  const Shape& input = as_written.input_shape();
  const Index all = macs(as_written), parameters = count_trainable(folded);
  std::cout << "\ninput " << input << ", output " << as_written.output_shape() << "\n"
            << count_trainable(as_written) << " trainable parameters, " << parameters
            << " with batch norm folded\n"
            << all << " MACs, " << all / (input.height() * input.width()) << " per pixel\n"
            << "folded parameters: " << parameters * 4 << " bytes in float32, " << parameters
            << " in int8\n";
}

class Info final : public Command {
 public:
  std::string name() const override { return "info"; }
  std::string summary() const override {
    return "Layers, shapes, parameters and sizes of a model or a model file";
  }
  std::string example() const override { return "integrad info --model qsegment --size 256"; }
  void declare(Options& options) override {
    options.add("--model", model_, "A model's name, or a model file");
    options.require("--model");
    options.add("--size", size_, "Side of the image in pixels; 0: as trained (a name: 256)");
    options.add("--int8", int8_,
                "What the integer program takes on a device, and the parts it fits");
    options.add("--plan", plan_, "With --int8, memory by: layers, rows, recompute");
    options.add("--speed", speed_,
                "How many images a second it predicts here, in floats and in int8");
  }

  int run(const Settings&) override {
    require(size_ >= 0, "--size is a number of pixels, or 0; got ", size_);
    std::error_code error;
    if (fs::path(model_).has_extension() || fs::exists(model_, error)) return describe_file();
    const Index size = size_ == 0 ? kDefaultSize : size_;
    if (speed_) {
      const Model<float> model = fresh(make_model(model_, size, size));
      const QGraph program = untrained(model);
      print_speed(model, &program);
      return 0;
    }
    if (int8_) {
      print_device_account(
          [&](Index h, Index w) {
            const Model<float> model = fresh(make_model(model_, h, w));
            return SizedProgram{model.graph, untrained(model)};
          },
          size, size, plan_);
      return 0;
    }
    const Graph graph = make_model(model_, size, size);
    std::cout << "model " << model_ << ": " << summary_of(model_) << "\n\n";
    print_layers(graph);
    print_totals(graph, fold(graph, initialize<float>(graph, 0)).graph);
    return 0;
  }

 private:
  static std::string_view summary_of(const std::string& name) {
    for (const ModelEntry& entry : model_registry())
      if (entry.name == name) return entry.summary;
    return "";
  }

  int describe_file() const {
    const Checkpoint model = load_checkpoint(model_);
    const bool quantized = model.stage == Checkpoint::Stage::quantized;
    const Index height = size_ == 0 ? model.height : size_;
    const Index width = size_ == 0 ? model.width : size_;
    if (speed_) {
      const QGraph program = quantized ? model.program(height, width) : QGraph{};
      print_speed(model.folded(height, width), quantized ? &program : nullptr);
      return 0;
    }
    if (int8_) {
      require(quantized, model_,
              ": is a float model; integrad quantize makes a quantised one of it");
      print_device_account(
          [&](Index h, Index w) {
            return SizedProgram{model.folded(h, w).graph, model.program(h, w)};
          },
          height, width, plan_);
      return 0;
    }
    const Graph as_written = make_model(model.model, height, width);
    const Graph folded = model.folded(height, width).graph;
    std::cout << model_ << "\nmodel " << model.model << ": " << summary_of(model.model)
              << "\nstage " << (quantized ? "quantised for " + model.target : "float")
              << ", trained at " << model.height << "x" << model.width << "\n";
    if (model.training)
      std::cout << "epoch " << model.training->epoch << ", optimizer step "
                << model.training->optimizer.steps << "\n";
    std::cout << "\n";
    if (quantized) {
      const QGraph program = model.program(height, width);
      print_layers(program, folded);
      print_totals(as_written, folded);
      const Footprint needs = footprint(program);
      std::cout << "emitted: " << needs.flash_bytes << " bytes of constants, " << needs.arena_bytes
                << " bytes of working memory\n";
    } else {
      print_layers(as_written);
      print_totals(as_written, folded);
    }
    print_weights_digest(model);
    if (!model.config.empty()) std::cout << "\nconfig " << model.config << "\n";
    return 0;
  }

  static Model<float> fresh(const Graph& graph) { return fold(graph, initialize<float>(graph, 0)); }
  /// What a program takes does not depend on the values of its weights.
  static QGraph untrained(const Model<float>& model) {
    const std::vector<Quantization> same(model.graph.nodes().size(), kImageQuantization);
    return lower(model.graph, model.parameters, same, find_target(kDefaultTarget));
  }

  std::string model_, plan_{kDefaultPlan};
  Index size_ = 0;
  bool int8_ = false, speed_ = false;
};

}  // namespace

std::unique_ptr<Command> make_info() {
  return std::make_unique<Info>();
}

}  // namespace integrad::cli

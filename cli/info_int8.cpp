#include "integrad/cli/info_int8.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>

#include "integrad/cli/table.h"
#include "integrad/quant/parts.h"
#include "integrad/quant/plan.h"
#include "integrad/quant/reach.h"
#include "integrad/tensor/error.h"

namespace integrad::cli {

namespace {

constexpr std::string_view kPlans[] = {"layers", "rows", "recompute"};
constexpr Index kLargestSide = 4096, kSideStep = 8;

using ProgramAt = std::function<SizedProgram(Index, Index)>;

Needs needs_of(const QGraph& program, std::string_view plan) {
  return {.arena = make_plan(program, find_plan(plan)).arena_bytes,
          .input = program.nodes.front().shape.elements(),
          .output = program.nodes.back().shape.elements(),
          .constants = constant_bytes(program)};
}

void print_layers(const SizedProgram& sized, const Plan& plan) {
  Table table({"layer", "kind", "output", "MACs", "flash", "rows held", "held", "stage", "in use"},
              3);
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    for (int id = stage.first; id <= stage.last; ++id) {
      const Step& step = plan.step(id);
      const QNode& node = sized.program.node(step.node);
      const Node& layer = sized.folded.node(step.node);
      const Index rows = rows_of(node.shape);
      const bool callers = id + 1 == plan.size();
      table.add({node.name, std::string(name_of(node.operation)), to_string(node.shape),
                 cell(macs_of(layer.layer, sized.folded.input_shapes(layer))),
                 cell(constant_bytes(node.operation)),
                 callers ? "-" : cell(step.rows) + " of " + cell(rows),
                 callers ? "-" : cell(step.rows * row_size_of(node.shape)), cell(s + 1),
                 cell(stage.bytes)});
    }
  }
  std::cout << table;
}

/// What the program needs at each size by each plan, computed once.
class NeedsBySide {
 public:
  explicit NeedsBySide(const ProgramAt& at) : at_(at) {}

  /// The largest side, a multiple of kSideStep, at which the program fits; 0 for none.
  Index largest(std::size_t plan, const Part& part) {
    const Index bank = std::ranges::max(part.banks);
    Index low = 0, high = kLargestSide / kSideStep + 1;  // fits or is too small; does not fit
    while (high - low > 1) {
      const Index middle = (low + high) / 2, side = middle * kSideStep;
      const bool too_large = side * side > bank;  // the image alone
      const auto needs = too_large ? std::nullopt : at(side, plan);
      const bool fits_there = !too_large && (!needs.has_value() || fits(*needs, part));
      (fits_there ? low : high) = middle;
    }
    const auto needs = low > 0 ? at(low * kSideStep, plan) : std::nullopt;
    return needs.has_value() && fits(*needs, part) ? low * kSideStep : 0;
  }

 private:
  // Nothing for a size that the model does not take.
  std::optional<Needs> at(Index side, std::size_t plan) {
    const auto key = std::pair(side, plan);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    std::optional<Needs>& needs = known_[key];
    try {
      auto& program = programs_[side];
      if (!program.has_value()) program = at_(side, side).program;
      needs = needs_of(*program, kPlans[plan]);
    } catch (const Error&) {
    }
    return needs;
  }

  const ProgramAt& at_;
  std::map<Index, std::optional<QGraph>> programs_;
  std::map<std::pair<Index, std::size_t>, std::optional<Needs>> known_;
};

std::string banks_of(const Part& part) {
  std::string text;
  for (const Index bank : part.banks) text += (text.empty() ? "" : " + ") + cell(bank / 1024);
  return text;
}

void print_parts(const ProgramAt& at) {
  Table table({"part", "SRAM banks, KiB", "flash, KiB", "layers", "rows", "recompute"}, 2);
  NeedsBySide needs(at);
  for (const Part& part : parts()) {
    std::vector<std::string> row{std::string(part.name), banks_of(part),
                                 part.flash == 0 ? "in SRAM" : cell(part.flash / 1024)};
    for (std::size_t plan = 0; plan < std::size(kPlans); ++plan) {
      const Index side = needs.largest(plan, part);
      row.push_back(side == 0 ? "none" : cell(side) + "x" + cell(side));
    }
    table.add(std::move(row));
  }
  std::cout << "\nlargest image by part and plan: arena, image, output and " << Needs{}.reserved
            << " bytes for stack\nand variables each in one bank; code is not counted\n"
            << table;
}

}  // namespace

void print_device_account(const ProgramAt& at, Index height, Index width, std::string_view plan) {
  const SizedProgram sized = at(height, width);
  print_layers(sized, make_plan(sized.program, find_plan(plan)));
  const Needs needs = needs_of(sized.program, plan);
  std::cout << "\nin bytes; \"in use\" is what the layer's stage takes of the arena, with all that "
               "waits for later\n"
            << macs(sized.folded) << " MACs; flash " << needs.constants
            << " bytes of constants; besides the arena " << needs.input << " for the image, "
            << needs.output << " for the output\n\n";
  Table arenas({"plan", "arena, bytes", "fullest stage", "stages", "layers computed twice"}, 1);
  for (const std::string_view name : kPlans) {
    const Plan candidate = make_plan(sized.program, find_plan(name));
    arenas.add({std::string(name), cell(candidate.arena_bytes), cell(candidate.needed_bytes),
                cell(candidate.stages.size()), cell(candidate.size() - sized.program.size())});
  }
  std::cout << arenas;
  print_parts(at);
}

}  // namespace integrad::cli

#include "integrad/quant/plan.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "integrad/quant/memory_plan.h"
#include "integrad/quant/reach.h"
#include "integrad/quant/stage_rows.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

/// A step for every node of the program.
std::vector<Step> steps_of(const QGraph& program) {
  std::vector<Step> steps;
  steps.reserve(static_cast<std::size_t>(program.size()));
  for (int id = 0; id < program.size(); ++id) steps.push_back({id, program.node(id).inputs});
  return steps;
}

bool works_in_place(const Operation& operation) {
  return reach_of(operation).kind == Reach::Kind::same;
}

/// Sizes, lives and places of the results of a sequence of steps.
class Planner {
 public:
  Planner(const QGraph& program, std::vector<Step> steps, const std::vector<Index>& scratch)
      : graph_(program, std::move(steps)), scratch_(scratch), last_(graph_.size() - 1) {
    held_.resize(static_cast<std::size_t>(graph_.size()));
  }

  /// The stages, by dynamic programming over where a stage may begin and end: what a stage uses
  /// depends on itself alone, since all that outlives a stage is whole.
  std::vector<Stage> divide(bool stream) {
    const auto count = static_cast<std::size_t>(graph_.size());
    constexpr Index kNever = std::numeric_limits<Index>::max();
    // By [last][first]: the arena that a stage uses, and what its results take of it.
    std::vector<std::vector<Index>> uses(count, std::vector<Index>(count, kNever)), holds = uses;
    std::vector<Index> least(count, kNever);  // the fullest stage of the best division up to here
    least[0] = 0;
    for (int last = 1; last <= last_; ++last)
      for (int first = last; first > 0; --first) {
        if (first < last && (!stream || !graph_.can_stream(first, last))) break;
        const auto l = static_cast<std::size_t>(last), f = static_cast<std::size_t>(first);
        hold(first, last);
        uses[l][f] = bytes_in_use(first, last);
        holds[l][f] = bytes_held(first, last);
        least[l] = std::min(least[l], std::max(least[f - 1], uses[l][f]));
      }

    // Again, for the fewest bytes that results take in sum within the least memory: what need not
    // be stored is not.
    const Index limit = least.back();
    std::vector<Index> stored(count, kNever);
    std::vector<int> begins(count, 0);
    stored[0] = 0;
    for (std::size_t last = 1; last < count; ++last)
      for (std::size_t first = last; first > 0; --first) {
        if (uses[last][first] > limit || stored[first - 1] == kNever) continue;
        const Index sum = stored[first - 1] + holds[last][first];
        if (sum >= stored[last]) continue;
        stored[last] = sum;
        begins[last] = static_cast<int>(first);
      }
    std::vector<Stage> stages;
    for (int last = last_; last > 0; last = stages.back().first - 1) {
      const int first = begins[static_cast<std::size_t>(last)];
      stages.push_back(
          {first, last, uses[static_cast<std::size_t>(last)][static_cast<std::size_t>(first)]});
    }
    std::ranges::reverse(stages);
    return stages;
  }

  Plan place(std::vector<Stage> stages) {
    Plan plan{graph_.steps(), std::move(stages), 0, 0};
    std::vector<int> stage_of(plan.steps.size(), -1);
    for (std::size_t s = 0; s < plan.stages.size(); ++s) {
      const Stage& stage = plan.stages[s];
      plan.needed_bytes = std::max(plan.needed_bytes, stage.bytes);
      hold(stage.first, stage.last);
      for (int id = stage.first; id <= stage.last; ++id)
        stage_of[static_cast<std::size_t>(id)] = static_cast<int>(s);
    }
    std::vector<PlannedBuffer> buffers;
    std::vector<std::pair<int, Index Step::*>> owners;  // step, which of its buffers
    std::vector<std::size_t> buffer_of(plan.steps.size());
    for (int id = 1; id <= last_; ++id) {
      const auto i = static_cast<std::size_t>(id);
      const auto at = [&](int step) { return stage_of[static_cast<std::size_t>(step)]; };
      plan.steps[i].rows = held_[i];
      const Index winners = winner_bytes(id);
      if (winners > 0) {
        buffers.push_back({winners, at(id), at(graph_.last_winner_reader(id))});
        owners.emplace_back(id, &Step::winners);
      }
      if (scratch_bytes(id) > 0) {
        buffers.push_back({scratch_bytes(id), at(id), at(id)});
        owners.emplace_back(id, &Step::scratch);
      }
      if (id == last_) continue;
      const int over = replaceable_input(id);
      if (over > 0 && !plan.stages[static_cast<std::size_t>(at(id))].streams()) {
        buffer_of[i] = buffer_of[static_cast<std::size_t>(over)];
        buffers[buffer_of[i]].last_step = at(graph_.last_code_reader(id));
      } else {
        buffer_of[i] = buffers.size();
        buffers.push_back({held_[i] * row_size(id), at(id), at(graph_.last_code_reader(id))});
        owners.emplace_back(id, &Step::codes);
      }
    }
    plan.arena_bytes = plan_memory(buffers);
    for (int id = 1; id < last_; ++id)
      plan.steps[static_cast<std::size_t>(id)].codes =
          buffers[buffer_of[static_cast<std::size_t>(id)]].offset;
    for (std::size_t b = 0; b < buffers.size(); ++b)
      plan.steps[static_cast<std::size_t>(owners[b].first)].*owners[b].second = buffers[b].offset;
    return plan;
  }

 private:
  Index row_size(int step) const { return row_size_of(graph_.node(step).shape); }
  Index code_bytes(int step) const { return graph_.node(step).shape.elements(); }
  Index winner_bytes(int step) const {
    if (graph_.winner_readers(step).empty()) return 0;
    const auto& pool = std::get<quantized::MaxPool>(graph_.node(step).operation);
    return rows_of(graph_.node(step).shape) * winner_row_size(pool);
  }
  Index scratch_bytes(int step) const {
    const auto node = static_cast<std::size_t>(graph_.steps()[static_cast<std::size_t>(step)].node);
    return scratch_.empty() ? 0 : scratch_[node];
  }

  /// The rows that each step of a stage holds: all of what outlives the stage.
  void hold(int first, int last) {
    std::vector<Index> bands;
    if (first < last) bands = rows_held(graph_, first, last);
    for (int id = first; id <= last; ++id) {
      const bool whole = first == last || id == last_ || graph_.last_code_reader(id) > last;
      held_[static_cast<std::size_t>(id)] =
          whole ? rows_of(graph_.node(id).shape) : bands[static_cast<std::size_t>(id - first)];
    }
  }

  /// The input whose place the step's result may take: of the same size and read for the last time;
  /// -1 when there is none. The image is the caller's.
  int replaceable_input(int id) const {
    if (!works_in_place(graph_.node(id).operation)) return -1;
    for (int input : graph_.steps()[static_cast<std::size_t>(id)].inputs)
      if (input > 0 && graph_.last_code_reader(input) == id &&
          graph_.node(input).shape.elements() == graph_.node(id).shape.elements())
        return input;
    return -1;
  }

  /// Of the results of steps first .. last as their stage holds them.
  Index bytes_held(int first, int last) const {
    Index bytes = 0;
    for (int id = first; id <= last; ++id)
      bytes += held_[static_cast<std::size_t>(id)] * row_size(id);
    return bytes;
  }

  Index bytes_in_use(int first, int last) const {
    Index bytes = 0;
    for (int id = 1; id < first; ++id) {
      if (graph_.last_code_reader(id) >= first) bytes += code_bytes(id);
      if (graph_.last_winner_reader(id) >= first) bytes += winner_bytes(id);
    }
    for (int id = first; id <= last; ++id) {
      bytes += winner_bytes(id) + scratch_bytes(id);
      const bool in_place = first == last && replaceable_input(id) > 0;
      if (id != last_ && !in_place) bytes += held_[static_cast<std::size_t>(id)] * row_size(id);
    }
    return bytes;
  }

  StepGraph graph_;
  const std::vector<Index>& scratch_;  // bytes, by node
  int last_;
  std::vector<Index> held_;  // rows, by step, as hold() found them last
};

/// Steps in which a layer that reads only the image is computed anew for each of its readers after
/// the first one.
std::vector<Step> steps_recomputing(const QGraph& program) {
  std::vector<Step> steps;
  std::vector<int> step_of;  // by node
  std::vector<bool> read(program.nodes.size(), false);
  for (int id = 0; id < program.size(); ++id) {
    std::vector<int> inputs;
    for (int from : program.node(id).inputs) {
      const QNode& source = program.node(from);
      const bool of_image = source.inputs == std::vector<int>{0};
      const bool keeps_winners = std::holds_alternative<quantized::MaxPool>(source.operation);
      int step = step_of[static_cast<std::size_t>(from)];
      if (of_image && !keeps_winners && read[static_cast<std::size_t>(from)]) {
        step = static_cast<int>(steps.size());
        steps.push_back({from, source.inputs});
      }
      read[static_cast<std::size_t>(from)] = true;
      inputs.push_back(step);
    }
    step_of.push_back(static_cast<int>(steps.size()));
    steps.push_back({id, std::move(inputs)});
  }
  return steps;
}

Plan planned(const QGraph& program, std::vector<Step> steps, bool stream,
             const std::vector<Index>& scratch) {
  Planner planner(program, std::move(steps), scratch);
  return planner.place(planner.divide(stream));
}

}  // namespace

PlanOptions find_plan(std::string_view name) {
  if (name == "layers") return {.stream = false, .recompute = false};
  if (name == "rows") return {.stream = true, .recompute = false};
  if (name == "recompute") return {.stream = true, .recompute = true};
  fail("there is no plan '", name, "'; known: layers, rows, recompute");
}

Plan make_plan(const QGraph& program, const PlanOptions& options,
               const std::vector<Index>& scratch) {
  Plan stored = planned(program, steps_of(program), options.stream, scratch);
  if (!options.recompute) return stored;
  Plan recomputed = planned(program, steps_recomputing(program), options.stream, scratch);
  return recomputed.arena_bytes < stored.arena_bytes ? recomputed : stored;
}

}  // namespace integrad

#include "integrad/quant/observer.h"

#include <algorithm>
#include <cmath>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {

Range extremes(const Tensor<float>& values) {
  const auto [low, high] = std::ranges::minmax_element(values.values());
  return {*low, *high};
}

Range percentiles(const Tensor<float>& values, double p) {
  std::vector<float> sorted(values.begin(), values.end());
  const auto at = [&](double fraction) {
    const auto position =
        static_cast<std::ptrdiff_t>(std::round(fraction * static_cast<double>(sorted.size() - 1)));
    std::nth_element(sorted.begin(), sorted.begin() + position, sorted.end());
    return sorted[static_cast<std::size_t>(position)];
  };
  return {at(1.0 - p), at(p)};
}

}  // namespace

std::string name_of(ObserverOptions::Method method) {
  using Method = ObserverOptions::Method;
  return method == Method::min_max      ? "min-max"
         : method == Method::percentile ? "percentile"
                                        : "learned";
}

ObserverOptions::Method range_method(const std::string& name, const std::string& who) {
  using Method = ObserverOptions::Method;
  for (const Method method : {Method::min_max, Method::percentile, Method::learned})
    if (name == name_of(method)) return method;
  fail(who, " is \"min-max\", \"percentile\" or \"learned\"; got '", name, "'");
}

RangeObserver::RangeObserver(const Graph& graph, ObserverOptions options)
    : graph_(graph),
      options_(options),
      classes_(quantizer_classes(graph)),
      prescribed_(prescribed_quantizations(graph)),
      tracked_(graph.nodes().size()),
      batch_(graph.nodes().size()),
      seen_(graph.nodes().size(), false) {
  require(options.percentile > 0.5 && options.percentile <= 1,
          "the percentile lies in (0.5, 1]; got ", options.percentile);
  require(options.momentum > 0 && options.momentum <= 1, "the momentum lies in (0, 1]; got ",
          options.momentum);
}

std::size_t RangeObserver::class_of(int node) const {
  return static_cast<std::size_t>(classes_[static_cast<std::size_t>(node)]);
}

// A class's range comes from the layers that compute: copies have no range of their own, and the
// image's class and the prescribed ones are fixed.
bool RangeObserver::computes(int node) const {
  return class_of(node) != 0 && prescribed_[static_cast<std::size_t>(node)] == nullptr &&
         !copies_codes(graph_.node(node).layer);
}

void RangeObserver::unite(int node, Range range) {
  require(std::isfinite(range.low) && std::isfinite(range.high), "layer '", graph_.node(node).name,
          "': a range has finite bounds; got ", range.low, " to ", range.high);
  Tracked& batch = batch_[class_of(node)];
  if (batch.started)
    range = {std::min(batch.range.low, range.low), std::max(batch.range.high, range.high)};
  batch = {range, true};
}

RangeObserver::Tracked RangeObserver::with_batch(std::size_t shared) const {
  const Tracked &before = tracked_[shared], &batch = batch_[shared];
  if (!batch.started) return before;
  if (!before.started) return batch;
  const float weight = static_cast<float>(options_.momentum);
  const auto average = [&](float old, float now) { return old + weight * (now - old); };
  return {
      {average(before.range.low, batch.range.low), average(before.range.high, batch.range.high)},
      true};
}

void RangeObserver::finish_batch() {
  for (std::size_t shared = 0; shared < tracked_.size(); ++shared)
    tracked_[shared] = with_batch(shared);
  batch_.assign(batch_.size(), {});
  seen_.assign(seen_.size(), false);
}

void RangeObserver::observe(int node, const Tensor<float>& values) {
  const std::string& name = graph_.node(node).name;
  require(!values.empty(), "layer '", name, "': no values to observe");
  require(std::ranges::all_of(values.values(), [](float v) { return std::isfinite(v); }), "layer '",
          name, "': a value to observe is not finite");
  if (seen_[static_cast<std::size_t>(node)]) finish_batch();
  seen_[static_cast<std::size_t>(node)] = true;
  if (!computes(node)) return;
  unite(node, options_.method == ObserverOptions::Method::percentile
                  ? percentiles(values, options_.percentile)
                  : extremes(values));
}

void RangeObserver::observe(std::span<const Range> ranges) {
  require(ranges.size() == graph_.nodes().size(), "a model of ", graph_.size(),
          " layers needs as many ranges; got ", ranges.size());
  finish_batch();
  for (int id = 0; id < graph_.size(); ++id)
    if (computes(id)) unite(id, ranges[static_cast<std::size_t>(id)]);
  finish_batch();
}

Tensor<float> RangeObserver::gradient(std::span<const RangeGradient> nodes) const {
  require(nodes.size() == graph_.nodes().size(), "a model of ", graph_.size(),
          " layers needs as many gradients of ranges; got ", nodes.size());
  std::vector<RangeGradient> sums(nodes.size());  // by class
  for (int id = 0; id < graph_.size(); ++id) {
    if (!computes(id)) continue;
    sums[class_of(id)].low += nodes[static_cast<std::size_t>(id)].low;
    sums[class_of(id)].high += nodes[static_cast<std::size_t>(id)].high;
  }
  Tensor<float> result(Shape{static_cast<Index>(sums.size()), 3});
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const Tracked tracked = with_batch(i);
    const auto width = static_cast<double>(tracked.range.high - tracked.range.low);
    float* const row = result.data() + 3 * i;
    row[0] = tracked.range.low < 0 ? static_cast<float>(sums[i].low * width) : 0.0f;
    row[1] = tracked.range.high > 0 ? static_cast<float>(sums[i].high * width) : 0.0f;
  }
  return result;
}

void RangeObserver::move(const Tensor<float>& widths) {
  Tensor<float> moved = state();
  require(widths.shape() == moved.shape(), "the ranges of this model move by ", moved.shape(),
          "; got ", widths.shape());
  for (Index i = 0; i < moved.size(); i += 3) {
    const float width = moved[i + 1] - moved[i];
    moved[i] = std::min(moved[i] + width * widths[i], 0.0f);
    moved[i + 1] = std::max(moved[i + 1] + width * widths[i + 1], 0.0f);
  }
  restore(moved);
}

std::vector<Quantization> RangeObserver::quantizations() const {
  std::vector<Quantization> result;
  for (int id = 0; id < graph_.size(); ++id) {
    if (class_of(id) == 0) {
      result.push_back(kImageQuantization);
      continue;
    }
    if (const Quantization* fixed = prescribed_[static_cast<std::size_t>(id)]) {
      result.push_back(*fixed);
      continue;
    }
    const Tracked tracked = with_batch(class_of(id));
    require(tracked.started, "layer '", graph_.node(id).name,
            "' has no observed range: calibrate the model first");
    result.push_back(quantization_of(tracked.range));
  }
  return result;
}

Tensor<float> RangeObserver::state() const {
  Tensor<float> state(Shape{static_cast<Index>(tracked_.size()), 3});
  for (std::size_t i = 0; i < tracked_.size(); ++i) {
    const Tracked tracked = with_batch(i);
    float* row = state.data() + 3 * i;
    row[0] = tracked.range.low;
    row[1] = tracked.range.high;
    row[2] = tracked.started ? 1.0f : 0.0f;
  }
  return state;
}

void RangeObserver::restore(const Tensor<float>& state) {
  const Shape expected{static_cast<Index>(tracked_.size()), 3};
  require(state.shape() == expected, "the ranges of this model have shape ", expected, "; got ",
          state.shape());
  std::vector<Tracked> restored;
  for (std::size_t i = 0; i < tracked_.size(); ++i) {
    const float* row = state.data() + 3 * i;
    require(std::isfinite(row[0]) && std::isfinite(row[1]) && row[0] <= row[1], "layer '",
            graph_.node(static_cast<int>(i)).name,
            "': a range has finite bounds, low <= high; got ", row[0], " to ", row[1]);
    require(row[2] == 0 || row[2] == 1, "layer '", graph_.node(static_cast<int>(i)).name,
            "': a range is observed (1) or not (0); got ", row[2]);
    restored.push_back({{row[0], row[1]}, row[2] == 1});
  }
  tracked_ = std::move(restored);
  batch_.assign(batch_.size(), {});
  seen_.assign(seen_.size(), false);
}

}  // namespace integrad

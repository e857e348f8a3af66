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

RangeObserver::RangeObserver(const Graph& graph, ObserverOptions options)
    : graph_(graph),
      options_(options),
      classes_(quantizer_classes(graph)),
      tracked_(graph.nodes().size()) {
  require(options.percentile > 0.5 && options.percentile <= 1,
          "the percentile lies in (0.5, 1]; got ", options.percentile);
  require(options.momentum > 0 && options.momentum <= 1, "the momentum lies in (0, 1]; got ",
          options.momentum);
}

void RangeObserver::update(int node, Range batch) {
  require(std::isfinite(batch.low) && std::isfinite(batch.high), "layer '", graph_.node(node).name,
          "': a range has finite bounds; got ", batch.low, " to ", batch.high);
  Tracked& tracked = tracked_[static_cast<std::size_t>(classes_[static_cast<std::size_t>(node)])];
  if (!tracked.started) {
    tracked = {batch, true};
    return;
  }
  const float weight = static_cast<float>(options_.momentum);
  tracked.range.low += weight * (batch.low - tracked.range.low);
  tracked.range.high += weight * (batch.high - tracked.range.high);
}

void RangeObserver::observe(int node, const Tensor<float>& values) {
  require(!values.empty(), "layer '", graph_.node(node).name, "': no values to observe");
  // A class's range comes from the layers that compute; copies would count it twice.
  const bool computes = classes_[static_cast<std::size_t>(node)] == node ||
                        activation_of(graph_.node(node).layer) != nullptr;
  if (!computes) return;
  update(node, options_.method == ObserverOptions::Method::min_max
                   ? extremes(values)
                   : percentiles(values, options_.percentile));
}

void RangeObserver::observe(std::span<const Range> ranges) {
  for (int id = 0; id < graph_.size(); ++id) {
    const Range& range = ranges[static_cast<std::size_t>(id)];
    if (range.low != 0 || range.high != 0) update(id, range);
  }
}

std::vector<Quantization> RangeObserver::quantizations() const {
  std::vector<Quantization> result;
  for (int id = 0; id < graph_.size(); ++id) {
    const int shared = classes_[static_cast<std::size_t>(id)];
    if (shared == 0) {
      result.push_back(kImageQuantization);
      continue;
    }
    const Tracked& tracked = tracked_[static_cast<std::size_t>(shared)];
    require(tracked.started, "layer '", graph_.node(id).name,
            "' has no observed range: calibrate the model first");
    result.push_back(quantization_of(tracked.range));
  }
  return result;
}

Tensor<float> RangeObserver::state() const {
  Tensor<float> state(Shape{static_cast<Index>(tracked_.size()), 3});
  for (std::size_t i = 0; i < tracked_.size(); ++i) {
    state[static_cast<Index>(3 * i)] = tracked_[i].range.low;
    state[static_cast<Index>(3 * i + 1)] = tracked_[i].range.high;
    state[static_cast<Index>(3 * i + 2)] = tracked_[i].started ? 1.0f : 0.0f;
  }
  return state;
}

void RangeObserver::restore(const Tensor<float>& state) {
  const Shape expected{static_cast<Index>(tracked_.size()), 3};
  require(state.shape() == expected, "the ranges of this model have shape ", expected, "; got ",
          state.shape());
  for (std::size_t i = 0; i < tracked_.size(); ++i) {
    const float* row = state.data() + 3 * i;
    require(std::isfinite(row[0]) && std::isfinite(row[1]) && row[0] <= row[1], "layer '",
            graph_.node(static_cast<int>(i)).name,
            "': a range has finite bounds, low <= high; got ", row[0], " to ", row[1]);
    tracked_[i] = {{row[0], row[1]}, row[2] != 0};
  }
}

}  // namespace integrad

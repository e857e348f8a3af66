#include "integrad/nn/streamed_evaluator.h"

#include <algorithm>
#include <memory>

#include "integrad/tensor/kernels/row_window.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

class StoredRows final : public rows::Source {
 public:
  StoredRows(const Tensor<float>& map)
      : data_(map.data()),
        height_(map.shape().height()),
        row_(map.shape().width() * map.shape().channels()) {}
  const float* rows(Index image, Index begin, Index) override {
    return data_ + (image * height_ + begin) * row_;
  }

 private:
  const float* data_;
  Index height_, row_;
};

class MadeRows final : public rows::Source {
 public:
  MadeRows(Index row_size, Index most, rows::Make make)
      : window_(row_size, most, std::move(make)) {}
  const float* rows(Index image, Index begin, Index end) override {
    return window_.rows(image, begin, end);
  }

 private:
  kernels::RowWindow<rows::Make> window_;
};

Index row_size(const Shape& shape) {
  return shape.width() * shape.channels();
}

}  // namespace

std::vector<RowStage> find_row_stages(const Graph& graph,
                                      const std::vector<std::optional<rows::Operator>>& operators) {
  std::vector<RowStage> stages;
  bool open = false;
  for (int id = 0; id < graph.size(); ++id) {
    const auto& made = operators[static_cast<std::size_t>(id)];
    const bool begins = std::holds_alternative<layer::MaxUnpool>(graph.node(id).layer);
    if (made && open && !begins)
      stages.back().last = id;
    else if (made)
      stages.push_back({id, id});
    open = made && made->window.stride == 1;
  }
  return stages;
}

// What one thread makes the rows of a stage with.
class StreamedEvaluator::StageRows {
 public:
  struct Sink {
    int id;
    float* map;
  };

  StageRows(StreamedEvaluator& e, const RowStage& stage, const std::vector<Sink>& sinks)
      : graph_(e.graph_), stage_(stage), sinks_(sinks), windows_(count()), makes_(count()) {
    const std::vector<Index> most = rows_kept(e);
    for (int id = stage.first; id <= stage.last; ++id) {
      const Node& node = graph_.node(id);
      std::vector<rows::Source*> inputs;
      for (int input : node.inputs) inputs.push_back(source(e, input));
      const bool pools = std::holds_alternative<layer::MaxPool>(node.layer);
      const bool unpools = std::holds_alternative<layer::MaxUnpool>(node.layer);
      std::uint8_t* const winners =
          pools || unpools ? e.winners_.at(pools ? id : node.inputs[1]).data() : nullptr;
      rows::Make make = e.operators_[static_cast<std::size_t>(id)]->bind(inputs, winners);
      const auto& readers = e.readers_[static_cast<std::size_t>(id)];
      if (!readers.empty() && readers.front() <= stage.last)
        windows_[at(id)] =
            std::make_unique<MadeRows>(row_size(node.shape), most[at(id)], std::move(make));
      else
        makes_[at(id)] = std::move(make);
    }
  }

  /// Rows begin .. end - 1 of the stage's last result, and the other results' rows beside them.
  void make(Index image, Index begin, Index end) {
    const Index height = graph_.node(stage_.last).shape.height();
    for (Index row = begin; row < end; ++row)
      for (const Sink& sink : sinks_) {
        const Index rows = graph_.node(sink.id).shape.height();
        write(sink, image, row * rows / height, (row + 1) * rows / height);
      }
  }

 private:
  std::size_t at(int id) const { return static_cast<std::size_t>(id - stage_.first); }
  std::size_t count() const { return at(stage_.last) + 1; }

  rows::Source* source(StreamedEvaluator& e, int id) {
    if (id >= stage_.first) return windows_[at(id)].get();
    stored_.push_back(
        std::make_unique<StoredRows>(e.tape_.value(e.values_[static_cast<std::size_t>(id)])));
    return stored_.back().get();
  }

  // How many rows of each node may be asked for while the stage makes one row of its last.
  std::vector<Index> rows_kept(const StreamedEvaluator& e) const {
    const Index height = graph_.node(stage_.last).shape.height();
    std::vector<Index> before(count(), 0), behind(count(), 0), most(count(), 1);
    for (const Sink& sink : sinks_)
      behind[at(sink.id)] = (graph_.node(sink.id).shape.height() + height - 1) / height - 1;
    for (int id = stage_.last; id >= stage_.first; --id) {
      const integrad_window w = e.operators_[static_cast<std::size_t>(id)]->window;
      const Index extent = integrad_window_extent(w);
      for (int input : graph_.node(id).inputs) {
        if (input < stage_.first) continue;
        before[at(input)] = std::max(before[at(input)], before[at(id)] * w.stride + w.pad_before);
        behind[at(input)] =
            std::max(behind[at(input)], behind[at(id)] * w.stride + extent - 1 - w.pad_before);
      }
      most[at(id)] = std::max(before[at(id)] + behind[at(id)] + 1, Index{1});
    }
    return most;
  }

  void write(const Sink& sink, Index image, Index begin, Index end) {
    const Shape& shape = graph_.node(sink.id).shape;
    const Index size = row_size(shape);
    for (Index row = begin; row < end; ++row) {
      float* const into = sink.map + (image * shape.height() + row) * size;
      if (const auto& window = windows_[at(sink.id)])
        std::copy_n(window->rows(image, row, row + 1), size, into);
      else
        makes_[at(sink.id)](image, row, into);
    }
  }

  const Graph& graph_;
  RowStage stage_;
  const std::vector<Sink>& sinks_;
  std::vector<std::unique_ptr<rows::Source>> windows_, stored_;
  std::vector<rows::Make> makes_;
};

StreamedEvaluator::StreamedEvaluator(Tape<float>& tape, const Graph& graph,
                                     Parameters<float>& parameters)
    : tape_(tape),
      graph_(graph),
      whole_(tape, graph, parameters, Mode::evaluate),
      readers_(graph.readers()),
      values_(graph.nodes().size()) {
  for (int id = 0; id < graph.size(); ++id)
    operators_.push_back(rows::make_operator(graph, id, parameters));
  stages_ = find_row_stages(graph, operators_);
}

void StreamedEvaluator::run(const RowStage& stage) {
  std::vector<StageRows::Sink> sinks;
  std::vector<Tensor<float>> results;
  for (int id = stage.first; id <= stage.last; ++id) {
    const Shape shape = graph_.node(id).shape.with(0, batch_);
    if (std::holds_alternative<layer::MaxPool>(graph_.node(id).layer))
      winners_[id] = Tensor<std::uint8_t>::uninitialized(shape);
    const auto& readers = readers_[static_cast<std::size_t>(id)];
    if (!readers.empty() && readers.back() <= stage.last) continue;
    results.push_back(Tensor<float>::uninitialized(shape));
    sinks.push_back({id, results.back().data()});
  }
  // Rows have the same bits whoever makes them, so the bands may follow the threads: wide ones make
  // few rows twice.
  const Index height = graph_.node(stage.last).shape.height();
  const Index bands = std::clamp<Index>(height / 16, 1, std::max(4, 2 * threads()));
  parallel_chunks(batch_ * bands, [&](Index chunk) {
    const Index band = chunk % bands;
    StageRows(*this, stage, sinks)
        .make(chunk / bands, band * height / bands, (band + 1) * height / bands);
  });
  for (int id = stage.first; id <= stage.last; ++id)
    values_[static_cast<std::size_t>(id)] = tape_.constant(Tensor<float>());
  for (std::size_t i = 0; i < sinks.size(); ++i)
    values_[static_cast<std::size_t>(sinks[i].id)] = tape_.constant(std::move(results[i]));
}

}  // namespace integrad

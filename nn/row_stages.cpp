#include "integrad/nn/row_stages.h"

#include <algorithm>
#include <memory>

#include "integrad/tensor/kernels/row_ring.h"
#include "integrad/tensor/kernels/stored_lines.h"
#include "integrad/tensor/parallel.h"

namespace integrad::rows {

namespace {

Index row_size(const Shape& shape) {
  return shape.width() * shape.channels();
}

template <class T>
class StoredRows final : public Source<T> {
 public:
  StoredRows(const Tensor<T>& map)
      : data_(map.data()), height_(map.shape().height()), row_(row_size(map.shape())) {}
  kernels::RingRows<T> rows(Index image, Index begin, Index) override {
    return {stored(image, begin), row_};
  }
  const T* stored(Index image, Index row) const override {
    return data_ + (image * height_ + row) * row_;
  }

 private:
  const T* data_;
  Index height_, row_;
};

template <class T>
class MadeRows final : public Source<T> {
 public:
  MadeRows(Index size, Index most, Make<T> make) : made_(size, most, std::move(make)) {}
  kernels::RingRows<T> rows(Index image, Index begin, Index end) override {
    return made_.rows(image, begin, end);
  }
  const T* stored(Index, Index) const override { return nullptr; }

 private:
  kernels::RowRing<Make<T>, T> made_;
};

// Where the rows of a node that is read behind the stage go.
template <class T>
struct Sink {
  int id;
  T* map;
  bool streams;  // it is so large that it is better written past the caches
};

}  // namespace

// What one thread makes the rows of a stage with.
template <class T>
class Stages<T>::Maker {
 public:
  Maker(Stages& all, const Stage& stage, const std::vector<Sink<T>>& sinks,
        const std::function<const Tensor<T>&(int)>& stored)
      : all_(all), stage_(stage), sinks_(sinks), windows_(count()), makes_(count()) {
    const std::vector<Index> most = rows_kept();
    for (int id = stage.first; id <= stage.last; ++id) {
      const Node<T>& node = all.node(id);
      std::vector<Source<T>*> inputs;
      for (int input : node.inputs) inputs.push_back(source(input, stored));
      std::uint8_t* const winners =
          node.winners_of >= 0 ? all.winners_[static_cast<std::size_t>(node.winners_of)].data()
                               : nullptr;
      Make<T> make = node.made->bind(inputs, winners);
      if (all.read_within(id, stage))
        windows_[at(id)] =
            std::make_unique<MadeRows<T>>(row_size(node.shape), most[at(id)], std::move(make));
      else
        makes_[at(id)] = std::move(make);
    }
  }

  /// Rows begin .. end - 1 of the stage's last result, and the other results' rows beside them.
  void make(Index image, Index begin, Index end) {
    const Index height = last_height();
    for (Index row = begin; row < end; ++row)
      for (const Sink<T>& sink : sinks_) {
        const Index rows = all_.node(sink.id).shape.height();
        write(sink, image, row * rows / height, (row + 1) * rows / height);
      }
  }

 private:
  std::size_t at(int id) const { return static_cast<std::size_t>(id - stage_.first); }
  std::size_t count() const { return at(stage_.last) + 1; }
  Index last_height() const { return all_.node(stage_.last).shape.height(); }

  Source<T>* source(int id, const std::function<const Tensor<T>&(int)>& stored) {
    if (id >= stage_.first) return windows_[at(id)].get();
    stored_.push_back(std::make_unique<StoredRows<T>>(stored(id)));
    return stored_.back().get();
  }

  // How many rows of each node may be asked for while the stage makes one row of its last: none of
  // them takes the place of another.
  std::vector<Index> rows_kept() const {
    const Index height = last_height();
    std::vector<Index> before(count(), 0), behind(count(), 0), most(count(), 1);
    for (const Sink<T>& sink : sinks_)
      behind[at(sink.id)] = (all_.node(sink.id).shape.height() + height - 1) / height - 1;
    for (int id = stage_.last; id >= stage_.first; --id) {
      const integrad_window w = all_.node(id).made->window;
      const Index extent = integrad_window_extent(w);
      for (int input : all_.node(id).inputs) {
        if (input < stage_.first) continue;
        before[at(input)] = std::max(before[at(input)], before[at(id)] * w.stride + w.pad_before);
        behind[at(input)] =
            std::max(behind[at(input)], behind[at(id)] * w.stride + extent - 1 - w.pad_before);
      }
      most[at(id)] = std::max(before[at(id)] + behind[at(id)] + 1, Index{1});
    }
    return most;
  }

  void write(const Sink<T>& sink, Index image, Index begin, Index end) {
    const Shape& shape = all_.node(sink.id).shape;
    const Index size = row_size(shape);
    for (Index row = begin; row < end; ++row) {
      T* const into = sink.map + (image * shape.height() + row) * size;
      if (const auto& window = windows_[at(sink.id)])
        kernels::copy_row(size, window->row(image, row), into, sink.streams);
      else
        makes_[at(sink.id)](image, row, into);
    }
  }

  Stages& all_;
  Stage stage_;
  const std::vector<Sink<T>>& sinks_;
  std::vector<std::unique_ptr<Source<T>>> windows_, stored_;
  std::vector<Make<T>> makes_;
};

template <class T>
Stages<T>::Stages(std::vector<Node<T>> nodes)
    : nodes_(std::move(nodes)), readers_(nodes_.size()), winners_(nodes_.size()) {
  bool open = false;
  for (int id = 0; id < static_cast<int>(nodes_.size()); ++id) {
    const Node<T>& node = this->node(id);
    for (int input : node.inputs) readers_[static_cast<std::size_t>(input)].push_back(id);
    if (node.made && open && !node.begins_stage)
      stages_.back().last = id;
    else if (node.made)
      stages_.push_back({id, id});
    open = node.made && node.made->window.stride == 1;
  }
}

template <class T>
int Stages<T>::last_reader(int id) const {
  const std::vector<int>& readers = readers_[static_cast<std::size_t>(id)];
  return readers.empty() ? -1 : readers.back();
}

template <class T>
bool Stages<T>::read_within(int id, const Stage& stage) const {
  const std::vector<int>& readers = readers_[static_cast<std::size_t>(id)];
  return !readers.empty() && readers.front() <= stage.last;
}

template <class T>
bool Stages<T>::read_behind(int id, const Stage& stage) const {
  return last_reader(id) > stage.last || id + 1 == static_cast<int>(nodes_.size());
}

template <class T>
std::vector<typename Stages<T>::Result> Stages<T>::run(
    const Stage& stage, Index batch, const std::function<const Tensor<T>&(int)>& stored) {
  std::vector<Sink<T>> sinks;
  std::vector<Result> results;
  for (int id = stage.first; id <= stage.last; ++id) {
    const Node<T>& node = this->node(id);
    if (node.winners_of == id)
      winners_[static_cast<std::size_t>(id)] =
          Tensor<std::uint8_t>::uninitialized({batch * node.shape.height(), node.winner_row});
    if (!read_behind(id, stage)) continue;
    results.push_back({id, Tensor<T>::uninitialized(node.shape.with(0, batch))});
    Tensor<T>& map = results.back().map;
    sinks.push_back(
        {id, map.data(), kernels::streams_past_caches(kernels::Lines::of(map.shape()))});
  }
  // Rows have the same bits whoever makes them, so the bands may follow the threads: a band makes
  // some of its neighbour's rows again.
  const Index height = node(stage.last).shape.height();
  const Index bands = std::clamp<Index>(height / 16, 1, threads() == 1 ? 1 : 2 * threads());
  parallel_chunks(batch * bands, [&](Index chunk) {
    const Index band = chunk % bands;
    Maker(*this, stage, sinks, stored)
        .make(chunk / bands, band * height / bands, (band + 1) * height / bands);
  });
  return results;
}

template class Stages<float>;
template class Stages<std::int8_t>;

}  // namespace integrad::rows

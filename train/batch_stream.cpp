#include "integrad/train/batch_stream.h"

#include <chrono>

#include "integrad/tensor/parallel.h"

namespace integrad {

BatchStream::BatchStream(const TrainConfig& config, std::span<const Sample> samples, Index first)
    : config_(config),
      samples_(samples),
      maker_([this, first](const std::stop_token& stop) { make_all(stop, first); }) {}

Batch BatchStream::next() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return ready_.has_value() || error_ != nullptr; });
  waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!ready_.has_value()) std::rethrow_exception(error_);
  Batch batch = std::move(*ready_);
  ready_.reset();
  changed_.notify_all();
  return batch;
}

bool BatchStream::room(const std::stop_token& stop) {
  std::unique_lock guard(lock_);
  return changed_.wait(guard, stop, [this] { return !ready_.has_value(); }) &&
         !stop.stop_requested();
}

void BatchStream::make_all(const std::stop_token& stop, Index first) {
  const SingleThreaded beside_the_step;
  try {
    const Index images = static_cast<Index>(samples_.size());
    const Index per_epoch = config_.steps_per_epoch(images), end = config_.run_steps(images);
    std::vector<std::uint32_t> order;
    for (Index step = first; step < end && room(stop); ++step) {
      const Index epoch = step / per_epoch;
      if (order.empty() || step % per_epoch == 0) order = epoch_order(config_.seed, epoch, images);
      const auto numbers =
          batches(order, config_.batch_size)[static_cast<std::size_t>(step % per_epoch)];
      Batch batch = make_batch(samples_, numbers, epoch, config_.augmentation, config_.seed);
      const std::lock_guard guard(lock_);
      ready_ = std::move(batch);
      changed_.notify_all();
    }
    fail("the run has no step after step ", end);
  } catch (...) {
    const std::lock_guard guard(lock_);
    error_ = std::current_exception();
    changed_.notify_all();
  }
}

}  // namespace integrad

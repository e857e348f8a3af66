#pragma once
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "integrad/train/config.h"
#include "integrad/train/loader.h"

namespace integrad {

/// The batches of a training run, each made by a thread of its own while the step before it runs.
/// What a batch holds depends on the settings and the number of its step alone (epoch_order(),
/// make_batch()), so when it is made changes no bit. At most one batch waits.
class BatchStream {
 public:
  /// From step `first`, counted over the whole run, to the run's last. The samples must outlive
  /// the stream.
  BatchStream(const TrainConfig& config, std::span<const Sample> samples, Index first = 0);

  /// The next step's batch. Rethrows the Error that making it ended in; there is none after that,
  /// nor after the last step.
  Batch next();
  /// Seconds that next() has waited for batches so far.
  double waited() const { return waited_; }

 private:
  void make_all(const std::stop_token& stop, Index first);
  /// Waits until the last batch is taken; false when the stream ends first.
  bool room(const std::stop_token& stop);

  const TrainConfig config_;
  std::span<const Sample> samples_;
  std::mutex lock_;
  std::condition_variable_any changed_;
  std::optional<Batch> ready_;
  std::exception_ptr error_;
  double waited_ = 0;
  std::jthread maker_;  // the last member: it stops before the others go
};

}  // namespace integrad

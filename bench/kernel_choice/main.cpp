// integrad_kernel_choice: the same row of a convolution, written in several ways, in turn; medians
// of processor time (docs/kernels.md). Needs AVX-512.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "integrad/bench/kernel_choice/tiles.h"
#include "integrad/tensor/isa.h"
#include "integrad/tensor/random.h"

using namespace integrad::bench;

namespace {

constexpr std::int64_t kWidth = 960;
constexpr int kRows = 200, kRounds = 25;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<float> numbers(std::int64_t count, std::uint64_t stream) {
  const integrad::Random random(1, stream);
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(random.uniform(static_cast<std::uint64_t>(i), -1, 1)));
  return values;
}

}  // namespace

int main() {
  const auto sets = integrad::available_isas();
  if (std::find(sets.begin(), sets.end(), integrad::Isa::avx512) == sets.end()) {
    std::fputs("integrad_kernel_choice: this processor has no AVX-512\n", stderr);
    return 1;
  }
  struct Way {
    const char* name;
    RowFunction* run;
    std::vector<double> times = {};
    std::vector<float> y = std::vector<float>(kWidth * kChannels);
  };
  std::vector<Way> ways{{"plain loops", plain_row},
                        {"vector extensions", extension_row},
#ifdef INTEGRAD_HAS_HIGHWAY
                        {"Highway", highway_row},
#endif
                        {"intrinsics", intrinsics_row}};
  const auto x = numbers(3 * (kWidth + 2) * kChannels, 1);
  const auto filter = numbers(9 * kChannels * kChannels, 2);
  for (int round = 0; round < kRounds; ++round)
    for (Way& way : ways) {
      const double start = processor_seconds();
      for (int row = 0; row < kRows; ++row) way.run(kWidth, x.data(), filter.data(), way.y.data());
      way.times.push_back(processor_seconds() - start);
    }
  const double gflop = 2e-9 * 9 * kChannels * kChannels * kWidth * kRows;
  for (Way& way : ways) {
    std::sort(way.times.begin(), way.times.end());
    const bool same =
        std::memcmp(way.y.data(), ways.front().y.data(), way.y.size() * sizeof(float)) == 0;
    std::printf("%-18s %7.1f GFLOP/s  %s\n", way.name, gflop / way.times[way.times.size() / 2],
                same ? "same bits" : "OTHER BITS");
    if (!same) return 1;
  }
}

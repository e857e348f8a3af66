#include "integrad/bench/limits.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <vector>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/simd/unroll.h"
#include "integrad/tensor/parallel.h"

namespace integrad::bench {

namespace {

// Register-sized vectors; inline assembly leaves the compiler no choice of instruction.
template <int bytes>
struct Wide {
  typedef float Vector __attribute__((vector_size(bytes)));
};
using Wide16 = Wide<16>::Vector;

constexpr Index kSteps = 1 << 20;
// Enough independent sums to cover the latency of two units; fewer than the registers.
constexpr int kSums = 12;

#if defined(__x86_64__)
// `text` adds products of %1 and %2 to %0; it may use ymm15.
#define INTEGRAD_PEAK(name, bytes, isa, text)                                                \
  __attribute__((target(isa), noinline)) float name(float start) {                           \
    Wide<bytes>::Vector sum[kSums], factor{}, term{};                                        \
    factor += 0.5f;                                                                          \
    term += start;                                                                           \
    UNROLL for (int i = 0; i < kSums; ++i) sum[i] = term;                                    \
    for (Index step = 0; step < kSteps; ++step)                                              \
      UNROLL for (int i = 0; i < kSums;                                                      \
                  ++i) asm volatile(text : "+v"(sum[i]) : "v"(factor), "v"(term) : "xmm15"); \
    UNROLL for (int i = 1; i < kSums; ++i) sum[0] += sum[i];                                 \
    return sum[0][0];                                                                        \
  }
INTEGRAD_PEAK(peak_avx512, 64, "avx512f,fma", "vfmadd213ps %2, %1, %0")
INTEGRAD_PEAK(peak_avx2, 32, "avx2,fma", "vfmadd213ps %2, %1, %0")
INTEGRAD_PEAK(peak_int8_vnni, 64, "avx512f,avx512vnni", "vpdpbusd %2, %1, %0")
INTEGRAD_PEAK(peak_int8_avx2, 32, "avx2",
              "vpmaddubsw %2, %1, %%ymm15\n\tvpmaddwd %2, %%ymm15, %%ymm15\n\t"
              "vpaddd %%ymm15, %0, %0")
#endif

// What every processor of the architecture has: a multiplication and an addition.
__attribute__((noinline)) float peak_baseline(float start) {
  Wide16 sum[kSums], factor{}, term{};
  factor += 0.5f;
  term += start;
  UNROLL for (int i = 0; i < kSums; ++i) sum[i] = term;
  for (Index step = 0; step < kSteps; ++step) {
    UNROLL for (int i = 0; i < kSums; ++i) sum[i] = sum[i] * factor + term;
    asm volatile("" ::: "memory");
  }
  UNROLL for (int i = 1; i < kSums; ++i) sum[0] += sum[i];
  return sum[0][0];
}

// A loop and the multiply-adds of one of its instructions; no loop where the limit is not known.
struct Peak {
  float (*run)(float);
  int lanes;
};
Peak float_peak() {
#if defined(__x86_64__)
  if (isa() == Isa::avx512) return {peak_avx512, 16};
  if (isa() == Isa::avx2) return {peak_avx2, 8};
#endif
  return {peak_baseline, 4};
}
Peak int8_peak() {
#if defined(__x86_64__)
  if (isa() == Isa::avx512 && __builtin_cpu_supports("avx512vnni")) return {peak_int8_vnni, 64};
  if (isa() != Isa::baseline) return {peak_int8_avx2, 32};
#endif
  return {nullptr, 0};
}

// The best of some runs on all threads, in seconds: a limit is what was reached once.
template <class F>
double best(int runs, int threads, F work) {
  double least = 1e30;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    parallel_chunks(threads, [&](Index thread) { work(thread); });
    least = std::min(
        least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

// For each thread: larger than its share of any cache.
constexpr Index kVectors = (Index{256} << 20) / static_cast<Index>(sizeof(Wide16));

float read(const Wide16* from) {
  Wide16 sum[4]{};
  for (Index i = 0; i < kVectors; i += 4) UNROLL for (int k = 0; k < 4; ++k) sum[k] += from[i + k];
  return (sum[0] + sum[1] + sum[2] + sum[3])[0];
}

void write(Wide16* to, float value) {
  const Wide16 values = Wide16{} + value;
  for (Index i = 0; i < kVectors; ++i) {
    to[i] = values;
    asm volatile("" ::: "memory");  // no call of memset, which chooses its own stores
  }
}

void stream(Wide16* to, float value) {
#if defined(__x86_64__)
  const Wide16 values = Wide16{} + value;
  for (Index i = 0; i < kVectors; ++i) asm volatile("movntps %1, %0" : "=m"(to[i]) : "x"(values));
  asm volatile("sfence" ::: "memory");
#else
  write(to, value);
#endif
}

Limits measure(int threads) {
  const int before = integrad::threads();
  set_threads(threads);
  Limits result{};
  result.threads = threads;
  std::atomic<float> sink = 0;                     // so that nothing is left out
  const auto operations = [&](const Peak& peak) {  // 1e9 a second
    if (peak.run == nullptr) return 0.0;
    return 2e-9 * static_cast<double>(kSteps) * kSums * peak.lanes * threads /
           best(30, threads, [&](Index) { sink = peak.run(0.25f); });
  };
  result.gflops = operations(float_peak());
  result.int8_gops = operations(int8_peak());
  std::vector<Buffer<Wide16>> buffers;
  for (int i = 0; i < threads; ++i)
    buffers.push_back(Buffer<Wide16>::uninitialized(static_cast<std::size_t>(kVectors)));
  const auto at = [&](Index thread) { return buffers[static_cast<std::size_t>(thread)].data(); };
  const double gigabytes = 1e-9 * sizeof(Wide16) * static_cast<double>(kVectors) * threads;
  result.write_gbs = gigabytes / best(8, threads, [&](Index i) { write(at(i), 1); });
  result.stream_gbs = gigabytes / best(8, threads, [&](Index i) { stream(at(i), 1); });
  result.read_gbs = gigabytes / best(8, threads, [&](Index i) { sink = read(at(i)); });
  set_threads(before);
  return result;
}

}  // namespace

double Limits::seconds(const OperatorCost& cost, double giga_operations) const {
  const double memory = cost.bytes_read / read_gbs + cost.bytes_written / stream_gbs;
  return 1e-9 * std::max(cost.flop / giga_operations, memory);
}

const Limits& limits(int threads) {
  static std::map<int, Limits> known;
  const auto found = known.find(threads);
  return found != known.end() ? found->second
                              : known.emplace(threads, measure(threads)).first->second;
}

}  // namespace integrad::bench

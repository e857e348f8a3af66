#include "integrad/tensor/isa.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr int kUnset = -1;
std::atomic<int> g_isa{kUnset};

bool available(Isa isa) {
  const std::vector<Isa> all = available_isas();
  return std::find(all.begin(), all.end(), isa) != all.end();
}

Isa choose() {
  const char* forced = std::getenv("INTEGRAD_ISA");
  if (forced == nullptr || *forced == '\0') return available_isas().back();
  const Isa isa = parse_isa(forced);
  require(available(isa), "INTEGRAD_ISA=", forced, ": this processor or build does not offer it");
  return isa;
}

}  // namespace

std::vector<Isa> available_isas() {
  std::vector<Isa> all{Isa::baseline};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(Isa::avx2);
  if (all.size() == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    all.push_back(Isa::avx512);
#endif
  return all;
}

Isa isa() {
  int current = g_isa.load(std::memory_order_relaxed);
  if (current == kUnset) {
    current = static_cast<int>(choose());
    g_isa.store(current, std::memory_order_relaxed);
  }
  return static_cast<Isa>(current);
}

void set_isa(Isa isa) {
  require(available(isa), "this processor or build does not offer the instruction set ", name(isa));
  g_isa.store(static_cast<int>(isa), std::memory_order_relaxed);
}

std::string_view name(Isa isa) {
  return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : "baseline";
}

Isa parse_isa(std::string_view text) {
  for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512})
    if (text == name(isa)) return isa;
  fail("an instruction set is one of avx512, avx2, baseline; got '", text, "'");
}

}  // namespace integrad

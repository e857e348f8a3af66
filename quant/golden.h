#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "integrad/quant/c/arith.h"
#include "integrad/tensor/shape.h"

namespace integrad {

/// The first place where this library and a recorded kernel disagree.
struct GoldenDifference {
  std::string case_name;
  std::string what;  // the tensor or derived quantity, and the rounding
  Index position;    // element of the tensor, C order
  std::string expected, actual;
};

/// A case, or part of one, that lies outside this library's contract, and why.
struct GoldenRefusal {
  std::string case_name, reason;
};

struct GoldenOperatorReport {
  std::string op;
  Index cases = 0;
  Index compared_bytes = 0;  // output bytes, over all roundings that were run
  Index differences = 0;     // output elements that differ
  Index host_bytes = 0;      // of these, computed by the kernels of quant/kernels
  Index derivations = 0;     // multipliers, shifts and limits recomputed from stored scales
  Index derivation_differences = 0;
  std::vector<GoldenRefusal> refusals;
  std::optional<GoldenDifference> first_difference;
};

struct GoldenReport {
  std::vector<GoldenOperatorReport> operators;  // by name

  Index cases() const;
  Index compared_bytes() const;
  /// Outputs and derivations together; 0 means bit-exact.
  Index differences() const;
  Index refusals() const;
};

/// Which kernels compute a case: those of quant/c; those of quant/c/dsp, which know convolution,
/// depthwise convolution, addition and max pooling (the other operators are left out); or, where
/// they handle it, those in vector registers of the instruction set in use (isa.h).
enum class GoldenKernels { portable, dsp, host };

/// Runs every case of every `<op>.idx` in `directory` through the kernels, in one rounding or
/// (without a value) in both, and compares all outputs with the recorded ones. Throws Error when
/// there is no index, an index names an operator that is not known, or a file is broken (file and
/// line are named).
GoldenReport run_golden(const std::filesystem::path& directory,
                        std::optional<integrad_rounding> rounding = std::nullopt,
                        GoldenKernels kernels = GoldenKernels::portable);

/// The report as text: one line per operator, then the totals.
std::string to_string(const GoldenReport& report);

}  // namespace integrad

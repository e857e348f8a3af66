#pragma once
#include <string_view>
#include <vector>

namespace integrad {

/// Instruction sets that kernels are compiled for. All give the same bits; they differ in speed.
/// `baseline` is what every processor of the architecture has (x86-64: SSE2, aarch64: NEON).
enum class Isa { baseline, avx2, avx512 };

/// The set in use: the best that this processor has, unless INTEGRAD_ISA=avx512|avx2|baseline or
/// set_isa says otherwise. Throws Error when INTEGRAD_ISA names none or one that is not available.
Isa isa();
/// Throws Error when the processor, or the build, lacks it. Not while kernels run.
void set_isa(Isa isa);
/// What this processor and build offer, slowest first; never empty.
std::vector<Isa> available_isas();

std::string_view name(Isa isa);
/// Throws Error for an unknown name.
Isa parse_isa(std::string_view name);

}  // namespace integrad

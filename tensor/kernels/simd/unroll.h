#pragma once

// Loops over registers must unroll entirely, or the registers become memory.
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif
#define ALWAYS_INLINE [[maybe_unused]] inline __attribute__((always_inline))
#define ALWAYS_INLINE_LAMBDA __attribute__((always_inline))
// Inside a large function the compiler no longer finds a register for every sum of a loop.
#define NEVER_INLINE __attribute__((noinline))

#pragma once
#include "integrad/tensor/shape.h"

/// What depends on the caches of the machine: speed alone, never a result.
namespace integrad::kernels {

/// Bytes of the first cache for data, 0 where nobody says.
Index first_cache();
/// Bytes of a map, made alone, from which on it is better written past the caches: what reads a
/// smaller one next may find it in the last cache. 32 MB; 8 on AMD's processors, whose cores share
/// a small part of it: 1x1 layers that write 15 and 29 MB take a tenth less time there (Zen 4).
Index large_alone();

}  // namespace integrad::kernels

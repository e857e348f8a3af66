#include "integrad/quant/kernels/simd/int8_kernels.h"

#include "integrad/tensor/isa.h"

namespace integrad::kernels::int8 {

const Int8Kernels* int8_kernels() {
#if defined(__x86_64__)
  static const bool vnni = __builtin_cpu_supports("avx512vnni") != 0;
  switch (isa()) {
    case Isa::avx512:
      return vnni ? &avx512vnni::kInt8Kernels : &avx2::kInt8Kernels;
    case Isa::avx2:
      return &avx2::kInt8Kernels;
    case Isa::baseline:
      break;
  }
#endif
  return nullptr;
}

}  // namespace integrad::kernels::int8

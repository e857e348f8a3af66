#include "integrad/tensor/kernels/simd/float_kernels.h"

#include "integrad/tensor/isa.h"

namespace integrad::kernels {

const FloatKernels& float_kernels() {
#if defined(__x86_64__)
  switch (isa()) {
    case Isa::avx512:
      return avx512::kFloatKernels;
    case Isa::avx2:
      return avx2::kFloatKernels;
    case Isa::baseline:
      break;
  }
#endif
  return baseline::kFloatKernels;
}

}  // namespace integrad::kernels

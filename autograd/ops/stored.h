#pragma once
#include "integrad/autograd/tape.h"
#include "integrad/tensor/kernels/mapped.h"

namespace integrad {

/// Calls use(mapped) with x as memory holds it and the map that is left to its reader: for kernels
/// that apply it to the rows they read (kernels::Mapped).
template <class T, class Use>
void with_stored(const Tape<T>& tape, Var x, Use&& use) {
  const ChannelMapping<T>* const mapping = tape.map(x);
  const kernels::ChannelMap<T> map =
      mapping == nullptr ? kernels::ChannelMap<T>{} : mapping->view();
  use(kernels::Mapped<T>{tape.stored(x).data(), mapping == nullptr ? nullptr : &map});
}

}  // namespace integrad

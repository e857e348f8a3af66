#pragma once
#include <ostream>
#include <string>

#include "integrad/quant/c_call.h"

namespace integrad {

/// Prints what the CMSIS-NN function of node `id` is told: dimensions, parameters, tables.
void print_cmsis_constants(const QGraph& program, int id, std::ostream& out);

struct CmsisCall {
  std::string size;         ///< asks for the scratch that the call wants, in bytes; empty: none
  std::string function;     ///< the call
  std::string before = {};  ///< a call on Helium alone that fills the scratch; empty: none
  std::string reversed_size = {};  ///< as `size`, for the turned filter; empty: none
  bool has_status = true;          ///< whether the call's value is a status
};

/// The call of node `id` on whole maps. Their contexts are the
/// variables `scratch` and, for a turned filter, `reversed`.
CmsisCall cmsis_call(const QGraph& program, int id, const CallPlaces& places);

}  // namespace integrad

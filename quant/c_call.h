#pragma once
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "integrad/quant/qgraph.h"

namespace integrad {

/// Where the rows begin .. end - 1 of one step's result come from and go to, as C expressions.
struct CallPlaces {
  std::vector<std::string> rows;   ///< per input: the rows it has, an integrad_rows
  std::vector<std::string> codes;  ///< per input: pointer to its codes from row `begin` on, or to
                                   ///< all for an operation that reads its input whole
  std::string winner_rows;         ///< an unpool's winners, an integrad_winner_rows
  std::string winners;             ///< where a pool's winners go from row `begin` on, or NULL
  std::string output;              ///< pointer to the place of row `begin`
  std::string begin, end;          ///< rows
  std::string count;               ///< codes of these rows
};

/// Prints the constants of node `id`: its tables and its attribute struct, layer_<id>. `headers`
/// gains the kernel's header.
void print_constants(const QGraph& program, int id, std::ostream& out,
                     std::set<std::string>& headers);

/// The statement that calls the kernel of node `id`.
std::string kernel_call(const QGraph& program, int id, const CallPlaces& places);

}  // namespace integrad

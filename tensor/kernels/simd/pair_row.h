#pragma once

namespace integrad::kernels {

/// Of rows that are computed in pairs (winograd.h): whether a row is its pair's lower one, and
/// whether scratch holds what the upper one left for it.
struct PairRow {
  bool lower = false, held = false;
};

}  // namespace integrad::kernels

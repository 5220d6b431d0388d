// Where keys are that are not all kept: lattices of positions, each in rows that follow each other.
// Layer: lattice.
#pragma once

#include <algorithm>
#include <span>

#include "lattice.hpp"

namespace tartan {

/// The keys at `positions` are in rows first_row, first_row + 1, ... of a matrix.
struct KvRun {
  Lattice positions;
  Index first_row = 0;

  constexpr bool operator==(const KvRun&) const = default;
};

namespace detail {

/// The rows of keys that one of the runs has; where there are no runs, rows are positions.
/// Precondition: `keys` lie in one run, and runs share no position.
constexpr Lattice rows_of_keys(std::span<const KvRun> runs, const Lattice& keys) {
  for (const KvRun& run : runs) {
    if (!run.positions.contains(keys.start)) continue;
    return {run.first_row + (keys.start - run.positions.start) / run.positions.step,
            max(1, keys.step / run.positions.step), keys.count};
  }
  return keys;
}

}  // namespace detail
}  // namespace tartan

// Which positions a cache keeps, and where: a few lattices of positions, each in rows that follow
// each other. Layer: cache.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "../lattice/kv_run.hpp"

namespace tartan {

/// The keys at `positions` are in rows row, row + step, ... of a cache's storage.
struct KvPiece {
  Lattice positions;
  Index row = 0;
  Index step = 1;

  constexpr bool operator==(const KvPiece&) const = default;
};

namespace detail {

inline Index kept_positions(const std::vector<KvRun>& runs) {
  Index count = 0;
  for (const KvRun& run : runs) count += run.positions.count;
  return count;
}

/// What the runs have of the wanted positions, piece by piece: visit(piece).
template <class Visit>
void visit_pieces(const std::vector<KvRun>& runs, const Lattice& wanted, Visit&& visit) {
  for (const KvRun& run : runs) {
    const Lattice& kept = run.positions;
    if (kept.start >= wanted.end() || kept.end() <= wanted.start) continue;
    const Lattice both = intersect(kept, wanted);
    if (both.empty()) continue;
    visit(KvPiece{both, run.first_row + (both.start - kept.start) / kept.step,
                  both.count > 1 ? both.step / kept.step : 1});
  }
}

/// The first of the wanted positions that no run has; wanted.end() where there is none. Cost: that
/// of visit_pieces, and more only where one is missing.
inline Index first_missing(const std::vector<KvRun>& runs, const Lattice& wanted) {
  Index count = 0;
  visit_pieces(runs, wanted, [&](const KvPiece& piece) { count += piece.positions.count; });
  if (count == max(0, wanted.count)) return wanted.end();
  for (Index t = 0; t < wanted.count; ++t) {
    const Index p = wanted[t];
    if (std::none_of(runs.begin(), runs.end(),
                     [p](const KvRun& run) { return run.positions.contains(p); })) {
      return p;
    }
  }
  return wanted.end();
}

/// Runs with those of the needed positions that the given runs have, in rows from 0 on. (What is
/// needed is a subset but for what bands leave open, which may differ from one call to the next.)
inline std::vector<KvRun> runs_within(const std::vector<KvRun>& runs,
                                      const std::vector<Lattice>& needed) {
  std::vector<KvRun> kept;
  Index rows = 0;
  const auto keep = [&](const Lattice& positions) {
    kept.push_back({positions, rows});
    rows += positions.count;
  };
  for (const Lattice& wanted : needed) {
    if (wanted.empty()) continue;
    if (first_missing(runs, wanted) == wanted.end()) {
      keep(wanted);
    } else {
      visit_pieces(runs, wanted, [&](const KvPiece& piece) { keep(piece.positions); });
    }
  }
  return kept;
}

}  // namespace detail

/// Calls visit(piece) for pieces with all of the wanted positions, each in one of them: at most one
/// for each run, in the runs' order. Throws std::invalid_argument, before the first visit, where
/// one is not there: forgotten, or never appended. Cost: a few integers for each run.
///
///     // Positions 0 to 3 and 91 to 99 are kept; 93, 96 and 99 are wanted.
///     for_each_piece({{{0, 1, 4}, 0}, {{91, 1, 9}, 4}}, {93, 3, 3}, visit);    // row 6, step 3
template <class Visit>
void for_each_piece(const std::vector<KvRun>& runs, const Lattice& wanted, Visit&& visit) {
  if (wanted.empty()) return;
  const Index missing = detail::first_missing(runs, wanted);
  if (missing != wanted.end()) {
    const Index last = runs.empty() ? -1 : runs.back().positions.end() - 1;
    throw std::invalid_argument(
        "tartan: decode: the pattern attends position " + std::to_string(missing) +
        (missing > last ? ", which has not been appended to the cache, got positions up to " +
                              std::to_string(last)
                        : ", which the cache has forgotten (make it for the same pattern, and ask "
                          "only for rows at the end)"));
  }
  detail::visit_pieces(runs, wanted, visit);
}

}  // namespace tartan

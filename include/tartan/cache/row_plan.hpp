// What one query row reads of a cache: its keys as runs of rows in memory. Layer: cache.
#pragma once

#include <functional>
#include <vector>

#include "../schedules/schedule.hpp"
#include "runs.hpp"

namespace tartan::detail {

/// Keys of one row that lie evenly spaced in a cache; with a filter, those that it keeps.
struct RowKeysInCache {
  KvPiece piece;
  std::function<bool(Index, Index)> keep;  ///< empty: all
};

/// The keys that the pattern has for the row at position i, of a cache with tokens up to `next`.
/// Throws std::invalid_argument where the cache has forgotten one.
template <Pattern P>
std::vector<RowKeysInCache> keys_of_row(const P& pattern, Index i, Index next,
                                        const std::vector<KvRun>& runs) {
  std::vector<RowKeysInCache> keys;
  for_each_band(pattern, Extent{i, i + 1, next},
                [&]<class Keep>(const Band& band, const Keep& keep) {
                  const KeyRun run = band.keys_of(i);
                  if (run.count() == 0) return;
                  const Lattice wanted{band.keys[run.first], run.count() > 1 ? band.keys.step : 1,
                                       run.count()};
                  for_each_piece(runs, wanted, [&](const KvPiece& piece) {
                    keys.push_back({piece, nullptr});
                    if constexpr (!std::same_as<Keep, KeepAll>) keys.back().keep = keep;
                  });
                });
  return keys;
}

/// The pattern, with each band cut at the ends of a cache's runs, so that its keys lie evenly
/// spaced in memory.
template <Pattern P>
class PatternInCache {
 public:
  PatternInCache(const P& pattern, const std::vector<KvRun>& runs)
      : pattern_(&pattern), runs_(&runs) {}

  bool contains(Index i, Index j) const { return pattern_->contains(i, j); }

  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    for_each_band(*pattern_, extent, [&](const Band& band, const auto& keep) {
      visit_pieces(*runs_, band.keys, [&](const KvPiece& piece) {
        visit(Band{band.rows, piece.positions, band.lower, band.upper}, keep);
      });
    });
  }

 private:
  const P* pattern_;
  const std::vector<KvRun>* runs_;
};

/// Throws std::invalid_argument where one of the rows at positions [first, next) has a key that the
/// cache has forgotten.
template <Pattern P>
void check_rows(const P& pattern, Index first, Index next, const std::vector<KvRun>& runs) {
  if (runs.size() == 1 && runs[0].positions.count == next) return;  // nothing is forgotten
  for_each_band(pattern, Extent{first, next, next}, [&](const Band& band, const auto&) {
    for (Index r = 0; r < band.rows.count; ++r) {
      const KeyRun run = band.keys_of(band.rows[r]);
      if (run.count() == 0) continue;
      for_each_piece(runs, {band.keys[run.first], band.keys.step, run.count()},
                     [](const KvPiece&) {});
    }
  });
}

}  // namespace tartan::detail

// Which keys the rows from a position on can see, and which may be forgotten: read off the bands.
// Layer: cache.
#pragma once

#include "../lattice/disjoint.hpp"
#include "../patterns/parameter.hpp"
#include "../patterns/pattern.hpp"

namespace tartan::detail {

/// Bands and lattices of keys up to which it pays to tell what is needed; beyond, all is kept.
inline constexpr Index most_needed_bands = 4096;
inline constexpr std::size_t most_kept_runs = 1024;

/// Rows so far on stand for all that will ever come; sums of a few such are still an Index.
inline constexpr Index horizon = largest_position / 2;

/// The keys of the band that one of its rows sees; where rows lie further apart than the band is
/// wide, those between two such as well.
constexpr Lattice keys_seen(const Band& band) {
  const Lattice& rows = band.rows;
  const Index low = band.lower.offset == -Bound::far ? 0 : band.lower(rows.start);
  const Index high =
      band.upper.offset == Bound::far ? band.keys.end() : band.upper(rows.end() - 1) + 1;
  return band.keys.within(low, high);
}

/// The keys before position `first` that a row at `first` or after it sees, and perhaps a few more:
/// disjoint lattices in order of their starts. A band with a filter counts whole, and a pattern of
/// very many bands, or without any, needs all keys. Cost: a walk of the bands from `first` on.
///
///     needed_keys(Sinks<4>{} | Window<9, 0>{}, 100)    // {{0, 1, 4}, {91, 1, 9}}
template <Pattern P>
std::vector<Lattice> needed_keys(const P& pattern, Index first) {
  struct TooMany {};
  std::vector<Lattice> seen;
  Index bands = 0;
  try {
    for_each_band(pattern, Extent{first, first + horizon, first},
                  [&](const Band& band, const auto&) {
                    if (++bands > most_needed_bands) throw TooMany{};
                    seen.push_back(keys_seen(band));
                  });
  } catch (const TooMany&) {
    return {Lattice::range(0, first)};
  }
  auto apart = disjoint(std::move(seen), most_kept_runs);
  return apart ? *std::move(apart) : std::vector<Lattice>{Lattice::range(0, first)};
}

}  // namespace tartan::detail

// How many pairs a pattern holds: exact, and with no mask in memory. Layer: queries.
#pragma once

#include <concepts>

#include "pairs.hpp"

namespace tartan {
namespace detail {

/// The sum of floor((step * t + add) / divisor) over t in [0, n), in Euclid's O(log) steps: whole
/// parts are summed at once, and the lattice points left under the line are counted along the
/// other axis. Precondition: step, add >= 0 and divisor >= 1, or n == 0.
constexpr Index floor_sum(Index n, Index step, Index add, Index divisor) {
  Index sum = 0;
  while (n > 0) {
    sum += step / divisor * (n * (n - 1) / 2) + add / divisor * n;
    step %= divisor;
    add %= divisor;
    const Index top = step * n + add;
    n = top / divisor;
    add = top % divisor;
    const Index swapped = step;
    step = divisor;
    divisor = swapped;
  }
  return sum;
}

/// The sum over all rows i of the number of keys at positions < i + offset.
constexpr Index keys_before(const Lattice& rows, const Lattice& keys, Index offset) {
  const Index see_some = keys.start + 1 - offset;
  const Index see_all = keys.end() - offset;
  const Lattice some = rows.within(see_some, see_all);
  const Lattice all = rows.within(see_all, rows.end());
  return floor_sum(some.count, rows.step, some.start - see_some + keys.step, keys.step) +
         all.count * keys.count;
}

/// The pairs of the band that `keep` keeps. A band without a filter takes O(log) steps.
template <class Keep>
constexpr Index count_pairs(const Band& band, const Keep& keep) {
  if (band.empty()) return 0;
  if constexpr (std::same_as<Keep, KeepAll>) {
    return keys_before(band.rows, band.keys, band.upper.offset + 1) -
           keys_before(band.rows, band.keys, band.lower.offset);
  } else {
    Index kept = 0;
    for_each_pair(band, keep, [&](Index, Index) { ++kept; });
    return kept;
  }
}

}  // namespace detail

/// The number of pairs (i, j) of the pattern with 0 <= i < n and 0 <= j < m, exact.
/// Cost: O(log) for each band, whatever n and m; a band with a filter (contains() alone, irregular
/// crossings) is walked pair by pair. Throws std::invalid_argument where a size is negative.
///
/// Precondition: n * m < 2^63.
///
///     static_assert(count(Local<3>{}, 4, 4) == 10);
///     constexpr auto mask = Local<256>{} | Strided<256>{};
///     std::cout << count(mask, 65536, 65536);
///     // 33537920
template <Pattern P>
constexpr Index count(const P& pattern, Index n, Index m) {
  detail::check_sizes("count", n, m);
  Index pairs = 0;
  for_each_band(pattern, Extent{0, n, m}, [&](const Band& band, const auto& keep) {
    pairs += detail::count_pairs(band, keep);
  });
  return pairs;
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
constexpr Index count(const P& pattern, Index n) {
  return count(pattern, n, n);
}

/// The share of all n * m pairs that the pattern holds, in [0, 1]; 0 where there are none.
/// Cost and errors as of count.
///
///     static_assert(density(Columns<4>{}, 100, 100) == 0.25);
///     static_assert(density(Dense{}, 0, 7) == 0);
///     std::cout << density(Causal{}, 32, 32);
///     // 0.515625
template <Pattern P>
constexpr double density(const P& pattern, Index n, Index m) {
  detail::check_sizes("density", n, m);
  if (n == 0 || m == 0) return 0;
  return static_cast<double>(count(pattern, n, m)) /
         (static_cast<double>(n) * static_cast<double>(m));
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
constexpr double density(const P& pattern, Index n) {
  return density(pattern, n, n);
}

}  // namespace tartan

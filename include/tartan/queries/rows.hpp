// What rows see: how many keys, whether any, and whether the future. Layer: queries.
#pragma once

#include "count.hpp"

namespace tartan {

/// The number of keys in [0, m) that the query at position i sees. Cost: O(log) for each band that
/// has the row.
///
///     static_assert(row_count(Local<3>{}, 0, 10) == 2);
template <Pattern P>
constexpr Index row_count(const P& pattern, Index i, Index m) {
  detail::check_sizes("row_count", 0, m);
  Index keys = 0;
  for_each_band(pattern, Extent{i, i + 1, m}, [&](const Band& band, const auto& keep) {
    keys += detail::count_pairs(band, keep);
  });
  return keys;
}

/// True where one of the rows [0, n) sees none of the keys [0, m). Cost: that of row_count, for
/// each row. Throws std::invalid_argument where a size is negative.
///
///     static_assert(has_empty_rows(Causal{} & SummaryColumns<8, 3>{}, 100, 100));
template <Pattern P>
constexpr bool has_empty_rows(const P& pattern, Index n, Index m) {
  detail::check_sizes("has_empty_rows", n, m);
  for (Index i = 0; i < n; ++i) {
    if (row_count(pattern, i, m) == 0) return true;
  }
  return false;
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
constexpr bool has_empty_rows(const P& pattern, Index n) {
  return has_empty_rows(pattern, n, n);
}

/// True where none of the rows [0, n) sees a key after itself among [0, m). Cost: O(log) for each
/// band; a band with a filter is walked. Throws std::invalid_argument where a size is negative.
///
///     static_assert(is_causal(Fixed<128, 8>{}, 4096, 4096) && !is_causal(Local<3>{}, 2, 2));
template <Pattern P>
constexpr bool is_causal(const P& pattern, Index n, Index m) {
  detail::check_sizes("is_causal", n, m);
  bool causal = true;
  for_each_band(pattern, Extent{0, n, m}, [&](Band band, const auto& keep) {
    if (!causal) return;
    band.lower = Bound{detail::max(1, band.lower.offset)};
    causal = band.upper.offset < 1 || detail::count_pairs(band, keep) == 0;
  });
  return causal;
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
constexpr bool is_causal(const P& pattern, Index n) {
  return is_causal(pattern, n, n);
}

}  // namespace tartan

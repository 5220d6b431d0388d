// What all queries share: the sizes' check, and a walk over the pairs of a band. Layer: queries.
#pragma once

#include <stdexcept>
#include <string>

#include "../patterns/pattern.hpp"

namespace tartan::detail {

constexpr void check_sizes(const char* query, Index n, Index m, const char* n_name = "n",
                           const char* m_name = "m") {
  if (n < 0 || m < 0) {
    throw std::invalid_argument(std::string("tartan: ") + query + ": " + n_name + " and " + m_name +
                                " must be >= 0, got " + n_name + " = " + std::to_string(n) +
                                " and " + m_name + " = " + std::to_string(m));
  }
}

/// Calls visit(i, j) for each pair of the band that `keep` keeps, row by row, once each.
template <class Keep, class Visit>
constexpr void for_each_pair(const Band& band, const Keep& keep, Visit&& visit) {
  for (Index t = 0; t < band.rows.count; ++t) {
    const Index i = band.rows[t];
    const KeyRun run = band.keys_of(i);
    for (Index u = run.first; u <= run.last; ++u) {
      const Index j = band.keys[u];
      if (keep(i, j)) visit(i, j);
    }
  }
}

/// Calls visit(i, j) for each pair of the pattern within the extent, band by band, once each.
template <Pattern P, class Visit>
constexpr void for_each_pair(const P& pattern, const Extent& extent, Visit&& visit) {
  for_each_band(pattern, extent,
                [&](const Band& band, const auto& keep) { for_each_pair(band, keep, visit); });
}

}  // namespace tartan::detail

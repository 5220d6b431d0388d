// The laws of a pattern's bands. check_laws(pattern) in a test case checks them all, for the
// library's patterns and for anyone's own.
#pragma once

#include <string>
#include <tartan/queries/count.hpp>
#include <tartan/queries/mask.hpp>
#include <utility>
#include <vector>

#include "any_pattern.hpp"
#include "catch.hpp"
#include "random.hpp"

namespace tartan::test {

inline std::string text(const Extent& e) {
  return "rows [" + std::to_string(e.row_begin) + ", " + std::to_string(e.row_end) + "), " +
         std::to_string(e.key_end) + " keys";
}

inline std::string text(const Lattice& l) {
  return std::to_string(l.start) + "+" + std::to_string(l.step) + "*" + std::to_string(l.count);
}

inline std::string text(const Band& b) {
  return "band of rows " + text(b.rows) + ", keys " + text(b.keys) + ", offsets " +
         std::to_string(b.lower.offset) + " to " + std::to_string(b.upper.offset);
}

/// How often each pair of an extent has been seen.
class Tally {
 public:
  explicit Tally(const Extent& extent)
      : extent_(extent),
        times_(static_cast<std::size_t>(extent.rows().count * extent.keys().count), 0) {}

  int& at(Index i, Index j) {
    return times_[static_cast<std::size_t>((i - extent_.row_begin) * extent_.key_end + j)];
  }
  /// Adds the pairs of a band, by its lattices and bounds; says what is wrong with it, or "".
  std::string add(const Band& band, const Filter* keep) {
    if (band.empty()) return "an empty band is visited";
    if (band.rows.start < extent_.row_begin || band.rows.end() > extent_.row_end ||
        band.keys.start < 0 || band.keys.end() > extent_.key_end) {
      return "a band is outside of the extent";
    }
    KeyRun before{0, -Bound::far};
    for (Index t = 0; t < band.rows.count; ++t) {
      const Index i = band.rows[t];
      const KeyRun run = band.keys_of(i);
      if (run.first < before.first || run.last < before.last) return "bounds are not monotone";
      before = run;
      for (Index u = 0; u < band.keys.count; ++u) {
        const bool inside = band.contains(i, band.keys[u]);
        if (inside != (run.first <= u && u <= run.last)) return "keys_of is not contains";
        if (inside && (keep == nullptr || (*keep)(i, band.keys[u]))) ++at(i, band.keys[u]);
      }
    }
    return "";
  }

 private:
  Extent extent_;
  std::vector<int> times_;
};

/// The first law that the pattern's bands break in the extent, in words; "" where they keep all.
inline std::string broken_law(const AnyPattern& pattern, const Extent& extent) {
  Tally tally(extent);
  std::string broken;
  visit_bands(pattern, extent, [&](const Band& band, const Filter* keep) {
    const std::string found = tally.add(band, keep);
    if (broken.empty() && !found.empty()) broken = found + ": " + text(band);
  });
  for (Index i = extent.row_begin; i < extent.row_end && broken.empty(); ++i) {
    for (Index j = 0; j < extent.key_end && broken.empty(); ++j) {
      const int times = tally.at(i, j);
      const std::string pair = "(" + std::to_string(i) + ", " + std::to_string(j) + ")";
      if (times > 1) broken = "in several bands: " + pair;
      if (times == 0 && pattern.contains(i, j)) broken = "in no band: " + pair;
      if (times == 1 && !pattern.contains(i, j)) broken = "in a band only: " + pair;
    }
  }
  return broken.empty() ? "" : broken + " in " + text(extent);
}

/// The queries on n×m against contains(): the first that differs, in words, or "".
inline std::string broken_query(const AnyPattern& pattern, Index n, Index m) {
  const auto mask = mask_matrix(pattern, n, m);
  Index pairs = 0;
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < m; ++j) {
      pairs += pattern.contains(i, j);
      if (mask(i, j) != pattern.contains(i, j)) return "mask_matrix differs from contains";
    }
  }
  const Index counted = count(pattern, n, m);
  if (counted == pairs) return "";
  return "count is " + std::to_string(counted) + ", of " + std::to_string(pairs) + " pairs";
}

/// Corners, then random ones: no rows or keys, one of them, far offsets, rows before position 0.
inline std::vector<Extent> law_extents(int random_ones) {
  std::vector<Extent> extents = {{0, 0, 0},   {0, 0, 5},  {0, 5, 0},   {0, 1, 1},
                                 {7, 8, 12},  {-3, 4, 1}, {-9, 0, 10}, {1000, 1009, 20},
                                 {0, 24, 24}, {0, 17, 31}};
  Random random(1);
  for (int k = 0; k < random_ones; ++k) extents.push_back(random.extent());
  return extents;
}

/// Checks that the bands hold exactly the pairs of contains(), none twice, with monotone bounds,
/// inside of the extent; and that the queries agree.
template <Pattern P>
void check_laws(const P& own, int random_extents = 40) {
  const AnyPattern& pattern = any(own);
  for (const Extent& extent : law_extents(random_extents)) {
    CHECK(broken_law(pattern, extent) == "");
    if (extent.row_begin == 0) CHECK(broken_query(pattern, extent.row_end, extent.key_end) == "");
  }
}

/// The bands that need a filter, and so leave the fast path.
inline int filtered_bands(const AnyPattern& pattern, const Extent& extent) {
  int filtered = 0;
  visit_bands(pattern, extent,
              [&](const Band&, const Filter* keep) { filtered += keep != nullptr; });
  return filtered;
}

/// Checks that no band has a filter, in any extent.
template <Pattern P>
void check_regular(const P& own) {
  const AnyPattern& pattern = any(own);
  for (const Extent& extent : law_extents(40)) {
    INFO(text(extent));
    CHECK(filtered_bands(pattern, extent) == 0);
  }
}

inline std::vector<std::pair<Band, bool>> bands_of(const AnyPattern& pattern,
                                                   const Extent& extent) {
  std::vector<std::pair<Band, bool>> bands;
  visit_bands(pattern, extent, [&](const Band& band, const Filter* keep) {
    bands.emplace_back(band, keep != nullptr);
  });
  return bands;
}

/// Checks that two patterns visit the same bands in the same order, as a static parameter and the
/// same value at run time must.
template <Pattern A, Pattern B>
void check_twins(const A& own_a, const B& own_b) {
  const AnyPattern &a = any(own_a), &b = any(own_b);
  for (const Extent& extent : law_extents(10)) {
    INFO(text(extent));
    const bool same = bands_of(a, extent) == bands_of(b, extent);
    CHECK(same);
    for (Index i = extent.row_begin; i < extent.row_end; ++i) {
      for (Index j = 0; j < extent.key_end; ++j) {
        if (a.contains(i, j) != b.contains(i, j)) FAIL("contains differs at " << i << ", " << j);
      }
    }
  }
}

}  // namespace tartan::test

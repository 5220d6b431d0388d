// Patterns as a user would write them, and all of the library's to combine them with.
#pragma once

#include <tartan/algebra/difference.hpp>
#include <tartan/algebra/intersection.hpp>
#include <tartan/algebra/union.hpp>
#include <tartan/patterns/block_layout.hpp>
#include <tartan/patterns/causal.hpp>
#include <tartan/patterns/columns.hpp>
#include <tartan/patterns/dense.hpp>
#include <tartan/patterns/dilated.hpp>
#include <tartan/patterns/documents.hpp>
#include <tartan/patterns/fixed.hpp>
#include <tartan/patterns/global_tokens.hpp>
#include <tartan/patterns/local.hpp>
#include <tartan/patterns/neighborhood.hpp>
#include <tartan/patterns/own_block.hpp>
#include <tartan/patterns/prefix_lm.hpp>
#include <tartan/patterns/sinks.hpp>
#include <tartan/patterns/strided.hpp>
#include <tartan/patterns/summary_columns.hpp>
#include <tartan/patterns/window.hpp>

namespace user {

/// Its definition and nothing else: i + j is a multiple of 3.
struct Antidiagonals {
  constexpr bool contains(tartan::Index i, tartan::Index j) const { return (i + j) % 3 == 0; }
};

/// No pair at all.
struct Nothing {
  constexpr bool contains(tartan::Index, tartan::Index) const { return false; }
  template <class Visit>
  constexpr void bands(const tartan::Extent&, Visit&&) const {}
};

/// The first keys of the sequence. Its band reaches beyond the extent: the walk clips it.
struct FirstColumns {
  tartan::Index columns;
  constexpr bool contains(tartan::Index, tartan::Index j) const { return j < columns; }
  template <class Visit>
  constexpr void bands(const tartan::Extent& extent, Visit&& visit) const {
    visit(tartan::Band{extent.rows(), tartan::Lattice::range(0, columns)});
  }
};

/// Several diagonals, `apart` from each other: j = i + k * apart for 0 <= k < diagonals.
struct Diagonals {
  tartan::Index diagonals;
  tartan::Index apart;
  constexpr bool contains(tartan::Index i, tartan::Index j) const {
    return j >= i && (j - i) % apart == 0 && (j - i) / apart < diagonals;
  }
  template <class Visit>
  constexpr void bands(const tartan::Extent& extent, Visit&& visit) const {
    for (tartan::Index k = 0; k < diagonals; ++k) {
      const tartan::Bound at{k * apart};
      visit(tartan::Band{extent.rows(), extent.keys(), at, at});
    }
  }
};

}  // namespace user

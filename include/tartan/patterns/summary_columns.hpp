// SummaryColumns: a few columns of every block, for all queries. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// L - C * (G + 1) <= j mod L < L - C * G: of every block of L keys the last C, or with a group G
/// the C before G others. `Causal{} & SummaryColumns<L, C>{}` is the second factor of the fixed
/// pattern of the Sparse Transformer (arXiv 1904.10509). `SummaryColumns<3, 1>`:
///
///     □ □ ■ □ □
///     □ □ ■ □ □
///     □ □ ■ □ □
///     □ □ ■ □ □
///     □ □ ■ □ □
template <Index L = Dynamic, Index C = Dynamic, Index G = (L == Dynamic ? Dynamic : 0)>
class SummaryColumns {
  static_assert(L >= 1 || L == Dynamic,
                "tartan: SummaryColumns<L, C, G>: L must be >= 1 (the number of keys in a block)");
  static_assert(L <= detail::largest_stride, "tartan: SummaryColumns<L, C, G>: L must be <= 2^31");
  static_assert(C >= 0 || C == Dynamic,
                "tartan: SummaryColumns<L, C, G>: C must be >= 0 (columns of each block)");
  static_assert(G >= 0 || G == Dynamic,
                "tartan: SummaryColumns<L, C, G>: G must be >= 0 (groups of C columns left out)");
  static_assert(L == Dynamic || C == Dynamic || G == Dynamic || C * (G + 1) <= L,
                "tartan: SummaryColumns<L, C, G>: C * (G + 1) must be <= L");

 public:
  static constexpr Index static_block = L;
  static constexpr Index static_columns = C;
  static constexpr Index static_group = G;

  constexpr SummaryColumns() requires(L != Dynamic && C != Dynamic && G != Dynamic) = default;
  /// Throws std::invalid_argument where a parameter is out of range, or is not the static one.
  constexpr SummaryColumns(Index block, Index columns, Index group = 0)
      : block_(block, 1, "SummaryColumns: block", detail::largest_stride),
        columns_(columns, 0, "SummaryColumns: columns", block),
        group_(group, 0, "SummaryColumns: group",
               columns > 0 ? block / columns - 1 : detail::largest_stride) {}

  constexpr Index block() const { return block_.value(); }
  constexpr Index columns() const { return columns_.value(); }
  constexpr Index group() const { return group_.value(); }
  /// The first of the columns, within a block.
  constexpr Index first() const { return block() - columns() * (group() + 1); }

  constexpr bool contains(Index, Index j) const {
    return first() <= j % block() && j % block() < first() + columns();
  }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    for (Index c = first(); c < first() + columns(); ++c) {
      visit(Band{extent.rows(), extent.keys(c, block())});
    }
  }

 private:
  [[no_unique_address]] detail::Parameter<L, 0> block_;
  [[no_unique_address]] detail::Parameter<C, 1> columns_;
  [[no_unique_address]] detail::Parameter<G, 2> group_;
};

SummaryColumns(Index, Index)->SummaryColumns<Dynamic, Dynamic, Dynamic>;
SummaryColumns(Index, Index, Index)->SummaryColumns<Dynamic, Dynamic, Dynamic>;

}  // namespace tartan

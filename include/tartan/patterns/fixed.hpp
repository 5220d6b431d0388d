// Fixed: the fixed pattern of the Sparse Transformer, both factors in one mask. Layer: patterns.
#pragma once

#include "own_block.hpp"
#include "summary_columns.hpp"

namespace tartan {

/// j <= i, and floor(j / L) == floor(i / L) or L - C * (G + 1) <= j mod L < L - C * G: the past of
/// the query's own block, and the last C columns of all earlier ones (arXiv 1904.10509). With a
/// group G other heads take other columns: the C before G others, as in the authors' released code.
/// The factors by themselves are `Causal & OwnBlock<L>` and `Causal & SummaryColumns<L, C, G>`.
/// `Fixed<3, 1>`:
///
///     ■ □ □ □ □ □ □
///     ■ ■ □ □ □ □ □
///     ■ ■ ■ □ □ □ □
///     □ □ ■ ■ □ □ □
///     □ □ ■ ■ ■ □ □
///     □ □ ■ ■ ■ ■ □
///     □ □ ■ □ □ ■ ■
template <Index L = Dynamic, Index C = Dynamic, Index G = (L == Dynamic ? Dynamic : 0)>
class Fixed {
 public:
  using Summary = SummaryColumns<L, C, G>;

  static constexpr Index static_block = L;
  static constexpr Index static_columns = C;
  static constexpr Index static_group = G;

  constexpr Fixed() requires std::default_initializable<Summary>
  = default;
  /// Throws std::invalid_argument where a parameter is out of range, or is not the static one.
  constexpr Fixed(Index block, Index columns, Index group = 0) : summary_(block, columns, group) {}

  constexpr Index block() const { return summary_.block(); }
  constexpr Index columns() const { return summary_.columns(); }
  constexpr Index group() const { return summary_.group(); }

  constexpr bool contains(Index i, Index j) const {
    return j <= i && (OwnBlock{block()}.contains(i, j) || summary_.contains(i, j));
  }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    OwnBlock{block()}.bands(extent, [&](const Band& b) {
      visit(Band{b.rows, b.keys, Bound::none_below(), Bound{0}});
    });
    summary_.bands(extent, [&](const Band& b) {
      // Column c of the blocks before the row's own: c + L v <= i + c - L, so v < floor(i / L).
      visit(Band{b.rows, b.keys, Bound::none_below(), Bound{b.keys.start - block()}});
    });
  }

 private:
  [[no_unique_address]] Summary summary_;
};

Fixed(Index, Index)->Fixed<Dynamic, Dynamic, Dynamic>;
Fixed(Index, Index, Index)->Fixed<Dynamic, Dynamic, Dynamic>;

}  // namespace tartan

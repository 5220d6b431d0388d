// OwnBlock: all keys of the query's own block. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// floor(i / L) == floor(j / L). `Causal{} & OwnBlock<L>{}` is the first factor of the fixed
/// pattern of the Sparse Transformer (arXiv 1904.10509); a picture of width L has its rows as
/// blocks. `OwnBlock<2>`:
///
///     ■ ■ □ □ □
///     ■ ■ □ □ □
///     □ □ ■ ■ □
///     □ □ ■ ■ □
///     □ □ □ □ ■
template <Index L = Dynamic>
class OwnBlock {
  static_assert(L >= 1 || L == Dynamic,
                "tartan: OwnBlock<L>: L must be >= 1 (the number of positions in a block)");

 public:
  static constexpr Index static_block = L;

  constexpr OwnBlock() requires(L != Dynamic) = default;
  /// Throws std::invalid_argument where `block` is below 1, or is not the static one.
  constexpr explicit OwnBlock(Index block) : block_(block, 1, "OwnBlock: block") {}

  constexpr Index block() const { return block_.value(); }

  constexpr bool contains(Index i, Index j) const {
    return detail::floor_div(i, block()) == j / block();
  }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    for (Index i = detail::max(0, extent.row_begin); i < extent.row_end;) {
      const Index begin = i - i % block();
      const auto end_before = [&](Index most) {
        return block() < most - begin ? begin + block() : most;
      };
      const Index end = end_before(extent.row_end), key_end = end_before(extent.key_end);
      if (key_end <= begin) return;
      visit(Band{Lattice::range(i, end), Lattice::range(begin, key_end)});
      i = end;
    }
  }

 private:
  [[no_unique_address]] detail::Parameter<L> block_;
};

OwnBlock(Index)->OwnBlock<Dynamic>;

}  // namespace tartan

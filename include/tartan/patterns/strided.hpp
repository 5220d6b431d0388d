// Strided: every S-th key, counted from the query itself. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// (i - j) mod S == 0; self is counted. `Causal & Strided<S>` is A(2) of the Sparse Transformer's
/// strided attention (Child et al., arXiv 1904.10509). S residue classes, each dense within itself.
/// `Strided<3>`:
///
///     ■ □ □ ■ □
///     □ ■ □ □ ■
///     □ □ ■ □ □
///     ■ □ □ ■ □
///     □ ■ □ □ ■
template <Index S = Dynamic>
class Strided {
  static_assert(S >= 1 || S == Dynamic,
                "tartan: Strided<S>: S must be >= 1 (every S-th key is seen; Strided<1> is dense)");
  static_assert(S <= detail::largest_stride, "tartan: Strided<S>: S must be <= 2^31");

 public:
  static constexpr Index static_stride = S;

  constexpr Strided() requires(S != Dynamic) = default;
  /// Throws std::invalid_argument where `stride` is below 1 or above 2^31, or is not the static
  /// one.
  constexpr explicit Strided(Index stride)
      : stride_(stride, 1, "Strided: stride", detail::largest_stride) {}

  constexpr Index stride() const { return stride_.value(); }

  constexpr bool contains(Index i, Index j) const { return (i - j) % stride() == 0; }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    const Index classes = detail::min(stride(), extent.row_end - extent.row_begin);
    for (Index c = 0; c < classes; ++c) {
      const Index residue = detail::floor_mod(extent.row_begin + c, stride());
      if (residue >= extent.key_end) {  // no key: on to the next residue that has one, 0
        c += stride() - 1 - residue;
        continue;
      }
      visit(Band{extent.rows(residue, stride()), extent.keys(residue, stride())});
    }
  }

 private:
  [[no_unique_address]] detail::Parameter<S> stride_;
};

Strided(Index)->Strided<Dynamic>;

}  // namespace tartan

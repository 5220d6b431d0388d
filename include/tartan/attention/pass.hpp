// One call and one pass of it, as data: which rows are worked on together. Layer: attention.
#pragma once

#include "../kernel/shape.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// One call of attention. Shapes: q n×d, k m×d, v m×dv, out n×dv, lse n or null.
template <class T>
struct Call {
  View<const T> q, k, v;
  View<T> out;
  T* lse;
  T scale;
};

/// Rows of one class that are worked on together: several tiles, so that a block of keys serves
/// them all while it is in the cache.
struct Unit {
  RowClass rows;
  Lattice positions;  ///< of the unit's rows, at most Pass::group_rows
  Index class_rows;   ///< rows of the whole class
};

/// One pass: all classes of rows of one step.
template <class T>
struct Pass {
  static constexpr Index lanes = Shape<T>::lanes;
  static constexpr Index group_tiles = max(1, 128 / lanes);
  static constexpr Index group_rows = group_tiles * lanes;

  const Call<T>& call;
  const Plan& plan;
  Index step;
  bool resume;       ///< an earlier pass left its state in out and in row_max, row_sum
  bool to_continue;  ///< a later pass follows: leave the state there
  T* row_max;        ///< one number a row of q, where several passes are made
  T* row_sum;

  Index classes() const { return min(step, call.q.rows); }
  Index units_per_class() const { return ceil_div(ceil_div(call.q.rows, step), group_rows); }
  Index units() const { return classes() * units_per_class(); }

  Unit unit(Index u) const {
    const Extent& extent = plan.extent();
    const Index group = u % units_per_class();
    const Index residue = floor_mod(extent.row_begin + u / units_per_class(), step);
    const Lattice rows = extent.rows(residue, step);
    const Index first = group * group_rows;
    return {{step, residue},
            {rows[first], step, std::clamp<Index>(rows.count - first, 0, group_rows)},
            rows.count};
  }
};

}  // namespace tartan::detail::inline TARTAN_ISA

// One call and one pass of it, as data: which rows are worked on together. Layer: attention.
#pragma once

#include <numbers>
#include <span>
#include <type_traits>

#include "../kernel/shape.hpp"
#include "../lattice/kv_run.hpp"
#include "../scores/dropout.hpp"
#include "../scores/score.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// What the kernel's elements are where attention over matrices of S is computed in T.
template <class T, class S>
using Elements = std::conditional_t<std::is_same_v<S, Eigen::bfloat16> && simd::Bfloat16Pairs::fast,
                                    simd::Bfloat16Pairs, simd::Singles<T>>;

/// One call of attention, computed in T over matrices of S: the query heads that share keys and
/// values. Shapes: q n×d, k m×d, v m×dv, out n×dv, lse n or null; q, out and lse are the first
/// head's, the others' stand beside them: in the next columns, and in the next numbers of lse.
template <class T, class S = T>
struct Call {
  View<const S> q, k, v;
  View<S> out;
  T* lse;
  T scale;
  Index heads = 1;
  Index lse_stride = 0;          ///< from head to head
  const Score* score = nullptr;  ///< what changes the scaled scores; null: nothing
  const T* sinks = nullptr;      ///< a logit a head that takes weight and has no value; null: none
  Index first_head = 0;          ///< what the score is told of the first head
  T* row_sum = nullptr;  ///< as lse, which then gets each row's maximum, in base 2; null: none
  const Dropout* dropout = nullptr;  ///< of the weights; null: none
  Index sequence = 0;                ///< what dropout is told of it
  std::span<const KvRun> runs = {};  ///< in which rows keys are; none: row j is key j

  /// What queries are multiplied by: scores are in base 2 where nothing else is to see them.
  T score_unit() const { return score ? scale : scale * std::numbers::log2e_v<T>; }
  View<const S> q_of(Index head) const { return beside(q, head); }
  View<S> out_of(Index head) const { return beside(out, head); }
  T* lse_of(Index head) const { return lse ? lse + head * lse_stride : nullptr; }

  /// The view of a head, of the first's and how many columns on the next stands.
  template <class X>
  static View<X> beside(View<X> x, Index head) {
    x.data += head * x.cols * x.col_stride;
    return x;
  }
};

/// Rows of one class that are worked on together: several tiles, so that a block of keys serves
/// them all while it is in the cache.
struct Unit {
  RowClass rows;
  Lattice positions;  ///< of the unit's rows, at most Pass::group_rows
  Lattice below;  ///< of more, where the plan has lines: those of the next line, column by column
  Index class_rows;  ///< rows of the whole class
  bool lines;        ///< the plan has lines

  bool empty() const { return positions.empty() && below.empty(); }
  /// From the first row to the last.
  Lattice span() const {
    if (below.empty()) return positions;
    if (positions.empty()) return below;
    return {positions.start, positions.step,
            (below.end() - 1 - positions.start) / positions.step + 1};
  }
};

/// The rows of a tile: those of its low vector of lanes, and those of its high one.
template <class T>
struct TileRows {
  static constexpr Index width = Shape<T>::width;
  Lattice half[2];

  Index count() const { return half[0].count + half[1].count; }
  /// Lanes up to the last with a row.
  Index lanes() const { return half[1].empty() ? half[0].count : width + half[1].count; }
  /// The position of a lane's row.
  Index operator[](Index lane) const { return half[lane / width][lane % width]; }
  /// True where the rows are one lattice.
  bool one_lattice() const {
    return half[1].empty() || (half[0].count == width && half[1].start == half[0][width]);
  }
};

/// One pass: all classes of rows of one step.
template <class T, class S = T>
struct Pass {
  static constexpr Index lanes = Shape<T>::lanes, width = Shape<T>::width;
  static constexpr Index group_tiles = max(1, 128 / lanes);
  static constexpr Index group_rows = group_tiles * lanes;

  const Call<T, S>& call;
  const Plan& plan;
  Index step;
  bool resume;       ///< an earlier pass left its state in out and in row_max, row_sum
  bool to_continue;  ///< a later pass follows: leave the state there
  T* row_max;        ///< one number a row of q and head, where several passes are made
  T* row_sum;
  View<T> state{};  ///< where an earlier pass leaves its outputs, not yet divided: out, or as out
  // What follows from these.
  Index line_rows = rows_of_line();  ///< of a class, where lanes are given to two lines; else 0
  Index class_units = units_of_class();

  Index classes() const { return min(step, call.q.rows); }
  Index units() const { return classes() * class_units; }
  /// What is to be run: each unit for each of the heads.
  Index runs() const { return units() * call.heads; }

  Unit unit(Index u) const {
    const Extent& extent = plan.extent();
    const Index group = u % class_units;
    const Index residue = floor_mod(extent.row_begin + u / class_units, step);
    const Lattice rows = extent.rows(residue, step);
    if (line_rows > 0) return unit_of_lines(group, rows);
    const Index first = group * group_rows;
    return {{step, residue},
            {rows[first], step, std::clamp<Index>(rows.count - first, 0, group_rows)},
            {},
            rows.count,
            false};
  }

  Index tiles(const Unit& unit) const {
    return unit.lines ? ceil_div(max(unit.positions.count, unit.below.count), width)
                      : ceil_div(unit.positions.count, lanes);
  }

  TileRows<T> tile(const Unit& unit, Index x) const {
    const auto vector = [](const Lattice& rows, Index v) {
      return Lattice{rows[v * width], rows.step,
                     std::clamp<Index>(rows.count - v * width, 0, width)};
    };
    if (unit.lines) return {vector(unit.positions, x), vector(unit.below, x)};
    return {vector(unit.positions, 2 * x), vector(unit.positions, 2 * x + 1)};
  }

 private:
  /// Lines are worth it where their bands are sheared and their rows fill vectors.
  Index rows_of_line() const {
    if (plan.line() == 0 || plan.line() % step != 0) return 0;
    if (plan.line_keys() > Shape<T>::widest_shear) return 0;
    const Index rows = plan.line() / step;
    return 4 * rows >= 3 * ceil_div(rows, width) * width ? rows : 0;
  }
  Index first_pair() const { return floor_div(plan.extent().row_begin, 2 * plan.line()); }
  Index groups_of_pair() const { return ceil_div(line_rows, group_tiles * width); }
  Index units_of_class() const {
    if (line_rows == 0) return ceil_div(ceil_div(call.q.rows, step), group_rows);
    return groups_of_pair() * (ceil_div(plan.extent().row_end, 2 * plan.line()) - first_pair());
  }

  Unit unit_of_lines(Index group, const Lattice& rows) const {
    const Index residue = floor_mod(rows.start, step);
    const Index column = group % groups_of_pair() * (group_tiles * width);
    const Index start =
        (first_pair() + group / groups_of_pair()) * 2 * plan.line() + residue + column * step;
    const auto part = [&](Index from) {
      return Lattice{from, step, min(group_tiles * width, line_rows - column)}.within(
          plan.extent().row_begin, plan.extent().row_end);
    };
    return {{step, residue}, part(start), part(start + plan.line()), rows.count, true};
  }
};

}  // namespace tartan::detail::inline TARTAN_ISA

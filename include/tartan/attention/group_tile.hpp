// A tile's way from the user's matrices and back: queries and earlier state in, rows out. Layer:
// attention.
#pragma once

#include <limits>
#include <numbers>

#include "../kernel/pack.hpp"
#include "../kernel/tile.hpp"
#include "pass.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// One of a unit's tiles.
template <class T>
struct GroupTile : Tile<T> {
  TileRows<T> positions;
  KeyBlock<T> block;  ///< keys that are still to be taken in
  bool finished;      ///< the outputs have been divided by row_sum
  bool written;       ///< the kernel has written the rows to out
};

/// Opens and closes the tiles of a pass, for one head at a time.
template <class T, class S = T, class E = simd::Singles<T>>
class TileGate {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;

 public:
  /// out_stride: columns of v, rounded up to a multiple of Shape::width.
  TileGate(const Pass<T, S>& pass, Index out_stride)
      : pass_(pass), call_(pass.call), out_stride_(out_stride) {
    set_head(0);
  }

  void set_head(Index head) {
    q_ = call_.q_of(head);
    out_ = call_.out_of(head);
    state_ = Call<T, S>::beside(pass_.state, head);
    lse_ = call_.lse_of(head);
    row_sum_ = call_.row_sum ? call_.row_sum + head * call_.lse_stride : nullptr;
    first_state_ = head * call_.q.rows;
    sink_ = call_.sinks ? call_.sinks + head : nullptr;
  }

  /// The row of q and of out at a position.
  Index row_of(Index position) const { return position - pass_.plan.extent().row_begin; }

  /// Packs the queries, scaled but for those in pairs, and starts the softmax afresh or where the
  /// pass before left it.
  void open(GroupTile<T>& t, const TileRows<T>& rows) const {
    t.positions = rows;
    t.rows = rows.lanes();
    t.ragged = t.suspect = t.finished = t.written = false;
    if (rows.count() < L) std::fill_n(t.qt, ceil_div(call_.q.cols, E::size) * L, T(0));
    each_half(t, [&](const Lattice& half, Index lane) {
      const Strided2D<const S> queries{q_.at(row_of(half.start), 0), half.step * q_.row_stride,
                                       q_.col_stride};
      const Strided2D<T> lanes{t.qt + lane, 1, L};
      if constexpr (E::size > 1) {
        rearrange_pairs(queries, half.count, call_.q.cols, lanes);
      } else {
        rearrange(queries, half.count, call_.q.cols, lanes, call_.score_unit());
      }
    });
    std::fill_n(t.row_max, L, sink_ ? *sink_ * std::numbers::log2e_v<T> : no_row_max<T>);
    std::fill_n(t.row_sum, L, sink_ ? T(1) : T(0));
    t.state = nullptr;
    if (pass_.resume) resume(t);
    t.block.clear();
  }

  /// True where the kernel can read and write the tile's rows of out as they lie.
  bool direct(const GroupTile<T>& t) const {
    return std::is_same_v<T, S> && t.positions.count() == L && t.positions.one_lattice() &&
           out_.col_stride == 1 && out_stride_ == call_.v.cols;
  }

  /// Where a pass leaves rows to the next; where `direct`, also where they belong in the end.
  Strided2D<T> state_rows(const Lattice& rows) const { return rows_in(state_, rows); }

  /// Writes the rows, or leaves their state to the next pass.
  void close(GroupTile<T>& t) const {
    if (!t.written) write(t);
    if (!pass_.to_continue && !lse_) return;
    each_half(t, [&](const Lattice& rows, Index lane) {
      for (Index r = 0; r < rows.count; ++r) {
        const Index row = row_of(rows[r]);
        const T row_max = t.row_max[lane + r], row_sum = t.row_sum[lane + r];
        if (pass_.to_continue) {
          pass_.row_max[first_state_ + row] = row_max;
          pass_.row_sum[first_state_ + row] = row_sum;
        } else {
          if (row_sum_) row_sum_[row] = row_sum;
          lse_[row] = row_sum_ ? row_max : log_sum_exp(row_max, row_sum);
        }
      }
    });
  }

 private:
  /// Calls visit(rows, lane) for the rows of the tile's vectors of lanes that have any, and for
  /// each the first of its lanes.
  void each_half(const GroupTile<T>& t, auto&& visit) const {
    for (Index m = 0; m < 2; ++m) {
      if (!t.positions.half[m].empty()) visit(t.positions.half[m], m * W);
    }
  }

  void resume(GroupTile<T>& t) const {
    if (direct(t)) {
      const Strided2D<T> rows = state_rows(t.positions.half[0]);
      t.state = rows.data;
      t.state_stride = rows.row_stride;
    } else {
      load_state(t);
    }
    each_half(t, [&](const Lattice& rows, Index lane) {
      for (Index r = 0; r < rows.count; ++r) {
        t.row_max[lane + r] = pass_.row_max[first_state_ + row_of(rows[r])];
        t.row_sum[lane + r] = pass_.row_sum[first_state_ + row_of(rows[r])];
      }
    });
  }

  template <class X>
  Strided2D<X> rows_in(const View<X>& x, const Lattice& rows) const {
    return {x.at(row_of(rows.start), 0), rows.step * x.row_stride, x.col_stride};
  }

  /// Copies the outputs so far to the tile.
  void load_state(GroupTile<T>& t) const {
    std::fill_n(t.out, out_stride_ * L, T(0));
    each_half(t, [&](const Lattice& rows, Index lane) {
      const Strided2D<const T> from = rows_in(as_const(state_), rows);
      rearrange<T>(from, rows.count, call_.v.cols, {t.out + lane * out_stride_, out_stride_, 1},
                   T(1));
    });
    t.state = t.out;
    t.state_stride = out_stride_;
  }

  void write(GroupTile<T>& t) const {
    if (!t.state) {
      std::fill_n(t.out, out_stride_ * L, T(0));
    } else if (t.state != t.out) {
      load_state(t);
    }
    const Index columns = out_stride_;
    for (Index r = 0; r < t.rows && !t.finished && !pass_.to_continue; ++r) {
      const T factor = t.row_sum[r] == T(0) ? T(0) : T(1) / t.row_sum[r];
      T* out = t.out + r * out_stride_;
      for (Index c = 0; c < columns; ++c) out[c] *= factor;
    }
    each_half(t, [&](const Lattice& rows, Index lane) {
      const Strided2D<const T> from{t.out + lane * out_stride_, out_stride_, 1};
      if (pass_.to_continue) {
        rearrange(from, rows.count, call_.v.cols, state_rows(rows), T(1));
      } else {
        rearrange(from, rows.count, call_.v.cols, rows_in(out_, rows), T(1));
      }
    });
  }

  const Pass<T, S>& pass_;
  const Call<T, S>& call_;
  Index out_stride_;
  View<const S> q_;    // of the head
  View<S> out_;        // of the head
  View<T> state_;      // of the head
  T* lse_;             // of the head
  T* row_sum_;         // of the head, or null
  Index first_state_;  // of the head's rows, in the pass's row_max and row_sum
  const T* sink_;      // of the head, or null
};

}  // namespace tartan::detail::inline TARTAN_ISA

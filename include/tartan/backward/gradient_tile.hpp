// A tile of rows and their gradients: in and out of the matrices. Layer: backward.
#pragma once

#include "../attention/lane_bounds.hpp"
#include "../attention/scratch.hpp"
#include "rows.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Up to Shape::lanes rows, in memory that it took at the beginning. Lanes beyond the rows hold
/// zeros, and weights are 0 there.
template <class T, class S>
class GradientTile {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;

 public:
  static std::size_t bytes(const GradientCall<T, S>& call) {
    const Index d = padded<T>(call.q.cols), dv = padded<T>(call.v.cols);
    return 3 * Scratch::bytes_for<T>(L * d) + 2 * Scratch::bytes_for<T>(L * dv) +
           2 * Scratch::bytes_for<T>(L);
  }

  void place(const GradientCall<T, S>& call, Scratch& scratch) {
    d_ = padded<T>(call.q.cols);
    dv_ = padded<T>(call.v.cols);
    for (T** room : {&qt, &room_q_, &room_dq_}) *room = scratch.take<T>(L * d_);
    for (T** room : {&dout_t, &room_dout_}) *room = scratch.take<T>(L * dv_);
    for (T** room : {&lse_, &delta_}) *room = scratch.take<T>(L);
  }

  /// The rows that it is to have; none is read yet.
  void set(const TileRows<T>& rows) {
    positions = rows;
    open_ = false;
  }
  bool is_open() const { return open_; }
  Index rows() const { return positions.count(); }

  /// Reads the rows of a head. fresh: their gradients are the first of all.
  void open(const GradientCall<T, S>& call, Index head, Index row_begin, bool fresh) {
    const Lattice in = in_memory(row_begin);
    q = ready(call.beside(call.q, head), in, room_q_, d_, qt, call.score_unit());
    dout = ready(call.beside(call.dout, head), in, room_dout_, dv_, dout_t, call.dout_unit());
    finite = rows_are_finite<T>(q, in.count, d_) && rows_are_finite<T>(dout, in.count, dv_);
    for (Index l = 0; l < L; ++l) {
      const Index at = head * call.head_stride + in[l];
      lse_[l] = l < in.count ? call.lse[at] : no_lse<T>;
      delta_[l] = l < in.count ? call.delta[at] : T(0);
    }
    const View<T> to = call.beside(call.dq, head);
    // Where the kernel takes rows together, it writes them all.
    in_place_ = rows_in_place<T>(to) && !scattered(to, in.step) && in.count % Shape<T>::rows == 0;
    dq = {room_dq_, d_};
    if (in_place_) dq = {to.at(in.start, 0), in.step * to.row_stride};
    dq_so_far = in_place_ && !fresh ? dq.data : nullptr;
    open_ = true;
  }

  /// Adds the gradients of the rows to dq; the first ones are written.
  void close(const GradientCall<T, S>& call, Index head, Index row_begin, bool fresh) {
    const Lattice in = in_memory(row_begin);
    const View<T> to = call.beside(call.dq, head);
    if (!open_) {
      if (fresh) fill_rows(T(0), to, in);
    } else if (!in_place_) {
      add_rows(room_dq_, d_, to, in, fresh);
    }
    open_ = false;
  }

  RowTerms<T> terms(Index vector) const { return {lse_ + vector * W, delta_ + vector * W}; }

  TileRows<T> positions{};
  T* qt = nullptr;                    ///< d × lanes, times the call's score_unit
  T* dout_t = nullptr;                ///< dv × lanes, times its dout_unit
  RowsInMemory<T> dq{};               ///< with padded columns
  const T* dq_so_far = nullptr;       ///< as dq, or null: zeros
  RowsInMemory<const T> q{}, dout{};  ///< with padded columns
  bool finite = true;                 ///< none of q and dout is NaN or infinite

 private:
  /// The rows of the matrices.
  Lattice in_memory(Index row_begin) const {
    return {positions.half[0].start - row_begin, positions.half[0].step, rows()};
  }

  /// Transposes rows of x, times a factor, and hands out the rows themselves.
  static RowsInMemory<const T> ready(const View<const S>& x, const Lattice& in, T* room,
                                     Index columns, T* transposed, T factor) {
    RowsInMemory<const T> rows{room, columns};
    bool in_place = false;
    if constexpr (std::is_same_v<T, S>) {
      in_place = rows_in_place<T>(x) && !scattered(x, in.step);
      if (in_place) rows = {x.at(in.start, 0), in.step * x.row_stride};
    }
    if (!in_place) pack_rows<T>(rows_of(x, in.start, in.step), in.count, x.cols, room, columns);
    if (in.count < L) std::fill_n(transposed, x.cols * L, T(0));
    transpose_into(rows.data, rows.stride, in.count, x.cols, transposed, L, factor);
    return rows;
  }

  Index d_ = 0, dv_ = 0;
  bool open_ = false;
  bool in_place_ = false;  // dq is
  T *room_q_ = nullptr, *room_dq_ = nullptr, *room_dout_ = nullptr, *lse_ = nullptr,
    *delta_ = nullptr;
};

}  // namespace tartan::detail::inline TARTAN_ISA

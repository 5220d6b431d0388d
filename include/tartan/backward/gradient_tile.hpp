// A tile of rows and their gradients: in and out of the matrices. Layer: backward.
#pragma once

#include "../attention/lane_bounds.hpp"
#include "../attention/scratch.hpp"
#include "../kernel/pair_gradients.hpp"
#include "../simd/reduce.hpp"
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
    return 3 * Scratch::bytes_for<T>(L * d) + 3 * Scratch::bytes_for<T>(L * dv) +
           3 * Scratch::bytes_for<T>(L);
  }

  void place(const GradientCall<T, S>& call, Scratch& scratch) {
    d_ = padded<T>(call.q.cols);
    dv_ = padded<T>(call.v.cols);
    for (T** room : {&qt, &room_q_, &room_dq_}) *room = scratch.take<T>(L * d_);
    for (T** room : {&dout_t, &room_dout_, &room_out_}) *room = scratch.take<T>(L * dv_);
    for (T** room : {&lse_, &inverse_sum_, &delta_}) *room = scratch.take<T>(L);
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
    const RowsInMemory<const T> out = in_memory(call.beside(call.out, head), in, room_out_, dv_);
    const View<const T> lse = call.beside(call.lse, head);
    const View<const T> sums = call.beside(call.row_sum, head);
    for (Index l = 0; l < L; ++l) {
      lse_[l] = no_lse<T>;
      inverse_sum_[l] = T(1);
      if (l < in.count && !sums.data) {
        lse_[l] = in_base_2(*lse.at(in[l], 0));
      } else if (l < in.count && *sums.at(in[l], 0) != T(0)) {
        lse_[l] = *lse.at(in[l], 0);
        inverse_sum_[l] = T(1) / *sums.at(in[l], 0);
      }
      delta_[l] = l < in.count ? product(out, l) * call.dout_unit() : T(0);
    }
    const View<T> to = call.beside(call.dq, head);
    // Where the kernel takes rows together, it writes them all.
    in_place_ = rows_in_place<T>(to) && !to.scattered(in.step) && in.count % Shape<T>::rows == 0;
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
      if (fresh) clear_rows(to, in);
    } else if (!in_place_) {
      add_rows(room_dq_, d_, to, in, fresh);
    }
    open_ = false;
  }

  RowTerms<T> terms(Index vector) const {
    return {lse_ + vector * W, inverse_sum_ + vector * W, delta_ + vector * W};
  }

  TileRows<T> positions{};
  T* qt = nullptr;                    ///< d × lanes, times the call's score_unit
  T* dout_t = nullptr;                ///< dv × lanes, times its dout_unit
  RowsInMemory<T> dq{};               ///< with padded columns
  const T* dq_so_far = nullptr;       ///< as dq, or null: zeros
  RowsInMemory<const T> q{}, dout{};  ///< with padded columns

 private:
  /// The rows of the matrices.
  Lattice in_memory(Index row_begin) const {
    return {positions.half[0].start - row_begin, positions.half[0].step, rows()};
  }

  /// Rows of x with padded columns: where they lie, or copied.
  static RowsInMemory<const T> in_memory(const View<const S>& x, const Lattice& in, T* room,
                                         Index columns) {
    if constexpr (std::is_same_v<T, S>) {
      if (rows_in_place<T>(x)) return {x.at(in.start, 0), in.step * x.row_stride};
    }
    pack_rows<T>(rows_of(x, in), in.count, x.cols, room, columns);
    return {room, columns};
  }

  /// The same of rows that are read often, which are copied where they are scattered, too; and
  /// transposed, times a factor.
  static RowsInMemory<const T> ready(const View<const S>& x, const Lattice& in, T* room,
                                     Index columns, T* transposed, T factor) {
    RowsInMemory<const T> rows = in_memory(x, in, room, columns);
    if (rows.data != room && x.scattered(in.step)) {
      copy_into(rows.data, rows.stride, in.count, columns, room, columns, T(1));
      rows = {room, columns};
    }
    if (in.count < L) std::fill_n(transposed, x.cols * L, T(0));
    transpose_into(rows.data, rows.stride, in.count, x.cols, transposed, L, factor);
    return rows;
  }

  /// dout · out of a lane.
  T product(const RowsInMemory<const T>& out, Index lane) const {
    auto sum = simd::broadcast(T(0));
    for (Index c = 0; c < dv_; c += W) {
      sum = simd::pmadd(simd::load(dout.data + lane * dout.stride + c),
                        simd::load(out.data + lane * out.stride + c), sum);
    }
    return simd::sum<T>(sum);
  }

  Index d_ = 0, dv_ = 0;
  bool open_ = false;
  bool in_place_ = false;  // dq is
  T *room_q_ = nullptr, *room_dq_ = nullptr, *room_dout_ = nullptr, *room_out_ = nullptr;
  T *lse_ = nullptr, *inverse_sum_ = nullptr, *delta_ = nullptr;
};

}  // namespace tartan::detail::inline TARTAN_ISA

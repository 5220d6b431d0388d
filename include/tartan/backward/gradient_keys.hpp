// A block of a band's keys and values, and where their gradients are added: in the matrices, or in
// packed copies, where rows lie scattered or their columns are not contiguous. Layer: backward.
#pragma once

#include "../attention/scratch.hpp"
#include "rows.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Where gradients of all of a band's keys are added that are not to go into the matrices at once:
/// padded rows of dk, then of dv, one a key.
template <class T>
struct KeyAccumulator {
  T* dk = nullptr;  ///< null: they go into the matrices
  T* dv = nullptr;
};

template <class T, class S>
class GradientKeys {
 public:
  static constexpr Index most = 64;  ///< keys in a block

  static std::size_t bytes(const GradientCall<T, S>& call) {
    return 2 * (Scratch::bytes_for<T>(most * padded<T>(call.k.cols)) +
                Scratch::bytes_for<T>(most * padded<T>(call.v.cols)));
  }

  GradientKeys(const GradientCall<T, S>& call, Scratch& scratch)
      : call_(call), d_(padded<T>(call.k.cols)), dv_(padded<T>(call.v.cols)) {
    for (T** room : {&room_k_, &room_dk_}) *room = scratch.take<T>(most * d_);
    for (T** room : {&room_v_, &room_dv_}) *room = scratch.take<T>(most * dv_);
  }

  /// Readies the keys [begin, end) of the band.
  void open(const Lattice& keys, Index begin, Index end, const KeyAccumulator<T>& into) {
    rows_ = {keys[begin], keys.step, end - begin};
    first_ = begin;
    k_ = ready<const T>(call_.k, room_k_, d_);
    v_ = ready<const T>(call_.v, room_v_, dv_);
    if (into.dk) {
      dk_to_ = {into.dk + begin * d_, d_};
      dv_to_ = {into.dv + begin * dv_, dv_};
    } else {
      dk_to_ = target(call_.dk, room_dk_, d_);
      dv_to_ = target(call_.dv, room_dv_, dv_);
    }
  }

  /// Adds gradients that were gathered in a copy to the matrices.
  void close() {
    add(room_dk_, dk_to_, call_.dk);
    add(room_dv_, dv_to_, call_.dv);
  }

  RowsInMemory<const T> k(Index key) const { return from(k_, key); }
  RowsInMemory<const T> v(Index key) const { return from(v_, key); }
  RowsInMemory<T> dk(Index key) const { return from(dk_to_, key); }
  RowsInMemory<T> dv(Index key) const { return from(dv_to_, key); }

  /// True where no element of the block's k is NaN or infinite.
  bool finite() const { return rows_are_finite<T>(k_, rows_.count, d_); }

 private:
  template <class X>
  RowsInMemory<X> from(const RowsInMemory<X>& rows, Index key) const {
    return {rows.data + (key - first_) * rows.stride, rows.stride};
  }

  template <class X>
  RowsInMemory<X> ready(const View<const S>& x, T* room, Index columns) const {
    if constexpr (std::is_same_v<T, S>) {
      if (rows_in_place<T>(x) && !scattered(x, rows_.step)) {
        return {x.at(rows_.start, 0), rows_.step * x.row_stride};
      }
    }
    pack_rows<T>(rows_of(x, rows_.start, rows_.step), rows_.count, x.cols, room, columns);
    return {room, columns};
  }

  RowsInMemory<T> target(const View<T>& x, T* room, Index columns) const {
    if (rows_in_place<T>(x) && !scattered(x, rows_.step)) {
      return {x.at(rows_.start, 0), rows_.step * x.row_stride};
    }
    std::fill_n(room, rows_.count * columns, T(0));
    return {room, columns};
  }

  void add(const T* room, const RowsInMemory<T>& rows, const View<T>& x) const {
    if (rows.data == room) add_rows(room, rows.stride, x, rows_);
  }

  const GradientCall<T, S>& call_;
  Index d_, dv_;
  T *room_k_, *room_v_, *room_dk_, *room_dv_;
  Lattice rows_{};  // of the matrices
  Index first_ = 0;
  RowsInMemory<const T> k_{}, v_{};
  RowsInMemory<T> dk_to_{}, dv_to_{};
};

}  // namespace tartan::detail::inline TARTAN_ISA

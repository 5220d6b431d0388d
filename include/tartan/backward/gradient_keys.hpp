// A block of a band's keys and values, and where their gradients are added: in the matrices, or in
// packed copies, where rows lie scattered or their columns are not contiguous. Layer: backward.
#pragma once

#include <limits>

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
  static constexpr Index most = 256;  ///< keys that can be ready at once

  static std::size_t bytes(const GradientCall<T, S>& call) {
    return 2 * (Scratch::bytes_for<T>(most * padded<T>(call.k.cols)) +
                Scratch::bytes_for<T>(most * padded<T>(call.v.cols)));
  }

  GradientKeys(const GradientCall<T, S>& call, Scratch& scratch)
      : call_(call), d_(padded<T>(call.k.cols)), dv_(padded<T>(call.v.cols)) {
    for (T** room : {&room_k_, &room_dk_}) *room = scratch.take<T>(most * d_);
    for (T** room : {&room_v_, &room_dv_}) *room = scratch.take<T>(most * dv_);
  }

  /// Begins with keys whose gradients in the matrices hold nothing from `written` on, which must be
  /// one of `keys`, the lattice of all that will be opened until end_unwritten(). What is added
  /// there first is written.
  void begin_unwritten(const Lattice& keys, Index written) {
    lattice_ = keys;
    written_ = written;
  }
  /// Makes the gradients 0 that have not been written, before the key `end`.
  void end_unwritten(Index end) {
    clear_before(end);
    written_ = all_written;
  }

  /// Readies the keys [begin, end) of the band.
  void open(const Lattice& keys, Index begin, Index end, const KeyAccumulator<T>& into) {
    rows_ = {keys[begin], keys.step, end - begin};
    first_ = begin;
    k_ = ready(call_.k, room_k_, d_);
    v_ = ready(call_.v, room_v_, dv_);
    gathers_ = into.dk != nullptr;
    in_room_ = !gathers_ && !(in_place(call_.dk) && in_place(call_.dv));
    if (gathers_) {
      gradients_of_k_ = {into.dk + begin * d_, d_};
      gradients_of_v_ = {into.dv + begin * dv_, dv_};
    } else if (in_room_) {
      gradients_of_k_ = {room_dk_, d_};
      gradients_of_v_ = {room_dv_, dv_};
      room_written_ = begin;
    } else {
      gradients_of_k_ = {call_.dk.at(rows_.start, 0), rows_.step * call_.dk.row_stride};
      gradients_of_v_ = {call_.dv.at(rows_.start, 0), rows_.step * call_.dv.row_stride};
    }
  }

  /// To be called before gradients of the keys [begin, end) are added. True where they are to be
  /// written instead, all of them, which is possible where `all` of them are added to.
  bool begin_adding(Index begin, Index end, bool all) {
    if (gathers_) return false;
    Index& written = in_room_ ? room_written_ : written_;
    if (end <= written) return false;
    const bool write = all && begin >= written;
    const Index clear_to = write ? begin : end;
    if (in_room_) {
      std::fill(dk(written).data, dk(clear_to).data, T(0));
      std::fill(dv(written).data, dv(clear_to).data, T(0));
    } else {
      clear_before(clear_to);
    }
    written = end;
    return write;
  }

  /// Adds gradients that were gathered in a copy to the matrices.
  void close() {
    if (!in_room_ || room_written_ <= first_) return;
    clear_before(first_);
    const Index added = std::clamp(written_, first_, room_written_);
    for (const bool first : {false, true}) {
      const Index begin = first ? added : first_, end = first ? room_written_ : added;
      const Lattice rows{rows_[begin - first_], rows_.step, end - begin};
      add_rows(dk(begin).data, d_, call_.dk, rows, first);
      add_rows(dv(begin).data, dv_, call_.dv, rows, first);
    }
    written_ = max(written_, room_written_);
  }

  RowsInMemory<const T> k(Index key) const { return from(k_, key); }
  RowsInMemory<const T> v(Index key) const { return from(v_, key); }
  RowsInMemory<T> dk(Index key) const { return from(gradients_of_k_, key); }
  RowsInMemory<T> dv(Index key) const { return from(gradients_of_v_, key); }

 private:
  static constexpr Index all_written = std::numeric_limits<Index>::max();

  template <class X>
  RowsInMemory<X> from(const RowsInMemory<X>& rows, Index key) const {
    return {rows.data + (key - first_) * rows.stride, rows.stride};
  }

  template <class X>
  bool in_place(const View<X>& x) const {
    return rows_in_place<T>(x) && !x.scattered(rows_.step);
  }

  RowsInMemory<const T> ready(const View<const S>& x, T* room, Index columns) const {
    if constexpr (std::is_same_v<T, S>) {
      if (in_place(x)) return {x.at(rows_.start, 0), rows_.step * x.row_stride};
    }
    pack_rows<T>(rows_of(x, rows_), rows_.count, x.cols, room, columns);
    return {room, columns};
  }

  /// Makes the gradients in the matrices 0 that have not been written, before the key `end`.
  void clear_before(Index end) {
    if (written_ >= end) return;
    const Lattice rows{lattice_[written_], lattice_.step, end - written_};
    clear_rows(call_.dk, rows);
    clear_rows(call_.dv, rows);
    written_ = end;
  }

  const GradientCall<T, S>& call_;
  Index d_, dv_;
  T *room_k_, *room_v_, *room_dk_, *room_dv_;
  Lattice lattice_{};  // of the keys that may hold nothing
  Index written_ = all_written;
  Lattice rows_{};  // of the matrices
  Index first_ = 0;
  bool gathers_ = false, in_room_ = false;
  Index room_written_ = 0;
  RowsInMemory<const T> k_{}, v_{};
  RowsInMemory<T> gradients_of_k_{}, gradients_of_v_{};
};

}  // namespace tartan::detail::inline TARTAN_ISA

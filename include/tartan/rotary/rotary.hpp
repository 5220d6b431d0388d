// Rotary position embedding of queries and keys: the public calls. Layer: rotary.
#pragma once

#include <cstdlib>  // std::abs of an Index
#include <type_traits>
#include <utility>  // swap
#include <vector>

#include "../attention/driver.hpp"  // task_count
#include "../attention/scalars.hpp"
#include "../attention/view.hpp"
#include "../parallel/openmp.hpp"
#include "angles.hpp"
#include "rotary_table.hpp"
#include "rotate.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Rows that a task turns at a time, where columns are what is contiguous.
inline constexpr Index rotary_rows = 64;

/// Rows of x, and how they are turned.
template <class T>
struct RotaryCall {
  View<T> x;
  Rotary rotary;
  Rotation rotation;

  Index heads() const { return x.cols / rotary.head_dim; }
  Index pairs() const { return rotary.pairs(); }

  /// From one of a pair's columns to the other, and from a pair's to the next one's.
  Index across() const { return rotary.interleaved ? 1 : pairs(); }
  Index along() const { return rotary.interleaved ? 2 : 1; }

  /// Turns `count` pairs, `stride` apart, of which the first is at row r and column c. Turning back
  /// is turning the pair the other way round: b, a in place of a, b.
  void run(Index r, Index c, Index stride, const Turn<Computed<T>>& turn, Index count) const {
    T* a = x.at(r, c);
    T* b = x.at(r, c + across());
    if (rotation == Rotation::inverse) std::swap(a, b);
    rotate_runs(a, b, stride, turn.cos, turn.sin, count);
  }
};

/// Turns rows [first, last), one after the other: the columns of a row are nearest in memory.
template <class T>
void rotate_by_rows(const RotaryCall<T>& call, const Positions& positions, Index first, Index last,
                    auto& reader) {
  using C = Computed<T>;
  const Index pairs = call.pairs(), d = call.rotary.head_dim;
  const bool neighbours = call.rotary.interleaved && call.x.col_stride == 1;
  std::vector<C> woven(neighbours ? static_cast<std::size_t>(2 * pairs) : 0);
  for (Index r = first; r < last; ++r) {
    const Turn<C> turn = reader.at(positions[r]);
    if (neighbours) {
      C* to = woven.data();
      const C sign = call.rotation == Rotation::inverse ? C(-1) : C(1);
      for (Index t = 0; t < pairs; ++t) {
        to[2 * t] = turn.cos[t];
        to[2 * t + 1] = sign * turn.sin[t];
      }
    }
    for (Index h = 0; h < call.heads(); ++h) {
      if (neighbours) {
        rotate_neighbour_runs(call.x.at(r, h * d), woven.data(), pairs);
      } else {
        call.run(r, h * d, call.along() * call.x.col_stride, turn, pairs);
      }
    }
  }
}

/// Turns rows [first, last), pair of columns by pair of columns: the rows of a column are nearest
/// in memory.
template <class T>
void rotate_by_columns(const RotaryCall<T>& call, const Positions& positions, Index first,
                       Index last, auto& reader) {
  using C = Computed<T>;
  const Index pairs = call.pairs(), d = call.rotary.head_dim;
  std::vector<C> turns(static_cast<std::size_t>(2 * pairs * rotary_rows));
  C* const cos = turns.data();
  C* const sin = cos + pairs * rotary_rows;
  for (; first < last; first += rotary_rows) {
    const Index rows = min(rotary_rows, last - first);
    for (Index r = 0; r < rows; ++r) {
      const Turn<C> turn = reader.at(positions[first + r]);
      for (Index t = 0; t < pairs; ++t) {
        cos[t * rotary_rows + r] = turn.cos[t];
        sin[t * rotary_rows + r] = turn.sin[t];
      }
    }
    for (Index h = 0; h < call.heads(); ++h) {
      for (Index t = 0; t < pairs; ++t) {
        const Turn<C> turn{cos + t * rotary_rows, sin + t * rotary_rows};
        call.run(first, h * d + t * call.along(), call.x.row_stride, turn, rows);
      }
    }
  }
}

/// Runs one call, whose arguments are checked. `reader()` makes a task's own reader of angles.
template <class T>
void run_rotary(const RotaryCall<T>& call, const Positions& positions, const auto& reader,
                const auto& executor) {
  const Index n = call.x.rows, blocks = ceil_div(n, rotary_rows);
  const bool by_rows = std::abs(call.x.col_stride) <= std::abs(call.x.row_stride) || n == 1;
  const Index tasks = task_count(executor, blocks);
  run_tasks(executor, tasks, [&](Index task) {
    const Index first = blocks * task / tasks * rotary_rows;
    const Index last = min(n, blocks * (task + 1) / tasks * rotary_rows);
    decltype(auto) own = reader();
    if (by_rows) {
      rotate_by_rows(call, positions, first, last, own);
    } else {
      rotate_by_columns(call, positions, first, last, own);
    }
  });
}

/// Throws std::invalid_argument unless x is n×(H*head_dim), each element in a place of its own.
template <class T>
void check_rotated(const View<T>& x, const Rotary& rotary) {
  if (x.cols % rotary.head_dim != 0) {
    refuse_rotary("x is " + std::to_string(x.rows) + "x" + std::to_string(x.cols) +
                  " and head_dim is " + std::to_string(rotary.head_dim) +
                  " (x has head_dim columns for each head)");
  }
  if (x.rows * x.cols > 0 &&
      ((x.rows > 1 && x.row_stride == 0) || (x.cols > 1 && x.col_stride == 0))) {
    refuse_rotary("x has a stride of 0 (its elements must be apart)");
  }
}

template <class T>
void rotate(const View<T>& x, const Rotary& rotary, const Positions& positions, Rotation rotation,
            const auto& executor) {
  check_rotary(rotary);
  check_rotated(x, rotary);
  check_positions(positions, x.rows);
  if (x.rows == 0 || x.cols == 0) return;
  const RotaryAngles angles(rotary, positions, x.rows);
  run_rotary<T>(
      {x, rotary, rotation}, positions, [&] { return RotaryReader<Computed<T>>(angles); },
      executor);
}

template <class T>
void rotate(const View<T>& x, const RotaryTable<Computed<T>>& table, const Positions& positions,
            Rotation rotation, const auto& executor) {
  check_rotated(x, table.rotary());
  check_positions(positions, x.rows);
  for (Index r = 0; r < x.rows; ++r) {
    const Index position = positions[r];
    if (position < table.first() || position >= table.first() + table.count()) {
      refuse_rotary("row " + std::to_string(r) + " is at position " + std::to_string(position) +
                    ", and the table has [" + std::to_string(table.first()) + ", " +
                    std::to_string(table.first() + table.count()) + ")");
    }
  }
  run_rotary<T>(
      {x, table.rotary(), rotation}, positions,
      [&]() -> const RotaryTable<Computed<T>>& { return table; }, executor);
}

template <class X>
void check_rotary_type() {
  static_assert(is_scalar<typename X::Scalar>,
                "tartan: rotary: the scalar type must be float, double, half or bfloat16");
}

/// The view of what is turned in place.
template <class X>
auto rotary_view(X& x) {
  check_rotary_type<X>();
  static_assert(
      !std::is_const_v<X> && has_direct_access<X> && (int(X::Flags) & Eigen::LvalueBit) != 0,
      "tartan: apply_rotary: x must be a writable matrix in memory (a Matrix, Map, "
      "Block, ...), not const and not an expression: see rotated()");
  return view_of<typename X::Scalar>(x);
}

template <class X>
using RotatedCopy = Eigen::Matrix<typename X::Scalar, Dynamic, Dynamic,
                                  X::IsRowMajor ? Eigen::RowMajor : Eigen::ColMajor>;

}  // namespace tartan::detail::inline TARTAN_ISA

namespace tartan::inline TARTAN_ISA {

/// Rotary position embedding, in place: turns the pairs of each head of each row of x by the angles
/// of the row's position. x: n×(H*head_dim), token-major, in memory, with any strides; float,
/// double, half or bfloat16 (the last two are computed in float and rounded once). Positions: that
/// of row 0, which may be negative, or a std::vector<Index> with one for each row. At position 0
/// nothing changes. Rotation::inverse turns back: what was turned, or gradients. Angles are
/// computed in double, once a position for all heads. The same bits for any executor, and for a
/// position whatever the rows beside it. Cost: reads and writes x, 2 * rotary_dim evaluations of
/// sin and cos for each run of 64 positions; memory for those. Throws std::invalid_argument, with
/// nothing written, where x is not whole heads, positions are not one for each row or beyond 2^53,
/// or the Rotary is not sensible.
///
///     const Rotary rotary{.head_dim = 64};
///     apply_rotary(q, rotary);                          // rows are positions 0, 1, ...
///     apply_rotary(k, rotary);
///     Eigen::MatrixXf out = attention(q, k, v, Causal{});
///     apply_rotary(next_q, rotary, n);                  // a token decoded: position n
///     apply_rotary(dq, rotary, 0, Rotation::inverse);   // the gradient of what q was before
template <class X, Executor E = DefaultExecutor>
void apply_rotary(X&& x, const Rotary& rotary, const Positions& positions = {},
                  Rotation rotation = Rotation::forward, const E& executor = {}) {
  detail::rotate(detail::rotary_view(x), rotary, positions, rotation, executor);
}

/// apply_rotary() with angles from a table, which must have every row's position.
template <class X, class T, Executor E = DefaultExecutor>
void apply_rotary(X&& x, const RotaryTable<T>& table, const Positions& positions = {},
                  Rotation rotation = Rotation::forward, const E& executor = {}) {
  using Scalar = typename std::remove_cvref_t<X>::Scalar;
  static_assert(std::is_same_v<T, detail::Computed<Scalar>>,
                "tartan: apply_rotary: the table must be RotaryTable<double> for a matrix of "
                "double, else RotaryTable<float>");
  detail::rotate(detail::rotary_view(x), table, positions, rotation, executor);
}

/// A copy of x, or of an expression's value, to which apply_rotary() is applied; in x's storage
/// order.
///
///     Eigen::MatrixXf out = attention(rotated(q, rotary), rotated(k, rotary), v, Causal{});
template <class X, Executor E = DefaultExecutor>
auto rotated(const Eigen::MatrixBase<X>& x, const Rotary& rotary, const Positions& positions = {},
             Rotation rotation = Rotation::forward, const E& executor = {}) {
  detail::RotatedCopy<X> copy = x;
  tartan::apply_rotary(copy, rotary, positions, rotation, executor);
  return copy;
}

/// rotated() with angles from a table.
template <class X, class T, Executor E = DefaultExecutor>
auto rotated(const Eigen::MatrixBase<X>& x, const RotaryTable<T>& table,
             const Positions& positions = {}, Rotation rotation = Rotation::forward,
             const E& executor = {}) {
  detail::RotatedCopy<X> copy = x;
  tartan::apply_rotary(copy, table, positions, rotation, executor);
  return copy;
}

}  // namespace tartan::inline TARTAN_ISA

// Copies and transposes: every small size, every layout, nothing written beside the target.
#include <tartan/kernel/pack.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;

namespace {

/// A matrix in an array of its own, which ends where the matrix does.
template <class T>
struct Stored {
  Index rows, cols, row_stride, col_stride;
  Numbers<T> numbers;

  Stored(Index rows_, Index cols_, Index row_stride_, Index col_stride_)
      : rows(rows_),
        cols(cols_),
        row_stride(row_stride_),
        col_stride(col_stride_),
        numbers(rows > 0 && cols > 0 ? at(rows - 1, cols - 1) + 1 : 0) {}
  Index at(Index r, Index c) const { return r * row_stride + c * col_stride; }
  T& operator()(Index r, Index c) { return numbers[at(r, c)]; }
};

/// Calls visit(row stride, column stride) for the layouts of a rows × cols matrix.
template <class Visit>
void for_each_layout(Index rows, Index cols, Visit&& visit) {
  visit(cols, Index{1});          // row-major
  visit(cols + 3, Index{1});      // a block of it
  visit(Index{1}, rows);          // column-major
  visit(Index{1}, rows + 2);      // a block of it
  visit(2 * cols + 1, Index{2});  // strides in both directions
}

template <class T, class Move>
void check_move(Index rows, Index cols, Stored<T>& to, bool transposed, Move&& move,
                Stored<T> from) {
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) from(r, c) = static_cast<T>(1 + r * 100 + c);
  }
  Stored<T> expected = to;
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) {
      (transposed ? expected(c, r) : expected(r, c)) = static_cast<T>(2 * (1 + r * 100 + c));
    }
  }
  move(from.numbers.data(), to.numbers.data());
  const bool same = to.numbers == expected.numbers;
  CAPTURE(rows, cols, from.row_stride, from.col_stride, to.row_stride, to.col_stride);
  CHECK(same);
}

template <class T>
void check_all(Index most) {
  for (Index rows = 0; rows <= most; ++rows) {
    for (Index cols = 0; cols <= most; ++cols) {
      const Index from_stride = cols + rows % 2 * 3;
      const Stored<T> from(rows, cols, from_stride, 1);
      Stored<T> turned(cols, rows, rows + cols % 3, 1);
      check_move(
          rows, cols, turned, true,
          [&](const T* f, T* t) {
            transpose_into<T>(f, from_stride, rows, cols, t, turned.row_stride, T(2));
          },
          from);
      Stored<T> copied(rows, cols, cols + 1, 1);
      check_move(
          rows, cols, copied, false,
          [&](const T* f, T* t) {
            copy_into<T>(f, from_stride, rows, cols, t, copied.row_stride, T(2));
          },
          from);
    }
  }
}

template <class T>
void check_rearrange() {
  const Index N = 2 * Shape<T>::width + 1;
  for (const Index rows : {Index{0}, Index{1}, Index{7}, N - 1, N}) {
    for (const Index cols : {Index{0}, Index{1}, Index{5}, N, N + 6}) {
      for_each_layout(rows, cols, [&](Index from_row, Index from_col) {
        for_each_layout(rows, cols, [&](Index to_row, Index to_col) {
          Stored<T> to(rows, cols, to_row, to_col);
          check_move(
              rows, cols, to, false,
              [&](const T* f, T* t) {
                rearrange<T>({f, from_row, from_col}, rows, cols, {t, to_row, to_col}, T(2));
              },
              Stored<T>(rows, cols, from_row, from_col));
        });
      });
    }
  }
}

}  // namespace

TEST_CASE("transpose_into and copy_into: every size to some squares and a half") {
  check_all<float>(37);
  check_all<double>(21);
}

TEST_CASE("rearrange: from every layout to every layout") {
  check_rearrange<float>();
  check_rearrange<double>();
}

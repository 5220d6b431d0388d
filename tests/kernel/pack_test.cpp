// Copies and transposes: every small size, every layout, nothing written beside the target.
#include <bit>
#include <tartan/kernel/pack.hpp>
#include <vector>

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

/// Bits that are no number, or a tiny one, as well as plain ones.
Eigen::bfloat16 any_bits(Index i) {
  return Eigen::numext::bit_cast<Eigen::bfloat16>(static_cast<std::uint16_t>(40503 * (i + 1)));
}

/// Bits of pairs, where numbers would not do to compare them.
std::vector<std::uint32_t> bits(const Numbers<float>& pairs, Index count) {
  std::vector<std::uint32_t> all;
  for (Index i = 0; i < count; ++i) all.push_back(std::bit_cast<std::uint32_t>(pairs[i]));
  return all;
}

void check_pairs(Index rows, Index cols, Index from_row, Index from_col, bool turned) {
  const Index pairs = ceil_div(cols, 2);
  std::vector<Eigen::bfloat16> from(
      std::size_t(rows && cols ? (rows - 1) * from_row + (cols - 1) * from_col + 1 : 1));
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = any_bits(static_cast<Index>(i));
  const Index to_row = turned ? 1 : pairs + 2, to_col = turned ? rows + 1 : 1;
  const Index count = rows && cols ? (rows - 1) * to_row + (pairs - 1) * to_col + 1 : 1;
  Numbers<float> to(count), expected(count);
  for (Index r = 0; r < rows; ++r) {
    for (Index p = 0; p < pairs; ++p) {
      const auto number = [&](Index c) {
        return c < cols ? from[std::size_t(r * from_row + c * from_col)] : Eigen::bfloat16(0);
      };
      expected[r * to_row + p * to_col] =
          simd::Bfloat16Pairs::pair(number(2 * p), number(2 * p + 1));
    }
  }
  rearrange_pairs({from.data(), from_row, from_col}, rows, cols, {to.data(), to_row, to_col});
  const bool same = bits(to, count) == bits(expected, count);
  CAPTURE(rows, cols, from_row, from_col, turned);
  CHECK(same);
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

TEST_CASE("rearrange_pairs: from every layout, odd columns too, bit by bit") {
  const Index W = Shape<float>::width;
  for (const Index rows : {Index{0}, Index{1}, Index{7}, 2 * W + 1, Index{33}}) {
    for (const Index cols : {Index{0}, Index{1}, Index{2}, Index{5}, 2 * W + 3, Index{70}}) {
      for_each_layout(rows, cols, [&](Index from_row, Index from_col) {
        check_pairs(rows, cols, from_row, from_col, false);
        check_pairs(rows, cols, from_row, from_col, true);
      });
    }
  }
}

TEST_CASE("rearrange: between 16-bit numbers and others, from every layout to every layout") {
  for (const Index rows : {Index{0}, Index{1}, Index{33}}) {
    for (const Index cols : {Index{1}, Index{17}, Index{66}}) {
      for_each_layout(rows, cols, [&](Index from_row, Index from_col) {
        for_each_layout(rows, cols, [&](Index to_row, Index to_col) {
          Stored<Eigen::half> halves(rows, cols, from_row, from_col);
          Stored<float> floats(rows, cols, to_row, to_col);
          for (const float factor : {1.0f, 2.0f}) {
            const auto number = [](Index r, Index c) { return static_cast<float>(1 + r + 7 * c); };
            bool same = true;
            for (Index r = 0; r < rows; ++r) {
              for (Index c = 0; c < cols; ++c) halves(r, c) = Eigen::half(number(r, c));
            }
            rearrange<Eigen::half, float>({halves.numbers.data(), from_row, from_col}, rows, cols,
                                          {floats.numbers.data(), to_row, to_col}, factor);
            for (Index r = 0; r < rows; ++r) {
              for (Index c = 0; c < cols; ++c) same &= floats(r, c) == factor * number(r, c);
            }
            rearrange<float, Eigen::half>({floats.numbers.data(), to_row, to_col}, rows, cols,
                                          {halves.numbers.data(), from_row, from_col}, factor);
            for (Index r = 0; r < rows; ++r) {
              for (Index c = 0; c < cols; ++c) {
                same &= halves(r, c) == Eigen::half(factor * factor * number(r, c));
              }
            }
            CAPTURE(rows, cols, from_row, from_col, to_row, to_col, factor);
            CHECK(same);
          }
        });
      });
    }
  }
}

// The checks themselves, at the edges that calls of attention do not reach (errors_test has those).
#include <tartan/attention/check.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <vector>

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Random;

namespace {

View<const double> shaped(Index rows, Index cols) { return {nullptr, rows, cols, cols, 1}; }

template <class F>
std::string refused(F&& call) {
  return message_of<std::invalid_argument>(std::forward<F>(call));
}

}  // namespace

TEST_CASE("every message begins with the library and the call") {
  CHECK(refused([] { refuse("why"); }) == "tartan: attention: why");
  CHECK(shape_text(3, 40) == "3x40");
}

TEST_CASE("shapes without elements must agree too") {
  CHECK_NOTHROW(check_shapes<double>(shaped(0, 0), shaped(0, 0), shaped(0, 0)));
  CHECK_NOTHROW(check_shapes<double>(shaped(5, 0), shaped(7, 0), shaped(7, 3)));
  CHECK_NOTHROW(check_shapes<double>(shaped(0, 4), shaped(7, 4), shaped(7, 0)));
  CHECK(refused([] { check_shapes<double>(shaped(0, 4), shaped(0, 5), shaped(0, 0)); }) ==
        "tartan: attention: q is 0x4 but k is 0x5 (both have head_dim columns)");
  CHECK(refused([] { check_shapes<double>(shaped(0, 4), shaped(0, 4), shaped(1, 0)); }) ==
        "tartan: attention: k is 0x4 but v is 1x0 (both have seqlen_k rows)");
}

TEST_CASE("the output's rows are those of q, its columns those of v") {
  const View<double> out{nullptr, 5, 8, 8, 1};
  CHECK_NOTHROW(check_out_shape<double>(out, 5, 8));
  CHECK(refused([&] { check_out_shape<double>(out, 6, 8); }) ==
        "tartan: attention: out is 5x8 but must be 6x8 (rows of q, columns of v); it is never "
        "resized");
  CHECK(refused([&] { check_out_shape<double>(out, 5, 4); }) ==
        "tartan: attention: out is 5x8 but must be 5x4 (rows of q, columns of v); it is never "
        "resized");
}

TEST_CASE("overlap is exact for blocks of one matrix, of either storage order") {
  Random random(1);
  std::vector<double> memory(20 * 20);
  int shared = 0, apart = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    struct Block {
      Index row, col, rows, cols;
    };
    const auto block = [&] {
      Block b{random.in(0, 19), random.in(0, 19), 0, 0};
      b.rows = random.in(0, std::min<Index>(9, 20 - b.row));
      b.cols = random.in(0, std::min<Index>(9, 20 - b.col));
      return b;
    };
    const Block a = block(), b = block();
    const bool row_major = random.in(0, 1) == 1;
    const auto view = [&](const Block& x) -> View<const double> {
      if (row_major) return {memory.data() + x.row * 20 + x.col, x.rows, x.cols, 20, 1};
      return {memory.data() + x.row + x.col * 20, x.rows, x.cols, 1, 20};
    };
    const bool rows_meet = a.row < b.row + b.rows && b.row < a.row + a.rows;
    const bool cols_meet = a.col < b.col + b.cols && b.col < a.col + a.cols;
    const bool any = a.rows > 0 && a.cols > 0 && b.rows > 0 && b.cols > 0;
    const bool expected = any && rows_meet && cols_meet;
    CAPTURE(row_major, a.row, a.col, a.rows, a.cols, b.row, b.col, b.rows, b.cols);
    CHECK(overlap(view(a), view(b)) == expected);
    (expected ? shared : apart) += 1;
  }
  CHECK(shared > 200);
  CHECK(apart > 500);
}

TEST_CASE("overlap of other layouts: where the addresses' ranges meet") {
  std::vector<double> memory(200);
  const double* x = memory.data();
  // Even and odd columns share nothing, but that is more than is asked.
  CHECK(overlap<double>({x, 5, 5, 20, 2}, {x + 1, 5, 5, 20, 2}));
  CHECK(overlap<double>({x, 5, 5, 20, 1}, {x + 60, 5, 5, 1, 20}));
  CHECK_FALSE(overlap<double>({x, 5, 5, 10, 2}, {x + 49, 5, 5, 10, 2}));
  CHECK(overlap<double>({x, 5, 5, 10, 2}, {x + 48, 5, 5, 10, 2}));
  CHECK_FALSE(overlap<double>({x + 100, 3, 4, 4, 1}, {x, 20, 5, 5, 1}));
  // Rows or columns in reverse.
  CHECK(overlap<double>({x + 80, 5, 4, -20, 1}, {x, 1, 4, 20, 1}));
  CHECK(overlap<double>({x + 9, 1, 10, 10, -1}, {x, 1, 3, 3, 1}));
  CHECK_FALSE(overlap<double>({x + 80, 5, 4, -20, 1}, {x + 84, 1, 4, 4, 1}));
  CHECK_FALSE(overlap<double>({x + 19, 1, 10, 10, -1}, {x, 1, 10, 10, 1}));
}

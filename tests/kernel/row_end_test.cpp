// Rows that do not end with a vector: every width, in arrays that end where the row does.
#include <tartan/kernel/row_end.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;
using tartan::test::untouched;

namespace {

template <class T, class S>
void check_row_end() {
  constexpr Index W = Shape<T>::width;
  for (Index cols = 1; cols <= 3 * W; ++cols) {
    CAPTURE(cols, W);
    const RowEnd<T> end(cols);
    CHECK(end.whole() % W == 0);
    CHECK(end.whole() + end.rest() == cols);
    CHECK(end.rest() < W);
    CHECK(end.padded() == (cols + W - 1) / W * W);
    if (end.rest() == 0) continue;
    Numbers<S> row(cols);
    for (Index c = 0; c < cols; ++c) row[c] = static_cast<S>(static_cast<float>(1 + c));
    Numbers<T> lanes(W);
    simd::store(lanes.data(), end.load(row.data()));
    for (Index l = 0; l < W; ++l) {
      const Index c = end.whole() + l - end.lane();
      CHECK(lanes[l] == (c < end.whole() || c >= cols ? T(0) : static_cast<T>(1 + c)));
    }
    Numbers<T> to(cols);
    end.store(to.data(), simd::load(lanes.data()));
    for (Index c = 0; c < cols; ++c) {
      CHECK(to[c] == static_cast<T>(c < end.whole() ? untouched : static_cast<double>(1 + c)));
    }
  }
}

}  // namespace

TEST_CASE("RowEnd: the columns beyond whole vectors, zeros beside them, and no other") {
  check_row_end<float, float>();
  check_row_end<double, double>();
  check_row_end<float, Eigen::half>();
  check_row_end<float, Eigen::bfloat16>();
}

#ifndef __FAST_MATH__
TEST_CASE("RowEnd: what is not finite in whole vectors does not reach the last one") {
  constexpr Index W = Shape<float>::width;
  if (W == 1) return;
  Numbers<float> row(W + 1, std::numeric_limits<double>::quiet_NaN());
  row[W] = 3.0f;
  Numbers<float> lanes(W);
  simd::store(lanes.data(), RowEnd<float>(W + 1).load(row.data()));
  for (Index l = 0; l < W; ++l) CHECK(lanes[l] == (l == W - 1 ? 3.0f : 0.0f));
}
#endif

// The value step of few queries against a plain loop in double: every number of columns and rows,
// nothing read beside the values' columns or written beside the outputs'.
#include <tartan/kernel/row_values.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::number;
using tartan::test::Numbers;
using tartan::test::untouched;

namespace {

template <class T, int R, class S>
void check_values(Index count, Index dv, Index gap, bool isolate) {
  const Index v_stride = dv + gap, p_stride = count + 1, out_stride = dv + 2;
  const Numbers<double> random = Numbers<double>::random(count * dv, 3);
  Numbers<S> v(count > 0 ? (count - 1) * v_stride + dv : 0);
  for (Index e = 0; e < count; ++e) {
    for (Index c = 0; c < dv; ++c) v[e * v_stride + c] = static_cast<S>(random[e * dv + c]);
#ifndef __FAST_MATH__
    for (Index c = dv; e + 1 < count && c < v_stride; ++c) {
      v[e * v_stride + c] = std::numeric_limits<S>::quiet_NaN();
    }
#endif
  }
  const Numbers<T> p = Numbers<T>::random(R * p_stride, 4);
  const Numbers<T> correction = Numbers<T>::random(R, 5);
  Numbers<T> out = Numbers<T>::random(R * out_stride, 6);
  const Numbers<T> before = out;
  const RowValues<T, S> x{p.data(), p_stride,          v.data(),   v_stride,
                          count,    correction.data(), out.data(), out_stride};
  const RowAhead ahead = RowAhead::of<S>(v_stride, count);
  if (isolate) {
    row_values<T, R, true>(x, RowEnd<T>(dv), ahead);
  } else {
    row_values<T, R, false>(x, RowEnd<T>(dv), ahead);
  }
  for (Index r = 0; r < R; ++r) {
    for (Index c = 0; c < out_stride; ++c) {
      const T got = out[r * out_stride + c], old = before[r * out_stride + c];
      if (c >= dv) {
        CHECK(got == old);
        continue;
      }
      double sum = static_cast<double>(old) * static_cast<double>(correction[r]);
      double size = std::abs(sum);
      for (Index e = 0; e < count; ++e) {
        const double product =
            static_cast<double>(p[r * p_stride + e]) * number(v[e * v_stride + c]);
        sum += product;
        size += std::abs(product);
      }
      const double off = std::abs(static_cast<double>(got) - sum);
      if (!(off <= 8 * static_cast<double>(std::numeric_limits<T>::epsilon()) * size)) {
        FAIL("R = " << R << ", dv = " << dv << ", " << count << " keys: row " << r << ", column "
                    << c << " off by " << off);
      }
    }
  }
}

template <class T, class S>
void check_all() {
  for (const Index dv : {0, 1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 63, 64, 65, 100, 128, 130, 200}) {
    for (const Index count : {0, 1, 2, 9, 33}) {
      check_values<T, 1, S>(count, dv, 0, count == 9);
      check_values<T, 2, S>(count, dv, 5, count == 9);
      check_values<T, 3, S>(count, dv, 0, count == 33);
      check_values<T, 4, S>(count, dv, 3 * dv, count == 33);
    }
  }
}

}  // namespace

TEST_CASE("row_values: float and double") {
  check_all<float, float>();
  check_all<double, double>();
}

TEST_CASE("row_values: values stored as half and bfloat16") {
  check_all<float, Eigen::half>();
  check_all<float, Eigen::bfloat16>();
}

#ifndef __FAST_MATH__
TEST_CASE("row_values: isolated, a value of weight 0 is kept from its row and reaches the others") {
  for (const Index dv : {1, 17, 64}) {
    Numbers<float> v(3 * dv, 1.0), p(2 * 3, 1.0), correction(2, 1.0), out(2 * dv, 0.0);
    for (Index c = 0; c < dv; ++c) v[dv + c] = std::numeric_limits<float>::quiet_NaN();
    p[1] = 0;
    const RowValues<float, float> x{p.data(),          3,          v.data(), dv, 3,
                                    correction.data(), out.data(), dv};
    row_values<float, 2, true>(x, RowEnd<float>(dv), RowAhead{8, 3});
    for (Index c = 0; c < dv; ++c) {
      CHECK(out[c] == 2.0f);
      CHECK(std::isnan(out[dv + c]));
    }
    for (Index c = 0; c < 2 * dv; ++c) out[c] = 0;
    row_values<float, 2, false>(x, RowEnd<float>(dv), RowAhead{8, 3});
    CHECK(std::isnan(out[0]));
  }
}
#endif

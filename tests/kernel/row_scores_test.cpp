// Scores of few queries against a plain loop in double: every number of keys and columns, any
// distance between rows, stored numbers of every type, nothing read beside the keys' columns.
#include <tartan/kernel/row_scores.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::number;
using tartan::test::Numbers;

namespace {

template <class T, int R, class S>
void check_scores(Index count, Index d, Index gap) {
  constexpr T factor = T(0.5);
  constexpr Index N = row_tile_keys<T>;
  const Index k_stride = d + gap, s_stride = (count + N - 1) / N * N + 1;
  Numbers<S> k((count - 1) * k_stride + d);  // ends with the last key
  const Numbers<T> source = Numbers<T>::random(2 * R * d, 2);
  const Numbers<double> random = Numbers<double>::random(count * d, 3);
  for (Index e = 0; e < count; ++e) {
    for (Index t = 0; t < d; ++t) k[e * k_stride + t] = static_cast<S>(random[e * d + t]);
  }
#ifndef __FAST_MATH__
  for (Index e = 0; e + 1 < count; ++e) {
    for (Index t = d; t < k_stride; ++t) {
      k[e * k_stride + t] = std::numeric_limits<S>::quiet_NaN();
    }
  }
#endif
  const RowEnd<T> end(d);
  const Index q_stride = end.padded() + 3;
  Numbers<T> q(R * q_stride), s(R * s_stride);
  for (Index r = 0; r < R; ++r) {
    pack_query(source.data() + r * 2 * d, 2, d, factor, q.data() + r * q_stride);
  }
  row_scores<T, R>(q.data(), q_stride, end, k.data(), k_stride, count, s.data(), s_stride,
                   RowAhead::of<S>(k_stride, count));
  for (Index r = 0; r < R; ++r) {
    for (Index e = 0; e < count; ++e) {
      double score = 0, size = 0;
      for (Index t = 0; t < d; ++t) {
        const double product =
            0.5 * static_cast<double>(source[(r * d + t) * 2]) * number(k[e * k_stride + t]);
        score += product;
        size += std::abs(product);
      }
      const double off = std::abs(static_cast<double>(s[r * s_stride + e]) - score);
      if (!(off <= 8 * static_cast<double>(std::numeric_limits<T>::epsilon()) * size)) {
        FAIL("R = " << R << ", d = " << d << ", " << count << " keys: row " << r << ", key " << e
                    << " off by " << off);
      }
    }
    CHECK(s[r * s_stride + s_stride - 1] == static_cast<T>(test::untouched));
  }
}

template <class T, class S>
void check_all() {
  for (const Index d : {1, 3, 4, 7, 8, 15, 16, 17, 31, 64, 65, 100, 128}) {
    for (const Index count : {1, 2, 5, 7, 8, 9, 16, 23, 64}) {
      check_scores<T, 1, S>(count, d, 0);
      check_scores<T, 2, S>(count, d, 5);
      check_scores<T, 3, S>(count, d, 0);
      check_scores<T, 4, S>(count, d, 3 * d);
    }
  }
}

}  // namespace

TEST_CASE("row_scores: float and double") {
  check_all<float, float>();
  check_all<double, double>();
}

TEST_CASE("row_scores: keys stored as half and bfloat16") {
  check_all<float, Eigen::half>();
  check_all<float, Eigen::bfloat16>();
}

TEST_CASE("row_scores: no keys, no columns") {
  float s[std::size_t(row_tile_keys<float>)] = {7.0f};
  const RowEnd<float> none(0);
  row_scores<float, 1>(static_cast<const float*>(nullptr), 0, none,
                       static_cast<const float*>(nullptr), 0, 0, s, 0, RowAhead{8, 0});
  CHECK(s[0] == 7.0f);
  const float key = 1.0f;
  row_scores<float, 1>(&key, 0, none, &key, 0, 1, s, 0, RowAhead{8, 1});
  CHECK(s[0] == 0.0f);
}

#ifndef __FAST_MATH__
TEST_CASE("row_scores: what is not finite in a key or a query is in its scores alone") {
  constexpr Index d = 21, count = 13;
  for (const float poison :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const Index at : {Index{0}, Index{17}, d - 1}) {
      Numbers<float> k(count * d, 1.0), source(2 * d, 1.0);
      k[5 * d + at] = poison;
      const RowEnd<float> end(d);
      Numbers<float> q(2 * end.padded()), s(2 * 16);
      for (Index r = 0; r < 2; ++r) {
        pack_query(source.data() + r * d, 1, d, 1.0f, q.data() + r * end.padded());
      }
      row_scores<float, 2>(q.data(), end.padded(), end, k.data(), d, count, s.data(), 16,
                           RowAhead{8, count});
      for (Index e = 0; e < count; ++e) {
        CHECK(std::isfinite(s[e]) == (e != 5));
        CHECK(std::isfinite(s[16 + e]) == (e != 5));
      }
      if (std::isinf(poison)) CHECK(s[5] == poison);  // and not NaN
    }
  }
}
#endif

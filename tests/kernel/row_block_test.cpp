// Few queries against many keys, whole: against softmax attention in double, for every number of
// rows, edited scores, parts that are merged, and what is not finite.
#include <tartan/kernel/row_block.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"
#include "support/random.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::number;
using tartan::test::Numbers;
using tartan::test::Random;

namespace {

/// R queries, and keys and values at any distance from each other in arrays that end with the last.
template <class T, int R, class S>
struct Rig {
  Index count, d, dv, k_stride, v_stride;
  Numbers<T> source, q, out, row_max{R}, row_sum{R};
  Numbers<S> k, v;

  Rig(Index count_, Index d_, Index dv_, Index gap, unsigned seed, double size)
      : count(count_),
        d(d_),
        dv(dv_),
        k_stride(d + gap),
        v_stride(dv + 2 * gap),
        source(Numbers<T>::random(R * d, seed, size)),
        q(R * RowEnd<T>(d).padded()),
        out(R * dv),
        k(stored(count, d, k_stride, seed + 1)),
        v(stored(count, dv, v_stride, seed + 2)) {
    for (Index r = 0; r < R; ++r) {
      pack_query(source.data() + r * d, 1, d, T(1), q.data() + r * RowEnd<T>(d).padded());
    }
    start();
  }

  static Numbers<S> stored(Index rows, Index cols, Index stride, unsigned seed) {
    const Numbers<double> random = Numbers<double>::random(rows * cols, seed);
    Numbers<S> numbers(rows > 0 ? (rows - 1) * stride + cols : 0);
#ifndef __FAST_MATH__
    for (Index i = 0; rows > 0 && i < (rows - 1) * stride; ++i) {
      numbers[i] = std::numeric_limits<S>::quiet_NaN();
    }
#endif
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < cols; ++c)
        numbers[r * stride + c] = static_cast<S>(random[r * cols + c]);
    }
    return numbers;
  }

  void start() {
    for (Index r = 0; r < R; ++r) start_row(out.data() + r * dv, dv, row_max[r], row_sum[r]);
  }
  QueryRows<T> rows() {
    return {q.data(), RowEnd<T>(d).padded(), d, out.data(), dv, dv, row_max.data(), row_sum.data()};
  }
  RowKeys<S> keys() const { return {k.data(), k_stride, v.data(), v_stride, count}; }

  void finish() {
    for (Index r = 0; r < R; ++r) {
      finish_row(out.data() + r * dv, dv, row_sum[r], out.data() + r * dv, 1);
    }
  }

  /// Says which finished row is wrong, or "". attends(r, e): the keys that count.
  template <class Attends>
  std::string check(const Attends& attends) const {
    for (Index r = 0; r < R; ++r) {
      std::vector<double> score(static_cast<std::size_t>(count)),
          exact(static_cast<std::size_t>(dv));
      double largest = -1e300, size = 0, sum = 0;
      for (Index e = 0; e < count; ++e) {
        double all = 0;
        for (Index t = 0; t < d; ++t) {
          const double x = static_cast<double>(source[r * d + t]) * number(k[e * k_stride + t]);
          score[std::size_t(e)] += x;
          all += std::abs(x);
        }
        if (!attends(r, e)) continue;
        size = std::max(size, all);
        largest = std::max(largest, score[std::size_t(e)]);
      }
      for (Index e = 0; e < count; ++e) {
        if (!attends(r, e)) continue;
        const double weight = std::exp2(score[std::size_t(e)] - largest);
        sum += weight;
        for (Index c = 0; c < dv; ++c)
          exact[std::size_t(c)] += weight * number(v[e * v_stride + c]);
      }
      const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
      const double allowed = epsilon * (64 + 8 * size);
      for (Index c = 0; c < dv; ++c) {
        const double expected = sum > 0 ? exact[std::size_t(c)] / sum : 0;
        if (!(std::abs(static_cast<double>(out[r * dv + c]) - expected) <= allowed)) {
          return "row " + std::to_string(r) + ", column " + std::to_string(c) + ": " +
                 std::to_string(out[r * dv + c]) + " for " + std::to_string(expected);
        }
      }
    }
    return "";
  }
};

constexpr auto all = [](Index, Index) { return true; };

template <class T, int R, class S>
void check_shapes() {
  unsigned seed = 1;
  for (const Index count : {0, 1, 2, 7, 8, 100, 511, 512, 513, 1100}) {
    for (const auto& [d, dv] : {std::pair<Index, Index>{1, 1},
                                {3, 17},
                                {17, 3},
                                {64, 64},
                                {100, 70},
                                {128, 128},
                                {0, 5},
                                {5, 0}}) {
      for (const double size : {0.3, 30.0}) {
        CAPTURE(R, count, d, dv, size);
        ++seed;
        Rig<T, R, S> rig(count, d, dv, seed % 3 * 5, seed, size);
        take_rows(R, rig.rows(), rig.keys());
        rig.finish();
        CHECK(rig.check(all) == "");
      }
    }
  }
}

template <class T, class S>
void check_numbers_of_rows() {
  check_shapes<T, 1, S>();
  check_shapes<T, 2, S>();
  check_shapes<T, 3, S>();
  check_shapes<T, 4, S>();
}

}  // namespace

TEST_CASE("take_rows: float and double, any shape") {
  check_numbers_of_rows<float, float>();
  check_numbers_of_rows<double, double>();
}

TEST_CASE("take_rows: keys and values stored as half and bfloat16") {
  check_shapes<float, 2, Eigen::half>();
  check_shapes<float, 3, Eigen::bfloat16>();
}

TEST_CASE("take_rows: scores of hundreds of thousands") {
  Rig<float, 2, float> rig(300, 64, 8, 0, 3, 1e4);
  take_rows<float, 2>(rig.rows(), rig.keys());
  for (Index r = 0; r < 2; ++r) {
    Index best = 0;
    double best_score = -1e300;
    for (Index e = 0; e < 300; ++e) {
      double score = 0;
      for (Index t = 0; t < 64; ++t) {
        score +=
            static_cast<double>(rig.source[r * 64 + t]) * static_cast<double>(rig.k[e * 64 + t]);
      }
      if (score > best_score) best_score = score, best = e;
    }
    CHECK(rig.row_sum[r] == 1.0f);
    for (Index c = 0; c < 8; ++c) CHECK(rig.out[r * 8 + c] == rig.v[best * 8 + c]);
  }
}

TEST_CASE("take_rows: keys in parts, in one state or in several that are merged") {
  Random random(5);
  for (int trial = 0; trial < 60; ++trial) {
    const Index count = random.in(0, 900), d = random.in(1, 70), dv = random.in(1, 70);
    Rig<float, 3, float> rig(count, d, dv, random.in(0, 4), static_cast<unsigned>(trial), 1.0);
    Rig<float, 3, float> part = rig;
    const bool merge = trial % 2 == 0;
    for (Index first = 0; first < count;) {
      const Index some = std::min(count - first, random.in(0, 300));
      if (merge) {
        part.start();
        take_rows<float, 3>(part.rows(), rig.keys().part(first, some));
        for (Index r = 0; r < 3; ++r) {
          merge_row_parts(rig.out.data() + r * dv, rig.row_max[r], rig.row_sum[r],
                          part.out.data() + r * dv, part.row_max[r], part.row_sum[r], dv);
        }
      } else {
        take_rows<float, 3>(rig.rows(), rig.keys().part(first, some));
      }
      first += some;
    }
    rig.finish();
    CAPTURE(trial, count, d, dv);
    CHECK(rig.check(all) == "");
  }
}

TEST_CASE("take_rows: scores are edited between scores and softmax") {
  Rig<double, 4, double> rig(600, 20, 9, 0, 8, 1.0);
  Index seen = 0;
  const auto odd = [](Index r, Index e) { return (r + e) % 2 == 1 && r != 3; };
  take_rows<double, 4>(rig.rows(), rig.keys(),
                       [&](Index first, Index count, double* s, Index s_stride) {
                         CHECK(first == seen);
                         seen += count;
                         for (Index r = 0; r < 4; ++r) {
                           for (Index e = 0; e < count; ++e) {
                             if (!odd(r, first + e)) s[r * s_stride + e] = masked_score<double>;
                           }
                         }
                         return true;
                       });
  CHECK(seen == 600);
  CHECK(rig.row_sum[3] == 0.0);  // all of its pairs are masked
  rig.finish();
  CHECK(rig.check(odd) == "");
}

#ifndef __FAST_MATH__
TEST_CASE("take_rows: keys and values of masked pairs may be anything") {
  for (const float poison :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Rig<float, 2, float> rig(600, 20, 19, 1, 8, 1.0);
    const Rig<float, 2, float> clean = rig;
    for (const Index e : {0, 5, 511, 512, 599}) {
      for (Index t = 0; t < 20; ++t) rig.k[e * rig.k_stride + t] = poison;
      for (Index c = 0; c < 19; ++c) rig.v[e * rig.v_stride + c] = -poison;
    }
    const auto attends = [](Index, Index e) {
      return e % 5 != 0 && e != 511 && e != 512 && e != 599;
    };
    take_rows<float, 2>(rig.rows(), rig.keys(),
                        [&](Index first, Index count, float* s, Index s_stride) {
                          for (Index r = 0; r < 2; ++r) {
                            for (Index e = 0; e < count; ++e) {
                              if (!attends(r, first + e)) s[r * s_stride + e] = masked_score<float>;
                            }
                          }
                          return true;
                        });
    rig.finish();
    rig.k = clean.k;
    rig.v = clean.v;
    CHECK(rig.check(attends) == "");
  }
}

TEST_CASE("take_rows: NaN that is attended reaches the row") {
  for (const bool in_key : {true, false}) {
    for (const Index e : {0, 511, 512, 598, 599}) {
      Rig<float, 3, float> rig(600, 20, 19, 0, 8, 1.0);
      (in_key ? rig.k[e * 20 + 7] : rig.v[e * 19 + 18]) = std::numeric_limits<float>::quiet_NaN();
      take_rows<float, 3>(rig.rows(), rig.keys());
      rig.finish();
      for (Index r = 0; r < 3; ++r) {
        CHECK(std::isnan(rig.out[r * 19 + 18]));
        CHECK(std::isnan(rig.out[r * 19]) == in_key);
      }
    }
  }
  Rig<float, 3, float> rig(600, 20, 19, 0, 8, 1.0);
  rig.q[RowEnd<float>(20).padded() + 3] = std::numeric_limits<float>::quiet_NaN();
  take_rows<float, 3>(rig.rows(), rig.keys());
  rig.finish();
  for (Index r = 0; r < 3; ++r) CHECK(std::isnan(rig.out[r * 19]) == (r == 1));
}
#endif

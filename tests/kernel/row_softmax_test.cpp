// The online softmax with keys in lanes against a plain loop in double, and the merge of parts.
#include <tartan/kernel/row_softmax.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"
#include "support/random.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;
using tartan::test::Random;
using tartan::test::untouched;

namespace {

/// One row's scores so far, and what its state must be.
struct Exact {
  std::vector<double> scores;
  double row_max() const { return *std::max_element(scores.begin(), scores.end()); }
  double row_sum() const {
    double sum = 0;
    for (const double x : scores) sum += std::exp2(x - row_max());
    return sum;
  }
};

/// The rounding of differences of scores of this size, and of their sum.
template <class T>
double allowed(double size) {
  return static_cast<double>(std::numeric_limits<T>::epsilon()) * (32 + 2 * std::min(size, 200.0));
}

template <class T, int R>
void check_blocks(unsigned seed) {
  Random random(seed);
  Exact exact[std::size_t(R)];
  T row_max[std::size_t(R)], row_sum[std::size_t(R)], correction[std::size_t(R)];
  for (int r = 0; r < R; ++r) start_row<T>(nullptr, 0, row_max[r], row_sum[r]);
  for (int block = 0; block < 5; ++block) {
    const Index count = random.in(1, 70), stride = (count + 15) / 16 * 16 + 2;
    const double size = random.in(0, 1) == 0 ? 1.0 : 40.0;
    Numbers<T> s = Numbers<T>::random(R * stride, seed + 1, size);
    std::vector<bool> masked(static_cast<std::size_t>(R * stride));
    for (int r = 0; r < R; ++r) {
      s[r * stride + stride - 1] = static_cast<T>(untouched);
      for (Index e = 0; e < count; ++e) {
        T& score = s[r * stride + e];
        if (random.in(0, 5) == 0) {
          masked[static_cast<std::size_t>(r * stride + e)] = true;
          score = masked_score<T>;
        } else {
          exact[r].scores.push_back(static_cast<double>(score));
        }
      }
    }
    const Numbers<T> scores = s;
    T old_max[std::size_t(R)];
    std::copy(row_max, row_max + R, old_max);
    row_softmax<T, R>(s.data(), stride, count, row_max, row_sum, correction);
    for (int r = 0; r < R; ++r) {
      CAPTURE(R, r, block, count);
      CHECK(s[r * stride + stride - 1] == static_cast<T>(untouched));
      if (exact[r].scores.empty()) {
        CHECK(row_max[r] == no_row_max<T>);
        CHECK(row_sum[r] == T(0));
        continue;
      }
      CHECK(static_cast<double>(row_max[r]) == exact[r].row_max());
      const double sum = exact[r].row_sum();
      CHECK(std::abs(static_cast<double>(row_sum[r]) - sum) <= allowed<T>(400) * sum);
      CHECK(correction[r] == exp2_of<T>(old_max[r] - row_max[r]));
      for (Index e = 0; e < count; ++e) {
        const T weight = s[r * stride + e];
        if (masked[static_cast<std::size_t>(r * stride + e)]) {
          CHECK(weight == T(0));
          continue;
        }
        const double x = static_cast<double>(scores[r * stride + e]) - exact[r].row_max();
        CHECK(std::abs(static_cast<double>(weight) - std::exp2(x)) <=
              allowed<T>(-x) * std::exp2(x) + 1e-37);
      }
    }
  }
}

template <class T>
void check_all() {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    check_blocks<T, 1>(seed);
    check_blocks<T, 2>(seed);
    check_blocks<T, 3>(seed);
    check_blocks<T, 4>(seed);
  }
}

}  // namespace

TEST_CASE("row_softmax: random scores, some masked, block after block") {
  check_all<float>();
  check_all<double>();
}

TEST_CASE("row_softmax: a block without keys, or all of them masked, changes nothing") {
  float s[32], row_max = no_row_max<float>, row_sum = 0, correction = 7;
  row_softmax<float, 1>(s, 32, 0, &row_max, &row_sum, &correction);
  CHECK((row_max == no_row_max<float> && row_sum == 0 && correction == 1));
  for (float& x : s) x = masked_score<float>;
  row_softmax<float, 1>(s, 32, 32, &row_max, &row_sum, &correction);
  CHECK((row_max == no_row_max<float> && row_sum == 0 && correction == 1));
  s[0] = -1e38f;
  row_softmax<float, 1>(s, 32, 1, &row_max, &row_sum, &correction);
  CHECK((row_max == -1e38f && row_sum == 1 && s[0] == 1 && correction == 0));
}

TEST_CASE("merge_row_parts: two parts of a row, or one and none") {
  float out[2] = {1, 2}, row_max = 3, row_sum = 4;
  const float other[2] = {8, 4};
  merge_row_parts(out, row_max, row_sum, other, 5.0f, 2.0f, 2);  // the first now counts a quarter
  CHECK((out[0] == 8.25f && out[1] == 4.5f && row_max == 5 && row_sum == 3));
  merge_row_parts(out, row_max, row_sum, other, 4.0f, 2.0f, 2);
  CHECK((out[0] == 12.25f && out[1] == 6.5f && row_max == 5 && row_sum == 4));

  float none_out[2], none_max, none_sum;
  start_row(none_out, 2, none_max, none_sum);
  merge_row_parts(out, row_max, row_sum, none_out, none_max, none_sum, 2);
  CHECK((out[0] == 12.25f && out[1] == 6.5f && row_max == 5 && row_sum == 4));
  merge_row_parts(none_out, none_max, none_sum, out, row_max, row_sum, 2);
  CHECK((none_out[0] == 12.25f && none_out[1] == 6.5f && none_max == 5 && none_sum == 4));

  float a[2], a_max, a_sum, b[2], b_max, b_sum;
  start_row(a, 2, a_max, a_sum);
  start_row(b, 2, b_max, b_sum);
  merge_row_parts(a, a_max, a_sum, b, b_max, b_sum, 2);
  CHECK((a[0] == 0 && a[1] == 0 && a_max == no_row_max<float> && a_sum == 0));
}

TEST_CASE("finish_row divides by the sum; a row without keys is 0") {
  const double out[2] = {3, 5};
  double to[3] = {untouched, untouched, untouched};
  finish_row(out, 2, 2.0, to, 2);
  CHECK((to[0] == 1.5 && to[1] == untouched && to[2] == 2.5));
  finish_row(out, 2, 0.0, to, 2);
  CHECK((to[0] == 0 && to[1] == untouched && to[2] == 0));
}

#ifndef __FAST_MATH__
TEST_CASE(
    "row_softmax and merge_row_parts: NaN reaches its row, wherever it comes in, and no other") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (Index at = 0; at < 40; ++at) {
    for (const float poison : {nan, std::numeric_limits<float>::infinity()}) {
      Numbers<float> s(2 * 48, 1.0);
      s[at] = poison;
      float row_max[2] = {0.5f, 0.5f}, row_sum[2] = {1, 1}, correction[2];
      row_softmax<float, 2>(s.data(), 48, 40, row_max, row_sum, correction);
      CHECK(std::isnan(row_sum[0]));
      CHECK(row_sum[1] == 40 + correction[1]);
      for (Index e = 0; e < 40; ++e) s[e] = 1;
      row_softmax<float, 2>(s.data(), 48, 40, row_max, row_sum, correction);
      CHECK(std::isnan(row_sum[0]));
      float out = 1, other_max = 2, other_sum = 1;
      const float other = 1;
      merge_row_parts(&out, other_max, other_sum, &other, row_max[0], row_sum[0], 1);
      CHECK(std::isnan(other_sum));
    }
  }
}

TEST_CASE("row_softmax: a score of minus infinity has no weight") {
  const float infinite = std::numeric_limits<float>::infinity();
  float s[16] = {-infinite, 1, -infinite};
  float row_max = no_row_max<float>, row_sum = 0, correction;
  row_softmax<float, 1>(s, 16, 3, &row_max, &row_sum, &correction);
  CHECK((s[0] == 0 && s[1] == 1 && s[2] == 0 && row_sum == 1));
}
#endif

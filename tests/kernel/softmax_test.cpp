// The online softmax of one vector of queries against a plain loop in double: ranges, ragged
// bounds and holes of every kind.
#include <tartan/kernel/softmax.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"
#include "support/random.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;
using tartan::test::Random;
using tartan::test::untouched;

namespace {

template <class T>
struct Bounds {
  static constexpr Index W = Shape<T>::width;
  Numbers<T> lower{W}, upper{W}, hole_lower{W}, hole_upper{W};
  bool has_hole = false;

  SlotBounds<T> view() const {
    return {lower.data(), upper.data(), hole_lower.data(), hole_upper.data()};
  }
  bool attends(Index lane, Index slot) const {
    const T e = static_cast<T>(slot);
    return lower[lane] <= e && e <= upper[lane] &&
           !(has_hole && hole_lower[lane] <= e && e <= hole_upper[lane]);
  }
  /// The range that these bounds, none of which decreases, leave of `count` slots.
  SlotRange range(Index count) const {
    const auto slot = [&](T bound) {
      return std::clamp(static_cast<Index>(bound), Index{0}, count);
    };
    SlotRange range{
        slot(lower[0]), slot(upper[W - 1] + T(1)), slot(lower[W - 1]), slot(upper[0] + T(1)), 0, 0};
    range.end = std::max(range.begin, range.end);
    range.full_begin = std::min(range.full_begin, range.end);
    range.full_end = std::clamp(range.full_end, range.full_begin, range.end);
    if (has_hole) {
      range.hole_begin = std::max(range.begin, slot(hole_lower[0]));
      range.hole_end = std::min(range.end, slot(hole_upper[W - 1] + T(1)));
    }
    return range;
  }
};

/// Numbers in [-1, count], none below the one before.
template <class T>
void climb(Random& random, Index count, Numbers<T>& bound) {
  for (Index l = 0; l < Shape<T>::width; ++l) bound[l] = static_cast<T>(random.in(-1, count));
  std::sort(bound.data(), bound.data() + Shape<T>::width);
}

/// One vector's softmax over several blocks, and the same in double.
template <class T>
class Softmax {
  static constexpr Index W = Shape<T>::width, L = Shape<T>::lanes;

 public:
  /// Takes a block of `count` slots with scores of the given size and centre; what is not attended
  /// holds `other`. Says what went wrong, or "".
  std::string take(Index count, const Bounds<T>& bounds, unsigned seed, double size, double centre,
                   T other) {
    const SlotRange range = bounds.range(count);
    Numbers<T> s = Numbers<T>::random((count - 1) * L + W, seed, size);
    for (Index e = 0; e < count; ++e) {
      for (Index l = 0; l < W; ++l) {
        T& score = s[e * L + l];
        score = bounds.attends(l, e) ? score + static_cast<T>(centre) : other;
        if (bounds.attends(l, e)) scores_[std::size_t(l)].push_back(static_cast<double>(score));
      }
      for (Index l = W; l < L && e + 1 < count; ++l) s[e * L + l] = static_cast<T>(untouched);
    }
    const Numbers<T> before = s, old_max = row_max_;
    const std::array<SoftmaxPart<T>, 1> part{{{range, bounds.view()}}};
    softmax_block<T>(s.data(), part, row_max_.data(), row_sum_.data(), correction_.data());
    for (Index e = 0; e < count; ++e) {
      for (Index l = 0; l < (e + 1 < count ? L : W); ++l) {
        const T got = s[e * L + l];
        if (l >= W || e < range.begin || e >= range.end) {
          if (std::memcmp(&got, &before[e * L + l], sizeof(T)) != 0) return "written outside";
        } else if (!bounds.attends(l, e)) {
          if (got != T(0)) return "a weight of a pair that is not attended";
        } else if (!near_power(got, before[e * L + l], row_max_[l])) {
          return "a wrong weight";
        }
      }
    }
    for (Index l = 0; l < W; ++l) {
      if (!near_power(correction_[l], old_max[l], row_max_[l])) return "a wrong correction";
      const std::string wrong = check_state(l);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

 private:
  /// True where x is 2^(score - row_max) but for rounding, of the difference too.
  static bool near_power(T x, T score, T row_max) {
    const double exponent = static_cast<double>(score) - static_cast<double>(row_max);
    const double exact = std::exp2(exponent);
    const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
    const double smallest = std::max(static_cast<double>(std::numeric_limits<T>::min()),
                                     sizeof(T) == 8 ? std::exp2(-1000.0) : 0.0);
    return std::abs(static_cast<double>(x) - exact) <=
           (4 + std::abs(exponent)) * epsilon * exact + smallest;
  }

  std::string check_state(Index lane) const {
    const auto& scores = scores_[std::size_t(lane)];
    if (scores.empty()) {
      if (row_max_[lane] != no_row_max<T>) return "a maximum of no score";
      return row_sum_[lane] == T(0) ? "" : "a sum of no weight";
    }
    const double row_max = *std::max_element(scores.begin(), scores.end());
    if (static_cast<double>(row_max_[lane]) != row_max) return "a wrong maximum";
    double sum = 0, reach = 0;
    for (const double score : scores) {
      sum += std::exp2(score - row_max);
      reach = std::max(reach, row_max - score);
    }
    const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
    const double off = std::abs(static_cast<double>(row_sum_[lane]) - sum);
    return off <= (8 + std::min(reach, 60.0)) * 8 * epsilon * sum ? "" : "a wrong sum";
  }

  Numbers<T> row_max_{W, static_cast<double>(no_row_max<T>)};
  Numbers<T> row_sum_{W, 0.0};
  Numbers<T> correction_{W};
  std::array<std::vector<double>, std::size_t(W)> scores_;
};

/// Random bounds, several blocks in turn: every lane's maximum rises now and then.
template <class T>
void check_random(int trials) {
  Random random(7);
  for (int trial = 0; trial < trials; ++trial) {
    Softmax<T> softmax;
    for (int block = 0; block < 4; ++block) {
      const Index count = random.in(1, block_keys);
      Bounds<T> bounds;
      climb(random, count, bounds.lower);
      climb(random, count, bounds.upper);
      bounds.has_hole = random.in(0, 1) == 1;
      climb(random, count, bounds.hole_lower);
      climb(random, count, bounds.hole_upper);
      if (random.in(0, 3) == 0) {  // all slots, for all lanes
        bounds.lower = Numbers<T>(Shape<T>::width, -1);
        bounds.upper = Numbers<T>(Shape<T>::width, static_cast<double>(count));
      }
      const std::string wrong = softmax.take(
          count, bounds, static_cast<unsigned>(random.in(0, 1 << 30)), random.in(0, 1) ? 1.0 : 30.0,
          static_cast<double>(random.in(-40, 40)), random.in(0, 1) ? T(0) : T(1e30));
      if (!wrong.empty()) FAIL("trial " << trial << ", block " << block << ": " << wrong);
    }
  }
  SUCCEED();
}

/// Every number of slots, every shift of a window that moves on by a slot from lane to lane.
template <class T>
void check_windows() {
  constexpr Index W = Shape<T>::width;
  for (Index count = 1; count <= block_keys; ++count) {
    for (Index shift = -W - 2; shift <= count; shift += 1 + count / 5) {
      for (const Index length : {Index{1}, Index{2}, W - 1, W, 2 * W + 1, block_keys}) {
        Bounds<T> bounds;
        for (Index l = 0; l < W; ++l) {
          bounds.lower[l] = static_cast<T>(std::clamp(shift + l, Index{-1}, count));
          bounds.upper[l] = static_cast<T>(std::clamp(shift + l + length - 1, Index{-1}, count));
        }
        const std::string wrong =
            Softmax<T>().take(count, bounds, static_cast<unsigned>(count), 1.0, 0.0, T(0));
        if (!wrong.empty()) FAIL(count << " slots, shift " << shift << ": " << wrong);
      }
    }
  }
  SUCCEED();
}

}  // namespace

TEST_CASE("no_row_max: further above masked_score than exp2 can bridge, below every other score") {
  CHECK(no_row_max<float> - masked_score<float> > 1e30f);
  CHECK(no_row_max<double> - masked_score<double> > 1e290);
  CHECK(no_row_max<float> < -3.4028e38f);
  CHECK(no_row_max<double> < -1.7976e308);
}

TEST_CASE("full() is true for a range without edges and hole alone") {
  CHECK(SlotRange{0, 9, 0, 9, 0, 0}.full());
  CHECK(SlotRange{3, 9, 3, 9, 5, 5}.full());
  CHECK_FALSE(SlotRange{0, 9, 1, 9, 0, 0}.full());
  CHECK_FALSE(SlotRange{0, 9, 0, 8, 0, 0}.full());
  CHECK_FALSE(SlotRange{0, 9, 0, 9, 4, 5}.full());
}

TEST_CASE("softmax_block: random bounds and holes, block after block") {
  check_random<float>(250);
  check_random<double>(250);
}

TEST_CASE("softmax_block: windows across a block's ends") {
  check_windows<float>();
  check_windows<double>();
}

TEST_CASE("softmax_block: a block of no slot changes no state, and corrects by 1") {
  Softmax<float> softmax;
  Bounds<float> none, all;
  none.lower = Numbers<float>(Shape<float>::width, 5);
  none.upper = Numbers<float>(Shape<float>::width, 4);
  all.lower = Numbers<float>(Shape<float>::width, -1);
  all.upper = Numbers<float>(Shape<float>::width, 8);
  CHECK(softmax.take(8, none, 1, 1.0, 0.0, 0.0f) == "");
  CHECK(softmax.take(8, all, 2, 1.0, 0.0, 0.0f) == "");
  CHECK(softmax.take(8, none, 3, 1.0, 0.0, 0.0f) == "");
}

TEST_CASE("softmax_block: scores near the ends of what the scalar holds") {
  Bounds<float> all;
  all.lower = Numbers<float>(Shape<float>::width, -1);
  all.upper = Numbers<float>(Shape<float>::width, 8);
  for (const double centre : {-1e38, -1e30, 1e30, 1e38}) {
    CAPTURE(centre);
    Softmax<float> softmax;
    CHECK(softmax.take(8, all, 1, 0.0, centre, 0.0f) == "");
    CHECK(softmax.take(8, all, 2, 0.0, centre, 0.0f) == "");
  }
}

#ifndef __FAST_MATH__
TEST_CASE("softmax_block: NaN and infinity where no lane attends change nothing") {
  Random random(8);
  for (const float poison :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (int trial = 0; trial < 50; ++trial) {
      Bounds<float> bounds;
      climb(random, 40, bounds.lower);
      climb(random, 40, bounds.upper);
      bounds.has_hole = trial % 2 == 0;
      climb(random, 40, bounds.hole_lower);
      climb(random, 40, bounds.hole_upper);
      CHECK(Softmax<float>().take(40, bounds, 1, 1.0, 0.0, poison) == "");
    }
  }
}

TEST_CASE("softmax_block: a NaN that a lane attends is in its sum, and in no other lane's") {
  constexpr Index W = Shape<float>::width, L = Shape<float>::lanes;
  Numbers<float> s = Numbers<float>::random(9 * L, 1);
  s[4 * L] = std::numeric_limits<float>::quiet_NaN();
  Numbers<float> row_max(W, static_cast<double>(no_row_max<float>)), row_sum(W, 0), correction(W);
  const Bounds<float> unused;
  const std::array<SoftmaxPart<float>, 1> part{{{{0, 9, 0, 9, 0, 0}, unused.view()}}};
  softmax_block<float>(s.data(), part, row_max.data(), row_sum.data(), correction.data());
  for (Index l = 0; l < W; ++l) CHECK(std::isnan(row_sum[l]) == (l == 0));
}
#endif

// The score step against a plain loop in double.
#include <tartan/kernel/scores.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;
using tartan::test::untouched;

namespace {

/// A product of a query and a key in double, and how far off it may be in T.
struct Dot {
  double value = 0;
  double allowed = 0;
};

template <class T>
struct Operands {
  static constexpr Index L = Shape<T>::lanes;
  Index d, keys, stride;
  Numbers<T> qt, k;
  std::vector<Dot> dots;

  Operands(Index d_, Index keys_, Index gap)
      : d(d_),
        keys(keys_),
        stride(d_ + gap),
        qt(Numbers<T>::random(d * L, 1)),
        k(Numbers<T>::random((keys - 1) * stride + d, 2)),
        dots(static_cast<std::size_t>(keys * L)) {
    for (Index e = 0; e < keys; ++e) {
      for (Index t = 0; t < d; ++t) {
        const double key = static_cast<double>(k[e * stride + t]);
        for (Index l = 0; l < L; ++l) {
          const double product = static_cast<double>(qt[t * L + l]) * key;
          Dot& dot = dots[static_cast<std::size_t>(e * L + l)];
          dot.value += product;
          dot.allowed += std::abs(product);
        }
      }
    }
    const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
    for (Dot& dot : dots) dot.allowed *= epsilon * static_cast<double>(d + 1);
  }

  bool right(T score, Index key, Index lane) const {
    const Dot& dot = dots[static_cast<std::size_t>(key * L + lane)];
    return std::abs(static_cast<double>(score) - dot.value) <= dot.allowed;
  }
};

/// score_keys with tiles of N keys and M vectors from vector `first` on: the number of wrong
/// scores, and of places beside them that were written.
template <class T, int N, int M>
Index wrong_scores(const Operands<T>& o, Index count, int first) {
  constexpr Index W = Shape<T>::width, L = Shape<T>::lanes;
  Numbers<T> s(count * L);
  score_keys<T, N, M>(o.qt.data() + first * W, o.d, o.k.data(), o.stride, count,
                      s.data() + first * W);
  Index wrong = 0;
  for (Index e = 0; e < count; ++e) {
    for (Index l = 0; l < L; ++l) {
      const bool scored = first * W <= l && l < (first + M) * W;
      wrong += scored ? !o.right(s[e * L + l], e, l) : s[e * L + l] != T(untouched);
    }
  }
  return wrong;
}

template <class T>
void check_counts(Index d, Index gap) {
  using S = Shape<T>;
  const Operands<T> all(d, block_keys, gap);
  for (Index count = 0; count <= block_keys; ++count) {
    // Every number of keys for some sizes; for the others those that end a tile in every way.
    if (d % 16 > 1 && count > 2 * S::keys1 + 1) break;
    Operands<T> o = all;
    o.k = Numbers<T>(count > 0 ? (count - 1) * o.stride + d : 0);
    std::copy_n(all.k.data(), count > 0 ? (count - 1) * o.stride + d : 0, o.k.data());
    CAPTURE(d, gap, count);
    CHECK(wrong_scores<T, S::keys2, 2>(o, count, 0) == 0);
    CHECK(wrong_scores<T, S::keys1, 1>(o, count, 0) == 0);
    CHECK(wrong_scores<T, S::keys1, 1>(o, count, 1) == 0);
  }
}

template <class T>
void check_wrapped(Index d, Index gap) {
  constexpr Index L = Shape<T>::lanes;
  for (Index wrap = L; wrap <= L + 40; ++wrap) {
    // The last key that a lane needs is number wrap + lanes - 2.
    const Operands<T> o(d, wrap + L - 1, gap);
    Numbers<T> s((L - 1) * L);
    score_wrapped<T>(o.qt.data(), d, o.k.data(), o.stride, wrap, s.data());
    Index wrong = 0;
    for (Index e = 0; e < L - 1; ++e) {
      for (Index l = 0; l < L; ++l) wrong += !o.right(s[e * L + l], l <= e ? e : e + wrap, l);
    }
    CAPTURE(d, gap, wrap);
    CHECK(wrong == 0);
  }
}

/// score_sheared of `count` slots, of both vectors and of one; Kt ends with the last key that may
/// be read (see KeyPart).
template <class T>
void check_sheared(Index d, Index gap) {
  constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;
  for (Index count = 0; count <= 3 * W; ++count) {
    for (const Index high : {Index{0}, W}) {
      const Index keys = (high > 0 ? 3 : 1) * W + count - 1, stride = keys + gap;
      const Operands<T> o(d, keys, 0);
      Numbers<T> kt(d > 0 ? (d - 1) * stride + keys : 0);
      for (Index t = 0; t < d; ++t) {
        for (Index j = 0; j < keys; ++j) kt[t * stride + j] = o.k[j * o.stride + t];
      }
      Numbers<T> both(count * L), low(count * L), second(count * L);
      const auto score = [&]<int M, bool Shared>(Numbers<T>& s, Index m) {
        score_sheared<T, M, Shared>(o.qt.data() + m * W, d, kt.data() + m * high, stride, count,
                                    s.data() + m * W);
      };
      if (high == 0) {
        score.template operator()<2, true>(both, 0);
      } else {
        score.template operator()<2, false>(both, 0);
      }
      score.template operator()<1, false>(low, 0);
      score.template operator()<1, false>(second, 1);
      Index wrong = 0;
      for (Index e = 0; e < count; ++e) {
        for (Index l = 0; l < L; ++l) {
          const Index key = e + l % W + (l < W ? 0 : high), at = e * L + l;
          wrong += !o.right(both[at], key, l);
          wrong += !o.right((l < W ? low : second)[at], key, l);
          wrong += (l < W ? second : low)[at] != T(untouched);
        }
      }
      CAPTURE(d, gap, count, high);
      CHECK(wrong == 0);
    }
  }
}

/// score_sheared where lanes stay, at one end or the other.
template <class T>
void check_staying(Index d) {
  constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;
  for (Index count = 1; count <= 2 * W; count += 3) {
    for (Index x = 0; x < 2 * W; ++x) {
      const Index low = x < W ? x : 0, high = x < W ? W - 1 : x - W;
      const Index keys = W + count - 1;
      const Operands<T> o(d, keys, 0);
      Numbers<T> kt(d * keys);
      for (Index t = 0; t < d; ++t) {
        for (Index j = 0; j < keys; ++j) kt[t * keys + j] = o.k[j * o.stride + t];
      }
      Numbers<T> both(count * L), one(count * L);
      score_sheared<T, 2, true, true>(o.qt.data(), d, kt.data(), keys, count, both.data(), low,
                                      high);
      score_sheared<T, 1, false, true>(o.qt.data() + W, d, kt.data(), keys, count, one.data() + W,
                                       low, high);
      Index wrong = 0;
      for (Index e = 0; e < count; ++e) {
        for (Index l = 0; l < L; ++l) {
          const Index key = e + std::clamp(l % W, low, high), at = e * L + l;
          wrong += !o.right(both[at], key, l);
          wrong += l >= W && !o.right(one[at], key, l);
          wrong += l < W && one[at] != T(untouched);
        }
      }
      CAPTURE(d, count, low, high);
      CHECK(wrong == 0);
    }
  }
}

}  // namespace

TEST_CASE("score_sheared: lanes before `low` and after `high` take their keys") {
  for (const Index d : {1, 7, 16}) {
    check_staying<float>(d);
    check_staying<double>(d);
  }
}

TEST_CASE("score_keys: every head_dim to 70 and number of keys to a block") {
  for (Index d = 0; d <= 70; ++d) {
    check_counts<float>(d, d % 3);
    check_counts<double>(d, d % 2);
  }
}

TEST_CASE("score_wrapped: lanes up to the slot take the near key, the others the far one") {
  for (const Index d : {0, 1, 2, 7, 16, 70}) {
    check_wrapped<float>(d, 0);
    check_wrapped<float>(d, 3);
    check_wrapped<double>(d, 1);
  }
}

TEST_CASE("score_sheared: lane l takes in slot e key e + l") {
  for (const Index d : {0, 1, 2, 7, 16, 70}) {
    check_sheared<float>(d, 0);
    check_sheared<float>(d, 3);
    check_sheared<double>(d, 1);
  }
}

TEST_CASE("a NaN in one key is seen in its scores, and in no other") {
  constexpr Index L = Shape<float>::lanes, d = 5;
  Operands<float> o(d, 40, 0);
  o.k[17 * d + 2] = std::numeric_limits<float>::quiet_NaN();
  Numbers<float> s(40 * L);
  score_keys<float, Shape<float>::keys2, 2>(o.qt.data(), d, o.k.data(), d, 40, s.data());
  Index wrong = 0;
  for (Index e = 0; e < 40; ++e) {
    for (Index l = 0; l < L; ++l) wrong += e != 17 && !o.right(s[e * L + l], e, l);
  }
  CHECK(wrong == 0);
#ifndef __FAST_MATH__
  for (Index l = 0; l < L; ++l) CHECK(std::isnan(s[17 * L + l]));
#endif
}

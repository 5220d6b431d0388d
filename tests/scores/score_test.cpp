#include <tartan/scores/softcap.hpp>

#include "support/catch.hpp"

using namespace tartan;

namespace {
/// Equal but for the way to base 2 and back.
bool is_near(double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(b)); }
}  // namespace
using detail::ScoreRun;

namespace {

const auto show_pair = [](const auto& s, const auto& i, const auto& j) {
  using T = typename std::decay_t<decltype(s)>::Scalar;
  return s + T(1000) * i + j;
};
const auto show_head = [](const auto& s, const auto&, const auto&, Index head) {
  using T = typename std::decay_t<decltype(s)>::Scalar;
  return s * T(head);
};
static_assert(ScoreModifier<std::decay_t<decltype(show_pair)>>);
static_assert(ScoreModifier<std::decay_t<decltype(show_head)>>);
static_assert(!ScoreModifier<int>);

template <class T>
constexpr Index W = detail::simd::width<T>;

}  // namespace

TEST_CASE("a score of one pair; modifiers one after the other; none") {
  CHECK(!Score{});
  const Score one{show_pair};
  CHECK(bool(one));
  CHECK(is_near(one(0.5, 3, 7), 3007.5));
  CHECK(is_near(Score{show_pair, show_head}(0.5, 3, 7, 2), 2 * 3007.5));
  CHECK(is_near(Score{show_head, show_pair}(0.5, 3, 7, 2), 3008.0));
}

TEMPLATE_TEST_CASE("a run: vectors of one key, of one query, and of far and near keys", "", float,
                   double) {
  using T = TestType;
  constexpr Index w = W<T>, count = w + 2, stride = w + 3;
  const Score score{show_pair};
  Index i[std::size_t(w)], j[std::size_t(w)];
  for (const Index wrap : {0, 40}) {
    for (const bool one_query : {false, true}) {
      std::vector<T> s(std::size_t(count * stride), T(0.5));
      for (Index l = 0; l < w; ++l) {
        i[l] = one_query ? 9 : 9 + l;
        j[l] = one_query ? 5 + l : 5;
      }
      score.modify(ScoreRun<T>{s.data(), stride, count, i, j, 2, 0, wrap});
      for (Index e = 0; e < count; ++e) {
        for (Index l = 0; l < stride; ++l) {
          const T got = s[std::size_t(e * stride + l)];
          if (l >= w) {
            CHECK(got == T(0.5));
          } else {
            const Index key = j[l] + 2 * e + (l > e ? wrap : 0);
            const double exact = 0.5 + 1000.0 * double(i[l]) + double(key);
            CHECK(std::abs(double(got) * std::numbers::ln2 / exact - 1) < 1e-6);
          }
        }
      }
    }
  }
}

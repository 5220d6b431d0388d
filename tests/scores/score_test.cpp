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
  constexpr Index w = W<T>, stride = w + 3;
  const Score score{show_pair};
  for (const Index wrap : {0, 40}) {
    const Index count = wrap ? w - 1 : ScoreRun<T>::most + 3;
    for (const bool one_query : {false, true}) {
      std::vector<T> s(std::size_t(count * stride), T(0.5));
      const Index i_step = one_query ? 0 : 1, j_lane = one_query ? 1 : 0;
      score.modify(ScoreRun<T>{s.data(), stride, count, 9, i_step, 5, j_lane, 2, 0, wrap});
      for (Index e = 0; e < count; ++e) {
        for (Index l = 0; l < stride; ++l) {
          const T got = s[std::size_t(e * stride + l)];
          if (l >= w) {
            CHECK(got == T(0.5));
          } else {
            const Index key = 5 + l * j_lane + 2 * e + (l > e ? wrap : 0);
            const double exact = 0.5 + 1000.0 * double(9 + l * i_step) + double(key);
            CHECK(std::abs(double(got) * std::numbers::ln2 / exact - 1) < 1e-6);
          }
        }
      }
    }
  }
}

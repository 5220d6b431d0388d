// Each preset against the rule as it is published, written out with nothing of the library's.
#include <tartan/presets/presets.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

namespace {

template <class Rule>
void check_rule(const AnyPattern& pattern, const Rule& rule) {
  check_laws(pattern, 6);
  check_regular(pattern);
  bool same = true;
  for (int i = 0; i < 60; ++i) {
    for (int j = 0; j < 60; ++j) same = same && pattern.contains(i, j) == rule(i, j);
  }
  CHECK(same);
}

}  // namespace

static_assert(std::is_empty_v<presets::mistral<4096>>);
static_assert(count(presets::mistral<4096>{}, 4096) == 4096 * 4097 / 2);
static_assert(std::same_as<presets::gpt3_layer<0, 128>, Causal>);
static_assert(std::same_as<presets::gpt3_layer<95, 128>, Window<127, 0>>);

TEST_CASE("sparse_transformer_strided: A(1) = {t, ..., i} with t = max(0, i - l), and every l-th") {
  const auto first = [](int i, int j) { return std::max(0, i - 8) <= j && j <= i; };
  const auto second = [](int i, int j) { return j <= i && (i - j) % 8 == 0; };
  check_rule(any(presets::sparse_transformer_strided<8>{}),
             [&](int i, int j) { return first(i, j) || second(i, j); });
  const presets::sparse_transformer_strided_layers<8> layers;
  check_rule(any(layers.pattern<0>()), first);
  check_rule(any(layers.pattern<1>()), second);
  check_rule(any(layers.pattern<2>()), first);
}

TEST_CASE("sparse_transformer_fixed: the own block, and the last c of every block") {
  const auto first = [](int i, int j) { return j <= i && j / 8 == i / 8; };
  const auto second = [](int i, int j) {
    bool in = false;
    for (int t = 8 - 3; t < 8; ++t) in = in || j % 8 == t;
    return in && j <= i;
  };
  check_rule(any(presets::sparse_transformer_fixed<8, 3>{}),
             [&](int i, int j) { return first(i, j) || second(i, j); });
  const presets::sparse_transformer_fixed_layers<8, 3> layers;
  check_rule(any(layers.pattern<0>()), first);
  check_rule(any(layers.pattern<1>()), second);
}

TEST_CASE(
    "the released code: l keys in a window, and distinct columns by head from a block's end") {
  check_rule(any(presets::sparse_transformer_released_local<8>{}),
             [](int i, int j) { return i - 8 < j && j <= i; });
  check_rule(any(presets::sparse_transformer_fixed<8, 2, 1>{}),
             [](int i, int j) { return j <= i && (j / 8 == i / 8 || j % 8 == 4 || j % 8 == 5); });
}

TEST_CASE("pictures: a row and a column") {
  check_rule(any(presets::image_row<7>{}), [](int i, int j) { return i / 7 == j / 7; });
  check_rule(any(presets::image_column<7>{}), [](int i, int j) { return i % 7 == j % 7; });
}

TEST_CASE("gpt3, mistral and streaming_llm: bands of so many keys, self counted") {
  const presets::gpt3<5> layers;
  check_rule(any(layers.pattern<0>()), [](int i, int j) { return j <= i; });
  check_rule(any(layers.pattern<1>()), [](int i, int j) { return j <= i && j > i - 5; });
  check_rule(any(presets::mistral<5>{}), [](int i, int j) { return i - 5 < j && j <= i; });
  check_rule(any(presets::streaming_llm<4, 6>{}),
             [](int i, int j) { return j <= i && (j < 4 || i - 6 < j); });
}

TEST_CASE("longformer: a window on both sides, perhaps dilated, and global tokens") {
  check_rule(any(presets::longformer<4, 2>{}),
             [](int i, int j) { return std::abs(i - j) <= 4 || i < 2 || j < 2; });
  const auto dilated = any(presets::longformer_dilated<3, 2, 1>{});
  check_laws(dilated, 6);
  bool same = true;
  for (int i = 0; i < 60; ++i) {
    for (int j = 0; j < 60; ++j) {
      const bool window = std::abs(i - j) <= 6 && (i - j) % 2 == 0;
      same = same && dilated.contains(i, j) == (window || i == 0 || j == 0);
    }
  }
  CHECK(same);
}

TEST_CASE("local_with_causal_columns looks ahead in its window alone") {
  check_rule(any(presets::local_with_causal_columns<4, 5>{}),
             [](int i, int j) { return std::abs(i - j) <= 2 || (j <= i && j % 5 == 0); });
}

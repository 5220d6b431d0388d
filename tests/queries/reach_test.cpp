#include <tartan/presets/presets.hpp>
#include <tartan/queries/reach.hpp>

#include "support/laws.hpp"
#include "support/patterns.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(receptive_field(Window<3, 0>{}, 4, 32) == ReceptiveField{12, 0});
static_assert(receptive_field(Local<5>{}, 2, 9) == ReceptiveField{4, 4});
// What the paper asks of its factors: two layers reach everything, one does not.
static_assert(reaches_all(presets::sparse_transformer_strided_layers<8>{}, 64, 2));
static_assert(!reaches_all(presets::sparse_transformer_strided_layers<8>{}, 64, 1));
static_assert(!reaches_all(presets::gpt3<8>{}, 32, 0) && reaches_all(presets::gpt3<8>{}, 32, 1));

namespace {

using Matrix = Eigen::Matrix<Index, Dynamic, Dynamic>;

/// By products of masks with the diagonal added: entry (i, j) is not 0 where j reaches i.
Matrix paths(const std::vector<AnyPattern>& layers, Index n) {
  Matrix reached = Matrix::Identity(n, n);
  for (const AnyPattern& pattern : layers) {
    const Matrix mask = mask_matrix(pattern, n, n).cast<Index>();
    reached = ((mask + Matrix::Identity(n, n)) * reached).cwiseMin(Index{1}).eval();
  }
  return reached;
}

struct Layers {
  std::vector<AnyPattern> patterns;
  template <class Visit>
  decltype(auto) with_pattern(Index layer, Visit&& visit) const {
    return visit(patterns[static_cast<std::size_t>(layer)]);
  }
};

}  // namespace

TEST_CASE("receptive_field and reaches_all are those of the masks' product, layer by layer") {
  std::vector<AnyPattern> all;
  for_each_test_pattern(5, 4, [&](const char*, const AnyPattern& p) { all.push_back(p); });
  Random random(1);
  int reaching = 0;
  for (int trial = 0; trial < 120; ++trial) {
    const Index n = random.in(0, 70), depth = random.in(0, 3);
    Layers layers;
    while (static_cast<Index>(layers.patterns.size()) < depth) {
      layers.patterns.push_back(
          all[static_cast<std::size_t>(random.in(0, static_cast<Index>(all.size()) - 1))]);
    }
    const Matrix reached = paths(layers.patterns, n);
    ReceptiveField expected{0, 0};
    bool reaches = true;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) {
        if (reached(i, j) != 0) {
          expected = {std::max(expected.left, i - j), std::max(expected.right, j - i)};
        }
        reaches = reaches && (j > i || reached(i, j) != 0);
      }
    }
    CHECK(receptive_field(layers, depth, n) == expected);
    CHECK(reaches_all(layers, n, depth) == reaches);
    reaching += reaches && n > 8;
  }
  CHECK(reaching > 10);
}

TEST_CASE("the order of layers matters: the own block first, then the summaries") {
  using Layers = presets::sparse_transformer_fixed_layers<8, 1>;
  CHECK(reaches_all(Layers{}, 64, 3));
  const Alternate turned{Layers{}.pattern<1>(), Layers{}.pattern<0>()};
  CHECK(reaches_all(Layers{}, 64, 2));
  CHECK_FALSE(reaches_all(turned, 64, 2));
}

TEST_CASE("the paper's patterns at their size reach all in two layers") {
  CHECK(reaches_all(presets::sparse_transformer_strided_layers<32>{}, 1024, 2));
  CHECK(reaches_all(presets::sparse_transformer_fixed_layers<32, 8>{}, 1024, 2));
  CHECK_FALSE(reaches_all(presets::mistral<32>{}, 1024, 2));
}

TEST_CASE("queries on layers refuse negative numbers") {
  CHECK(message_of<std::invalid_argument>([] { receptive_field(Dense{}, -1, 4); }) ==
        "tartan: receptive_field: layers must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] { reaches_all(Dense{}, -2, 4); }) ==
        "tartan: reaches_all: n and m must be >= 0, got n = -2 and m = -2");
}

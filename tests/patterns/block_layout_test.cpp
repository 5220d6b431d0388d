#include <stdexcept>
#include <tartan/patterns/block_layout.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<BlockLayout> && detail::HasBands<BlockLayout>);

namespace {

using Blocks = Eigen::Matrix<bool, Dynamic, Dynamic>;

Blocks random_blocks(Random& random, Index rows, Index columns) {
  Blocks blocks(rows, columns);
  for (Index r = 0; r < rows; ++r) {
    const bool as_above = r > 0 && random.in(0, 2) == 0;
    for (Index c = 0; c < columns; ++c) {
      blocks(r, c) = as_above ? blocks(r - 1, c) : random.in(0, 2) == 0;
    }
  }
  return blocks;
}

}  // namespace

TEST_CASE("BlockLayout holds the pairs of its blocks, cut short where the sequence ends") {
  Random random(1);
  for (const Index block : {1, 2, 3, 5, 16}) {
    for (int trial = 0; trial < 8; ++trial) {
      const Blocks blocks = random_blocks(random, random.in(0, 7), random.in(0, 7));
      const bool causal = trial % 2 == 1;
      const BlockLayout layout = BlockLayout::from(block, blocks, causal);
      check_laws(layout, 8);
      check_regular(layout);
      for (Index i = -4; i < 30; ++i) {
        for (Index j = 0; j < 30; ++j) {
          const Index r = i / block, c = j / block;
          const bool inside = i >= 0 && r < blocks.rows() && c < blocks.cols() && blocks(r, c);
          CHECK(layout.contains(i, j) == (inside && (!causal || j <= i)));
        }
      }
    }
  }
}

TEST_CASE("blocks beside and below each other are one band") {
  Blocks blocks = Blocks::Constant(4, 5, false);
  blocks.col(0).setConstant(true);
  blocks.row(2).setConstant(true);
  const BlockLayout layout = BlockLayout::from(8, blocks);
  CHECK(layout.blocks() == 8);
  CHECK(layout.block_rows() == 4);
  CHECK(layout.has_block(2, 4));
  CHECK_FALSE(layout.has_block(1, 4));
  CHECK_FALSE(layout.has_block(-1, 0));
  CHECK(detail::band_count(layout, {0, 32, 40}) == 3);
  CHECK(count(layout, 32, 40) == 8 * 64);
  CHECK(detail::band_count(BlockLayout::from(8, Blocks::Constant(9, 9, true)), {0, 72, 72}) == 1);
}

TEST_CASE("BlockLayout refuses a wrong layout, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { BlockLayout(0, {0}, {}); }) ==
        "tartan: BlockLayout: block must be >= 1, got 0");
  const std::string ends =
      "tartan: BlockLayout: starts must begin with 0 and end with the number of columns, 1";
  CHECK(message_of<std::invalid_argument>([] { BlockLayout(4, {}, {0}); }) == ends);
  CHECK(message_of<std::invalid_argument>([] { BlockLayout(4, {1, 1}, {0}); }) == ends);
  CHECK(message_of<std::invalid_argument>([] { BlockLayout(4, {0, 2}, {0}); }) == ends);
  CHECK(message_of<std::invalid_argument>([] {
          BlockLayout(4, {0, 2, 1}, {0});
        }) == "tartan: BlockLayout: starts must not descend, got 1 after 2");
  CHECK(message_of<std::invalid_argument>([] {
          BlockLayout(4, {0, 1}, {-1});
        }) ==
        "tartan: BlockLayout: the columns of a block row must ascend from 0 on, got -1 in row 0");
  CHECK(message_of<std::invalid_argument>([] {
          BlockLayout(4, {0, 0, 2}, {3, 3});
        }) ==
        "tartan: BlockLayout: the columns of a block row must ascend from 0 on, got 3 after 3 in "
        "row 1");
  CHECK(message_of<std::invalid_argument>([] {
          BlockLayout(4, {0, 1}, {Index{1} << 59});
        }) == "tartan: BlockLayout: a column lies beyond position 2^60, got 576460752303423488");
}

TEST_CASE("BlockLayout looks as its comment shows") {
  CHECK(ascii(BlockLayout(2, {0, 1, 3, 4}, {0, 0, 1, 2}), 5) ==
        "■ ■ □ □ □\n"
        "■ ■ □ □ □\n"
        "■ ■ ■ ■ □\n"
        "■ ■ ■ ■ □\n"
        "□ □ □ □ ■\n");
}

// BigBird: window, first, last and random blocks. Layer: layouts.
#pragma once

#include <cstdint>

#include "block_rows.hpp"
#include "check.hpp"
#include "random_blocks.hpp"

namespace tartan::layouts {

struct BigBird {
  Index block = 64;
  Index num_random_blocks = 3;  // R
  std::uint64_t seed = 0;
};

/// Block row r sees the blocks r - 1, r, r + 1, the first, the last, and R random others, or all
/// others where there are fewer. The first and the last row of blocks see everything. The internal
/// construction of BigBird (arXiv 2007.14062). The heads differ in their random blocks. The random
/// choice is ours: uniform over all others of the row, from the seed, the same on every platform;
/// the authors' code also restricts it to parts of the sequence. n is the number of tokens; the
/// last block may be cut short. Throws std::invalid_argument where n, R or head is below 0, or
/// block below 1.
/// `bigbird(9, {.block = 1, .num_random_blocks = 1})`:
///
///     ■ ■ ■ ■ ■ ■ ■ ■ ■
///     ■ ■ ■ □ □ □ □ ■ ■
///     ■ ■ ■ ■ ■ □ □ □ ■
///     ■ □ ■ ■ ■ □ □ ■ ■
///     ■ □ ■ ■ ■ ■ □ □ ■
///     ■ □ □ ■ ■ ■ ■ □ ■
///     ■ □ □ ■ □ ■ ■ ■ ■
///     ■ □ □ □ ■ □ ■ ■ ■
///     ■ ■ ■ ■ ■ ■ ■ ■ ■
inline BlockLayout bigbird(Index n, const BigBird& options = {}, Index head = 0) {
  const detail::OptionCheck check("layouts::bigbird", n, options.block, head);
  check.range(options.num_random_blocks, 0, "num_random_blocks");
  const Index last = detail::block_count(n, options.block) - 1;
  detail::RandomBlocks random(options.seed, head);
  return detail::block_rows(n, options.block, false, [&](detail::BlockRow& row, Index r) {
    if (r == 0 || r == last) return row.add(0, last + 1);
    row.add(0);
    row.add(r - 1, r + 2);
    row.add(last);
    const Index left = detail::max(0, r - 2), right = detail::max(0, last - r - 2);  // others
    for (const Index x : random.draw(options.num_random_blocks, left + right)) {
      row.add(x < left ? 1 + x : r + 2 + x - left);
    }
  });
}

}  // namespace tartan::layouts

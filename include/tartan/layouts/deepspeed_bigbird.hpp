// DeepSpeed's BigBirdSparsityConfig. Layer: layouts.
#pragma once

#include <cstdint>

#include "deepspeed_options.hpp"
#include "random_blocks.hpp"

namespace tartan::layouts {

struct DeepSpeedBigBird {
  Index block = 16;
  bool different_layout_per_head = false;
  Index num_random_blocks = 1;          // R
  Index num_sliding_window_blocks = 3;  // W
  Index num_global_blocks = 1;          // G
  DeepSpeedAttention attention = DeepSpeedAttention::bidirectional;
  std::uint64_t seed = 0;  // ours
};

/// Block row r sees the blocks r - W/2 to r + W/2 (rounded down), the first G, and R random ones of
/// all blocks, or of those up to r where unidirectional, whatever else it sees, or all of these
/// where there are fewer; the first G rows of blocks see everything. BigBird (arXiv 2007.14062) as
/// in DeepSpeed's sparse_attention; the authors' own form is bigbird(). The random choice is ours:
/// from the seed, the same on every platform; another one for each head with
/// different_layout_per_head. A unidirectional layout is causal for each token; see
/// DeepSpeedAttention. n is the number of tokens; the last block may be cut short. DeepSpeed
/// refuses sequences of fewer than R, W or G blocks; here they see what there is. Throws
/// std::invalid_argument where n, head, R, W or G is below 0, or block below 1.
/// `deepspeed_bigbird(7, {.block = 1})`:
///
///     ■ ■ ■ ■ ■ ■ ■
///     ■ ■ ■ □ □ □ □
///     ■ ■ ■ ■ □ □ ■
///     ■ □ ■ ■ ■ □ □
///     ■ ■ □ ■ ■ ■ □
///     ■ □ □ ■ ■ ■ ■
///     ■ □ □ □ □ ■ ■
inline BlockLayout deepspeed_bigbird(Index n, const DeepSpeedBigBird& options = {},
                                     Index head = 0) {
  const bool causal = detail::is_causal(options.attention);
  const detail::OptionCheck check("layouts::deepspeed_bigbird", n, options.block, head);
  check.range(options.num_random_blocks, 0, "num_random_blocks");
  check.range(options.num_sliding_window_blocks, 0, "num_sliding_window_blocks");
  check.range(options.num_global_blocks, 0, "num_global_blocks");

  const Index blocks = detail::block_count(n, options.block);
  detail::RandomBlocks random(options.seed, options.different_layout_per_head ? head : 0);
  return detail::block_rows(n, options.block, causal, [&](detail::BlockRow& row, Index r) {
    for (const Index c : random.draw(options.num_random_blocks, causal ? r + 1 : blocks)) {
      row.add(c);
    }
    detail::add_sliding_window(row, r, options.num_sliding_window_blocks);
    row.add(0, r < options.num_global_blocks ? blocks : options.num_global_blocks);
  });
}

}  // namespace tartan::layouts

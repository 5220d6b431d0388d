// DeepSpeed's BSLongformerSparsityConfig. Layer: layouts.
#pragma once

#include "deepspeed_options.hpp"

namespace tartan::layouts {

struct DeepSpeedBSLongformer {
  Index block = 16;
  Index num_sliding_window_blocks = 3;               // W
  std::vector<Index> global_block_indices = {0};     // where each range of global blocks begins
  std::vector<Index> global_block_end_indices = {};  // and ends, not counted; none: single blocks
  DeepSpeedAttention attention = DeepSpeedAttention::bidirectional;
};

/// Block row r sees the blocks r - W/2 to r + W/2 (rounded down) and the global blocks, which see
/// everything. Longformer (arXiv 2004.05150) by blocks, as in DeepSpeed's sparse_attention; the
/// same for all heads. A unidirectional layout is causal for each token; see DeepSpeedAttention. n
/// is the number of tokens; the last block may be cut short, and global blocks beyond it are left
/// out. DeepSpeed refuses sequences of fewer than W blocks; here they see what there is. Throws
/// std::invalid_argument where n, W or a global block is below 0, block below 1, or a range of
/// global blocks is empty or has no end.
/// `deepspeed_bslongformer(7, {.block = 1, .global_block_indices = {2}})`:
///
///     ■ ■ ■ □ □ □ □
///     ■ ■ ■ □ □ □ □
///     ■ ■ ■ ■ ■ ■ ■
///     □ □ ■ ■ ■ □ □
///     □ □ ■ ■ ■ ■ □
///     □ □ ■ □ ■ ■ ■
///     □ □ ■ □ □ ■ ■
inline BlockLayout deepspeed_bslongformer(Index n, const DeepSpeedBSLongformer& options = {}) {
  const detail::OptionCheck check("layouts::deepspeed_bslongformer", n, options.block);
  check.range(options.num_sliding_window_blocks, 0, "num_sliding_window_blocks");
  const detail::GlobalBlocks global(check, options.global_block_indices,
                                    options.global_block_end_indices);

  const Index blocks = detail::block_count(n, options.block);
  const bool causal = detail::is_causal(options.attention);
  return detail::block_rows(n, options.block, causal, [&](detail::BlockRow& row, Index r) {
    detail::add_sliding_window(row, r, options.num_sliding_window_blocks);
    global.add_to(row);
    if (global.contains(r)) row.add(0, blocks);
  });
}

}  // namespace tartan::layouts

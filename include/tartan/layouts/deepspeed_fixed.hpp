// DeepSpeed's FixedSparsityConfig. Layer: layouts.
#pragma once

#include "deepspeed_options.hpp"

namespace tartan::layouts {

struct DeepSpeedFixed {
  Index block = 16;
  bool different_layout_per_head = false;
  Index num_local_blocks = 4;   // L, the blocks of a window
  Index num_global_blocks = 1;  // G, of each window
  DeepSpeedAttention attention = DeepSpeedAttention::bidirectional;
  bool horizontal_global_attention = false;
  Index num_different_global_patterns = 1;  // P
};

/// Windows of L blocks, one after the other, see themselves; and all rows see G blocks of each
/// window: those from L - (1 + head mod P) G on, or the last G of the sequence where the last
/// window is too short for them. With horizontal_global_attention these blocks see everything, too.
/// The `fixed` pattern of Sparse Transformers (arXiv 1904.10509) as in DeepSpeed's
/// sparse_attention. A unidirectional layout is causal for each token; see DeepSpeedAttention. n is
/// the number of tokens; the last block may be cut short. Throws std::invalid_argument where n or
/// head is below 0, another number is below 1, G does not divide L, P is above L / G, or above 1
/// without different_layout_per_head, or where a unidirectional layout has
/// horizontal_global_attention. `deepspeed_fixed(7, {.block = 1, .num_local_blocks = 3})`:
///
///     ■ ■ ■ □ □ ■ ■
///     ■ ■ ■ □ □ ■ ■
///     ■ ■ ■ □ □ ■ ■
///     □ □ ■ ■ ■ ■ ■
///     □ □ ■ ■ ■ ■ ■
///     □ □ ■ ■ ■ ■ ■
///     □ □ ■ □ □ ■ ■
inline BlockLayout deepspeed_fixed(Index n, const DeepSpeedFixed& options = {}, Index head = 0) {
  const Index local = options.num_local_blocks, global = options.num_global_blocks;
  const Index patterns = options.num_different_global_patterns;
  const bool causal = detail::is_causal(options.attention);
  const detail::OptionCheck check("layouts::deepspeed_fixed", n, options.block, head);
  check.range(local, 1, "num_local_blocks");
  check.range(global, 1, "num_global_blocks");
  check.rule(local % global == 0, "num_global_blocks must divide num_local_blocks, got " +
                                      std::to_string(global) + " and " + std::to_string(local));
  check.range(patterns, 1, "num_different_global_patterns", local / global);
  check.rule(patterns == 1 || options.different_layout_per_head,
             "num_different_global_patterns must be 1 without different_layout_per_head, got " +
                 std::to_string(patterns));
  check.rule(!causal || !options.horizontal_global_attention,
             "horizontal_global_attention must be false where attention is unidirectional");

  const Index blocks = detail::block_count(n, options.block);
  const Index first = local - (1 + head % patterns) * global;
  const Index last = detail::max(0, blocks - global);
  return detail::block_rows(n, options.block, causal, [&](detail::BlockRow& row, Index r) {
    const Index own = r / local;
    row.add(own * local, detail::min(blocks - own * local, local) + own * local);
    for (Index window = 0; window * local < blocks; ++window) {
      const Index begin = detail::min(window * local + first, last);
      row.add(begin, begin + global);
      if (options.horizontal_global_attention && begin <= r && r < begin + global) {
        row.add(0, blocks);
      }
    }
  });
}

}  // namespace tartan::layouts

// DeepSpeed's VariableSparsityConfig. Layer: layouts.
#pragma once

#include <cstdint>

#include "deepspeed_options.hpp"
#include "random_blocks.hpp"

namespace tartan::layouts {

struct DeepSpeedVariable {
  Index block = 16;
  bool different_layout_per_head = false;
  Index num_random_blocks = 0;                    // R
  std::vector<Index> local_window_blocks = {4};   // the last one also for all windows that follow
  std::vector<Index> global_block_indices = {0};  // where each range of global blocks begins
  std::vector<Index> global_block_end_indices = {};  // and ends, not counted; none: single blocks
  DeepSpeedAttention attention = DeepSpeedAttention::bidirectional;
  bool horizontal_global_attention = false;
  std::uint64_t seed = 0;  // ours
};

/// Windows of the given numbers of blocks, one after the other, see themselves; all rows see the
/// global blocks, and each row R random ones of all blocks, whatever else it sees, or all where
/// there are fewer. With horizontal_global_attention the global blocks see everything, too. As in
/// DeepSpeed's sparse_attention. The random choice is ours: from the seed, the same on every
/// platform; another one for each head with different_layout_per_head. A unidirectional layout is
/// causal for each token, its random blocks too, which DeepSpeed does not cut; see
/// DeepSpeedAttention. n is the number of tokens; the last block may be cut short, and global
/// blocks beyond it are left out. Throws std::invalid_argument where n, head, R or a global block
/// is below 0, block or a window below 1, there is no window, a range of global blocks is empty or
/// has no end, or where a unidirectional layout has horizontal_global_attention.
/// `deepspeed_variable(7, {.block = 1, .local_window_blocks = {1, 3}})`:
///
///     ■ □ □ □ □ □ □
///     ■ ■ ■ ■ □ □ □
///     ■ ■ ■ ■ □ □ □
///     ■ ■ ■ ■ □ □ □
///     ■ □ □ □ ■ ■ ■
///     ■ □ □ □ ■ ■ ■
///     ■ □ □ □ ■ ■ ■
inline BlockLayout deepspeed_variable(Index n, const DeepSpeedVariable& options = {},
                                      Index head = 0) {
  const std::vector<Index>& windows = options.local_window_blocks;
  const bool causal = detail::is_causal(options.attention);
  const detail::OptionCheck check("layouts::deepspeed_variable", n, options.block, head);
  check.range(options.num_random_blocks, 0, "num_random_blocks");
  check.rule(!windows.empty(), "local_window_blocks must have at least one window, got none");
  for (const Index window : windows) check.range(window, 1, "local_window_blocks");
  const detail::GlobalBlocks global(check, options.global_block_indices,
                                    options.global_block_end_indices);
  check.rule(!causal || !options.horizontal_global_attention,
             "horizontal_global_attention must be false where attention is unidirectional");

  const Index blocks = detail::block_count(n, options.block);
  detail::RandomBlocks random(options.seed, options.different_layout_per_head ? head : 0);
  std::size_t window = 0;
  Index begin = 0, end = detail::min(windows[0], blocks);
  return detail::block_rows(n, options.block, causal, [&](detail::BlockRow& row, Index r) {
    if (r == end) {
      if (window + 1 < windows.size()) ++window;
      begin = end;
      end += detail::min(windows[window], blocks - end);
    }
    row.add(begin, end);
    for (const Index c : random.draw(options.num_random_blocks, blocks)) row.add(c);
    global.add_to(row);
    if (options.horizontal_global_attention && global.contains(r)) row.add(0, blocks);
  });
}

}  // namespace tartan::layouts

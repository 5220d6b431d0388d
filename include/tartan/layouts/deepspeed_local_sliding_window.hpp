// DeepSpeed's LocalSlidingWindowSparsityConfig. Layer: layouts.
#pragma once

#include "deepspeed_options.hpp"

namespace tartan::layouts {

struct DeepSpeedLocalSlidingWindow {
  Index block = 16;
  Index num_sliding_window_blocks = 3;  // W
  DeepSpeedAttention attention = DeepSpeedAttention::unidirectional;
};

/// Block row r sees the blocks r - W/2 to r + W/2 (rounded down), or to r where unidirectional. As
/// in DeepSpeed's sparse_attention; the same for all heads. A unidirectional layout is causal for
/// each token; see DeepSpeedAttention. n is the number of tokens; the last block may be cut short.
/// DeepSpeed refuses sequences of fewer than W blocks; here they see what there is. Throws
/// std::invalid_argument where n or W is below 0, or block below 1.
/// `deepspeed_local_sliding_window(7, {.block = 2})`:
///
///     ■ □ □ □ □ □ □
///     ■ ■ □ □ □ □ □
///     ■ ■ ■ □ □ □ □
///     ■ ■ ■ ■ □ □ □
///     □ □ ■ ■ ■ □ □
///     □ □ ■ ■ ■ ■ □
///     □ □ □ □ ■ ■ ■
inline BlockLayout deepspeed_local_sliding_window(Index n,
                                                  const DeepSpeedLocalSlidingWindow& options = {}) {
  const detail::OptionCheck check("layouts::deepspeed_local_sliding_window", n, options.block);
  check.range(options.num_sliding_window_blocks, 0, "num_sliding_window_blocks");
  const bool causal = detail::is_causal(options.attention);
  return detail::block_rows(n, options.block, causal, [&](detail::BlockRow& row, Index r) {
    detail::add_sliding_window(row, r, options.num_sliding_window_blocks);
  });
}

}  // namespace tartan::layouts

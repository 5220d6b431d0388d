// Phi-3-small: the last blocks and every n-th one. Layer: layouts.
#pragma once

#include "block_rows.hpp"
#include "check.hpp"

namespace tartan::layouts {

struct Phi3 {
  Index block = 64;
  Index local_blocks = 16;      // the query's own counted
  Index vert_stride = 8;        // in blocks
  Index head_sliding_step = 1;  // 0: the same for all heads
};

/// j <= i, and of the block q of the query and the block k of the key, q - k < local_blocks or
/// (k + head * head_sliding_step + 1) mod vert_stride = 0: the layers of Phi-3-small
/// (arXiv 2404.14219) that are not dense, with its parameters as defaults. The published step is
/// max(1, floor(vert_stride / heads)), of which its 32 heads make 1. n is the number of tokens; the
/// last block may be cut short. Throws std::invalid_argument where n, local_blocks,
/// head_sliding_step or head is below 0, or block or vert_stride below 1.
/// `phi3(9, {.block = 1, .local_blocks = 2, .vert_stride = 3})`:
///
///     ■ □ □ □ □ □ □ □ □
///     ■ ■ □ □ □ □ □ □ □
///     □ ■ ■ □ □ □ □ □ □
///     □ □ ■ ■ □ □ □ □ □
///     □ □ ■ ■ ■ □ □ □ □
///     □ □ ■ □ ■ ■ □ □ □
///     □ □ ■ □ □ ■ ■ □ □
///     □ □ ■ □ □ ■ ■ ■ □
///     □ □ ■ □ □ ■ □ ■ ■
inline BlockLayout phi3(Index n, const Phi3& options = {}, Index head = 0) {
  const detail::OptionCheck check("layouts::phi3", n, options.block, head);
  check.range(options.local_blocks, 0, "local_blocks");
  check.range(options.vert_stride, 1, "vert_stride", detail::largest_stride);
  check.range(options.head_sliding_step, 0, "head_sliding_step");
  const Index stride = options.vert_stride;
  const Index slide = (head % stride) * (options.head_sliding_step % stride);
  const Index first = detail::floor_mod(-1 - slide, stride);
  return detail::block_rows(n, options.block, true, [&](detail::BlockRow& row, Index r) {
    const Index local = detail::max(0, r - options.local_blocks + 1);
    for (Index c = first; c < local; c += stride) row.add(c);
    row.add(local, r + 1);
  });
}

}  // namespace tartan::layouts

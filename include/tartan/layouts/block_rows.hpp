// Builds a BlockLayout row by row. Layer: layouts.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "../patterns/block_layout.hpp"

namespace tartan::detail {

/// Blocks along each side of the layout of n tokens, the last perhaps cut short.
constexpr Index block_count(Index n, Index block) { return n / block + (n % block != 0); }

/// The blocks of one row: added in any order, some of them twice, some outside of [0, end).
class BlockRow {
 public:
  explicit BlockRow(Index end) : end_(end) {}

  void add(Index block) { add(block, block + 1); }
  /// Adds the blocks [begin, end).
  void add(Index begin, Index end) {
    for (Index c = max(0, begin); c < min(end, end_); ++c) columns_.push_back(c);
  }
  void append_to(std::vector<Index>& columns) {
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
    columns.insert(columns.end(), columns_.begin(), columns_.end());
  }

 private:
  Index end_;
  std::vector<Index> columns_;
};

/// The layout of n tokens in which fill(row, r) adds the blocks of block row r. Where `causal`,
/// blocks above the diagonal are left out, and so are the pairs j > i of the diagonal ones.
template <class Fill>
BlockLayout block_rows(Index n, Index block, bool causal, Fill&& fill) {
  const Index blocks = block_count(n, block);
  std::vector<Index> starts{0}, columns;
  for (Index r = 0; r < blocks; ++r) {
    BlockRow row(causal ? r + 1 : blocks);
    fill(row, r);
    row.append_to(columns);
    starts.push_back(static_cast<Index>(columns.size()));
  }
  return BlockLayout(block, std::move(starts), std::move(columns), causal);
}

}  // namespace tartan::detail

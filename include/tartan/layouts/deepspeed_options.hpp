// What the options of DeepSpeed's layouts have in common. Layer: layouts.
#pragma once

#include <string>
#include <vector>

#include "block_rows.hpp"
#include "check.hpp"

namespace tartan::layouts {

/// The option `attention` of DeepSpeed's sparsity configurations. A unidirectional layout is that
/// of DeepSpeed, cut to j <= i for each token. DeepSpeed cuts at most whole blocks, so that a query
/// there sees the later keys of its own block, unless another mask hides them.
enum class DeepSpeedAttention { bidirectional, unidirectional };

}  // namespace tartan::layouts

namespace tartan::detail {

inline bool is_causal(layouts::DeepSpeedAttention attention) {
  return attention == layouts::DeepSpeedAttention::unidirectional;
}

/// Ranges of blocks [begins[x], ends[x]), or single blocks where there are no ends.
class GlobalBlocks {
 public:
  /// Both vectors must outlive this.
  GlobalBlocks(const OptionCheck& check, const std::vector<Index>& begins,
               const std::vector<Index>& ends)
      : begins_(begins), ends_(ends) {
    check.rule(ends.empty() || ends.size() == begins.size(),
               "global_block_end_indices must be none or as many as global_block_indices, got " +
                   std::to_string(ends.size()) + " and " + std::to_string(begins.size()));
    for (std::size_t x = 0; x < begins.size(); ++x) {
      check.range(begins[x], 0, "global_block_indices", largest - 1);
      check.rule(begins[x] < end(x),
                 "global_block_end_indices must be above global_block_indices, got " +
                     std::to_string(end(x)) + " and " + std::to_string(begins[x]));
    }
  }

  bool contains(Index block) const {
    for (std::size_t x = 0; x < begins_.size(); ++x) {
      if (begins_[x] <= block && block < end(x)) return true;
    }
    return false;
  }
  void add_to(BlockRow& row) const {
    for (std::size_t x = 0; x < begins_.size(); ++x) row.add(begins_[x], end(x));
  }

 private:
  Index end(std::size_t x) const { return ends_.empty() ? begins_[x] + 1 : ends_[x]; }

  const std::vector<Index>& begins_;
  const std::vector<Index>& ends_;
};

/// Adds a row's sliding window: half of `width`, rounded down, to each side, and the row's own.
inline void add_sliding_window(BlockRow& row, Index r, Index width) {
  row.add(r - width / 2, r + width / 2 + 1);
}

}  // namespace tartan::detail

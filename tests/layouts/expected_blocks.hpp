// The blocks that a layout must have, set range by range as its source sets them.
#pragma once

#include <tartan/patterns/block_layout.hpp>

#include "support/laws.hpp"

namespace tartan::test {

class ExpectedBlocks {
 public:
  /// All blocks false.
  ExpectedBlocks(Index n, Index block)
      : n_(n),
        block_(block),
        mask_(Mask::Constant((n + block - 1) / block, (n + block - 1) / block, false)) {}

  Index count() const { return mask_.rows(); }
  /// Sets rows [r0, r1) of columns [c0, c1), as a Python slice: what is below 0 counts from the
  /// end, and what is outside is left out.
  void set(Index r0, Index r1, Index c0, Index c1) {
    for (Index r = slice(r0); r < slice(r1); ++r) {
      for (Index c = slice(c0); c < slice(c1); ++c) mask_(r, c) = true;
    }
  }
  void clear_above_diagonal() {
    for (Index r = 0; r < count(); ++r) mask_.row(r).tail(count() - r - 1).setConstant(false);
  }
  bool operator()(Index r, Index c) const { return mask_(r, c); }

  /// Checks that the layout has these blocks and keeps the laws, and, where causal, that no pair
  /// j > i is in it.
  void check(const BlockLayout& layout, bool causal) const {
    REQUIRE(layout.block() == block_);
    REQUIRE(layout.block_rows() == count());
    REQUIRE(layout.causal() == causal);
    Index wrong = 0, leaks = 0;
    for (Index i = 0; i < n_; ++i) {
      for (Index j = 0; j < n_; ++j) {
        const bool inside = mask_(i / block_, j / block_) && (!causal || j <= i);
        wrong += layout.contains(i, j) != inside;
        leaks += causal && j > i && layout.contains(i, j);
      }
    }
    CHECK(wrong == 0);
    CHECK(leaks == 0);
    Index outside = 0;
    for (Index r = 0; r < count(); ++r) {
      outside += layout.has_block(r, count());
      for (Index c = r + 1; c < count(); ++c) outside += causal && layout.has_block(r, c);
    }
    CHECK(outside == 0);
    check_laws(layout, 2);
  }

 private:
  using Mask = Eigen::Matrix<bool, Dynamic, Dynamic>;

  Index slice(Index x) const {
    if (x < 0) x += count();
    return x < 0 ? 0 : x < count() ? x : count();
  }

  Index n_, block_;
  Mask mask_;
};

inline bool same_blocks(const BlockLayout& a, const BlockLayout& b) {
  bool same = a.block() == b.block() && a.block_rows() == b.block_rows();
  for (Index r = 0; same && r < a.block_rows(); ++r) {
    for (Index c = 0; c < a.block_rows(); ++c)
      same = same && a.has_block(r, c) == b.has_block(r, c);
  }
  return same;
}

}  // namespace tartan::test

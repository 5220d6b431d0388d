// BlockLayout: a mask of square blocks, given at run time. Layer: patterns.
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// Block (floor(i / b), floor(j / b)) is in the layout, and j <= i where `causal`. The layout is
/// compressed by rows: the blocks of block row r are columns[starts[r]] to columns[starts[r + 1] -
/// 1]. Sequences may end within a block; positions beyond the last block row attend nothing.
/// BlockLayout(2, {0, 1, 3, 4}, {0, 0, 1, 2}):
///
///     ■ ■ □ □ □
///     ■ ■ □ □ □
///     ■ ■ ■ ■ □
///     ■ ■ ■ ■ □
///     □ □ □ □ ■
class BlockLayout {
 public:
  /// Throws std::invalid_argument where the block is below 1, starts do not begin with 0, ascend
  /// and end with the number of columns, or the columns of a row are not ascending from 0 on, or
  /// lie beyond position 2^60.
  BlockLayout(Index block, std::vector<Index> starts, std::vector<Index> columns,
              bool causal = false)
      : block_(block), causal_(causal) {
    detail::Parameter<Dynamic>(block, 1, "BlockLayout: block", detail::largest_stride);
    check(block, starts, columns);
    layout_ = std::make_shared<Layout>(Layout{std::move(starts), std::move(columns)});
  }

  /// From a matrix with `true` where a block is in the layout.
  template <class Derived>
  static BlockLayout from(Index block, const Eigen::DenseBase<Derived>& mask, bool causal = false) {
    std::vector<Index> starts{0}, columns;
    for (Index r = 0; r < mask.rows(); ++r) {
      for (Index c = 0; c < mask.cols(); ++c) {
        if (mask.derived().coeff(r, c)) columns.push_back(c);
      }
      starts.push_back(static_cast<Index>(columns.size()));
    }
    return BlockLayout(block, std::move(starts), std::move(columns), causal);
  }

  Index block() const { return block_; }
  bool causal() const { return causal_; }
  Index block_rows() const { return static_cast<Index>(layout_->starts.size()) - 1; }
  /// Blocks in the layout.
  Index blocks() const { return static_cast<Index>(layout_->columns.size()); }
  /// True where the layout has this block.
  bool has_block(Index row, Index column) const {
    return row >= 0 && row < block_rows() && std::binary_search(begin(row), end(row), column);
  }

  bool contains(Index i, Index j) const {
    return (!causal_ || j <= i) && has_block(detail::floor_div(i, block_), j / block_);
  }

  /// A band for each run of blocks beside each other, over all block rows below that have it too.
  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    const Index first = detail::max(0, extent.row_begin) / block_;
    const Index last = detail::min(block_rows(), detail::ceil_div(extent.row_end, block_));
    std::vector<Run> open, next;  // by column
    for (Index r = first; r <= last; ++r) {
      next.clear();
      if (r < last) add_runs(r, next);
      auto old = open.begin();
      for (Run& run : next) {
        for (; old != open.end() && old->begin < run.begin; ++old) close(*old, r, visit);
        if (old == open.end() || old->begin != run.begin) continue;
        if (old->end == run.end) {
          run.row = old->row;
        } else {
          close(*old, r, visit);
        }
        ++old;
      }
      for (; old != open.end(); ++old) close(*old, r, visit);
      std::swap(open, next);
    }
  }

 private:
  struct Layout {
    std::vector<Index> starts, columns;
  };
  /// Blocks [begin, end) of the block rows from `row` on.
  struct Run {
    Index begin, end, row;
  };

  static void check(Index block, const std::vector<Index>& starts,
                    const std::vector<Index>& columns) {
    const auto refuse = [](const std::string& what) {
      throw std::invalid_argument("tartan: BlockLayout: " + what);
    };
    if (starts.empty() || starts.front() != 0 ||
        starts.back() != static_cast<Index>(columns.size())) {
      refuse("starts must begin with 0 and end with the number of columns, " +
             std::to_string(columns.size()));
    }
    for (std::size_t r = 0; r + 1 < starts.size(); ++r) {
      if (starts[r + 1] < starts[r]) {
        refuse("starts must not descend, got " + std::to_string(starts[r + 1]) + " after " +
               std::to_string(starts[r]));
      }
    }
    for (std::size_t r = 0; r + 1 < starts.size(); ++r) {
      Index before = -1;
      for (Index x = starts[r]; x < starts[r + 1]; ++x) {
        const Index column = columns[static_cast<std::size_t>(x)];
        if (column <= before) {
          refuse("the columns of a block row must ascend from 0 on, got " + std::to_string(column) +
                 (before < 0 ? "" : " after " + std::to_string(before)) + " in row " +
                 std::to_string(r));
        }
        if (column > detail::largest_position / block) {
          refuse("a column lies beyond position 2^60, got " + std::to_string(column));
        }
        before = column;
      }
    }
  }

  const Index* begin(Index row) const {
    return layout_->columns.data() + layout_->starts[static_cast<std::size_t>(row)];
  }
  const Index* end(Index row) const { return begin(row + 1); }

  void add_runs(Index row, std::vector<Run>& runs) const {
    for (const Index* column = begin(row); column != end(row); ++column) {
      if (!runs.empty() && runs.back().end == *column) {
        ++runs.back().end;
      } else {
        runs.push_back({*column, *column + 1, row});
      }
    }
  }

  void close(const Run& run, Index end_row, auto& visit) const {
    visit(Band{Lattice::range(run.row * block_, end_row * block_),
               Lattice::range(run.begin * block_, run.end * block_), Bound::none_below(),
               causal_ ? Bound{0} : Bound::none_above()});
  }

  std::shared_ptr<const Layout> layout_;  // shared: filters copy patterns
  Index block_;
  bool causal_;
};

}  // namespace tartan

// The driver of few rows: hands each row's keys in a cache to the kernel, long rows in pieces that
// threads share. Layer: cache.
#pragma once

#include <numbers>
#include <span>
#include <vector>

#include "../attention/driver.hpp"
#include "../attention/options.hpp"
#include "../kernel/row_block.hpp"
#include "row_plan.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The rows of query heads that share a key/value head, at one position.
template <class T, class S>
struct RowGroup {
  const S* k;       ///< of the head: rows of d numbers that follow each other
  const S* v;       ///< of dv
  View<const S> q;  ///< one row a head: heads × d
  View<S> out;      ///< heads × dv
  T* lse;           ///< one a head, lse_stride apart, or null
  Index lse_stride;
  Index position;
  Index first_head;
  const std::vector<RowKeysInCache>* keys;

  Index key_count() const {
    Index count = 0;
    for (const RowKeysInCache& some : *keys) count += some.piece.positions.count;
    return count;
  }
};

/// Keys of a row that one thread takes: reading them takes some tens of microseconds.
inline constexpr Index keys_of_part = 4096;

template <class T, class S>
class RowDriver {
  static constexpr Index W = Shape<T>::width;

 public:
  RowDriver(std::span<const RowGroup<T, S>> groups, const Options& options, T scale)
      : groups_(groups), options_(options), scale_(scale) {
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const Index parts = max(1, ceil_div(groups[g].key_count(), keys_of_part));
      if (parts > 1) several_ = true;
      for (Index p = 0; p < parts; ++p) parts_.push_back({static_cast<Index>(g), p, parts});
    }
    if (groups.empty()) return;
    d_ = groups[0].q.cols;
    dv_ = groups[0].out.cols;
    heads_ = groups[0].q.rows;
    for (const RowGroup<T, S>& g : groups) heads_ = max(heads_, g.q.rows);
    state_stride_ = ceil_div(dv_ + 2, W) * W;
    if (several_) states_.resize(parts_.size() * std::size_t(heads_ * state_stride_));
  }

  template <Executor E>
  void run(const E& executor) {
    const auto count = static_cast<Index>(parts_.size());
    const Index tasks = task_count(executor, count);
    run_tasks(executor, tasks, [&](Index task) {
      for (Index p = count * task / tasks; p < count * (task + 1) / tasks; ++p) run_part(p);
    });
    for (Index p = 0; p < count && several_; ++p) {
      if (parts_[std::size_t(p)].number == 0 && parts_[std::size_t(p)].count > 1) merge(p);
    }
  }

 private:
  /// Keys [number * keys_of_part, ...) of a group, of `count` such parts.
  struct Part {
    Index group;
    Index number;
    Index count;
  };

  /// Where a part's state for a head waits for the others': outputs, maximum, sum.
  T* state(Index part, Index head) {
    return states_.data() + (part * heads_ + head) * state_stride_;
  }

  void run_part(Index p) {
    const Part& part = parts_[std::size_t(p)];
    const RowGroup<T, S>& group = groups_[std::size_t(part.group)];
    const Index q_stride = RowEnd<T>(d_).padded();
    Scratch& scratch = Scratch::of_this_thread();
    scratch.reset(Scratch::bytes_for<T>(most_query_rows * q_stride) +
                  Scratch::bytes_for<T>(most_query_rows * state_stride_) +
                  Scratch::bytes_for<T>(2 * most_query_rows));
    T* q = scratch.take<T>(most_query_rows * q_stride);
    T* out = scratch.take<T>(most_query_rows * state_stride_);
    T* row_max = scratch.take<T>(2 * most_query_rows);
    T* row_sum = row_max + most_query_rows;
    const T unit = options_.score ? scale_ : scale_ * std::numbers::log2e_v<T>;
    for (Index head = 0; head < group.q.rows; head += most_query_rows) {
      const Index rows = min(most_query_rows, group.q.rows - head);
      for (Index r = 0; r < rows; ++r) {
        pack_query<T>(group.q.at(head + r, 0), group.q.col_stride, d_, unit, q + r * q_stride);
        start_row(out + r * state_stride_, dv_, row_max[r], row_sum[r]);
        if (!options_.sinks.empty() && part.number == 0) {
          row_max[r] =
              static_cast<T>(options_.sink(group.first_head + head + r)) * std::numbers::log2e_v<T>;
          row_sum[r] = T(1);
        }
      }
      take(group, part, head, rows, {q, q_stride, d_, out, state_stride_, dv_, row_max, row_sum});
      for (Index r = 0; r < rows; ++r) {
        T* row = out + r * state_stride_;
        if (part.count == 1) {
          finish(group, head + r, row, row_max[r], row_sum[r]);
        } else {
          T* kept = state(p, head + r);
          std::copy_n(row, dv_, kept);
          kept[dv_] = row_max[r];
          kept[dv_ + 1] = row_sum[r];
        }
      }
    }
  }

  /// Takes a part's keys into the rows of `rows` heads from `head` on.
  void take(const RowGroup<T, S>& group, const Part& part, Index head, Index rows,
            const QueryRows<T>& queries) const {
    Index skip = part.number * keys_of_part, left = keys_of_part;
    for (const RowKeysInCache& keys : *group.keys) {
      const KvPiece& piece = keys.piece;
      const Index first = min(skip, piece.positions.count);
      const Index count = min(left, piece.positions.count - first);
      skip -= first;
      left -= count;
      if (count == 0) continue;
      const Index row = piece.row + first * piece.step;
      const RowKeys<S> in_memory{group.k + row * d_, piece.step * d_, group.v + row * dv_,
                                 piece.step * dv_, count};
      const auto n = static_cast<int>(rows);
      if (!options_.score && !keys.keep) {
        take_rows<T>(n, queries, in_memory);
        continue;
      }
      const Lattice positions{piece.positions[first], piece.positions.step, count};
      take_rows<T>(n, queries, in_memory, [&](Index from, Index some, T* s, Index s_stride) {
        for (Index r = 0; r < rows; ++r) {
          edit(group, group.first_head + head + r, positions, from, some, s + r * s_stride);
          for (Index e = 0; e < some && keys.keep; ++e) {
            if (!keys.keep(group.position, positions[from + e])) {
              s[r * s_stride + e] = masked_score<T>;
            }
          }
        }
        return static_cast<bool>(keys.keep);
      });
    }
  }

  void edit(const RowGroup<T, S>& group, Index head, const Lattice& positions, Index from,
            Index count, T* s) const {
    if (!options_.score) return;
    options_.score.modify(ScoreRun<T>{s, W, ceil_div(count, W), group.position, 0, positions[from],
                                      positions.step, W * positions.step, head});
  }

  /// Merges the parts of the group that begins with part p, in their order.
  void merge(Index p) {
    const Part& part = parts_[std::size_t(p)];
    const RowGroup<T, S>& group = groups_[std::size_t(part.group)];
    for (Index head = 0; head < group.q.rows; ++head) {
      T* all = state(p, head);
      for (Index other = p + 1; other < p + part.count; ++other) {
        const T* more = state(other, head);
        merge_row_parts(all, all[dv_], all[dv_ + 1], more, more[dv_], more[dv_ + 1], dv_);
      }
      finish(group, head, all, all[dv_], all[dv_ + 1]);
    }
  }

  void finish(const RowGroup<T, S>& group, Index head, T* row, T row_max, T row_sum) const {
    finish_row(row, dv_, row_sum, row, 1);
    convert(Strided2D<const T>{row, dv_, 1}, 1, dv_,
            Strided2D<S>{group.out.at(head, 0), group.out.row_stride, group.out.col_stride});
    if (group.lse) group.lse[head * group.lse_stride] = log_sum_exp(row_max, row_sum);
  }

  std::span<const RowGroup<T, S>> groups_;
  const Options& options_;
  T scale_;
  std::vector<Part> parts_;
  std::vector<T> states_;
  Index d_ = 0, dv_ = 0, heads_ = 0, state_stride_ = 0;
  bool several_ = false;
};

}  // namespace tartan::detail::inline TARTAN_ISA

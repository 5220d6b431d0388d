// A cache's keys and values, without knowing which: for each head, rows that follow each other, so
// that reading a head is reading memory in order. Layer: cache.
#pragma once

#include <vector>

#include "row_buffer.hpp"
#include "runs.hpp"

namespace tartan::detail {

/// For each of the heads `rows` rows of keys, `head_dim` numbers each, and as many of values.
template <class S>
class KvStore {
 public:
  KvStore(Index heads, Index head_dim, Index value_dim)
      : head_dim_(head_dim),
        value_dim_(value_dim),
        keys_(static_cast<std::size_t>(heads)),
        values_(static_cast<std::size_t>(heads)) {}

  KvStore(KvStore&&) noexcept = default;
  KvStore& operator=(KvStore&&) noexcept = default;
  KvStore(const KvStore& other) : KvStore(other.heads(), other.head_dim_, other.value_dim_) {
    grow(other.rows_);
    for (std::size_t h = 0; h < keys_.size(); ++h) {
      std::copy_n(other.keys_[h].data(), other.rows_ * head_dim_, keys_[h].data());
      std::copy_n(other.values_[h].data(), other.rows_ * value_dim_, values_[h].data());
    }
    rows_ = other.rows_;
  }
  KvStore& operator=(const KvStore& other) { return *this = KvStore(other); }

  Index heads() const { return static_cast<Index>(keys_.size()); }
  Index head_dim() const { return head_dim_; }
  Index value_dim() const { return value_dim_; }
  Index rows() const { return rows_; }
  /// Rows that there is memory for.
  Index capacity() const { return capacity_; }
  /// Bytes of memory.
  Index bytes() const {
    return heads() * capacity_ * (head_dim_ + value_dim_) * static_cast<Index>(sizeof(S));
  }

  const S* keys(Index head) const { return keys_[static_cast<std::size_t>(head)].data(); }
  const S* values(Index head) const { return values_[static_cast<std::size_t>(head)].data(); }
  S* keys(Index head) { return keys_[static_cast<std::size_t>(head)].data(); }
  S* values(Index head) { return values_[static_cast<std::size_t>(head)].data(); }

  /// Makes room for `capacity` rows in all; what is there stays.
  void grow(Index capacity) {
    if (capacity <= capacity_) return;
    for (RowBuffer<S>& k : keys_) k = k.with_capacity(capacity * head_dim_, rows_ * head_dim_);
    for (RowBuffer<S>& v : values_) v = v.with_capacity(capacity * value_dim_, rows_ * value_dim_);
    capacity_ = capacity;
  }

  /// Rows in use; precondition: no more than there is room for.
  void resize(Index rows) { rows_ = rows; }

  /// A store of `capacity` rows with the rows of `from` at the positions of `to`, which `from` must
  /// have; row for row the same.
  KvStore rearranged(const std::vector<KvRun>& from, const std::vector<KvRun>& to,
                     Index capacity) const {
    KvStore other(heads(), head_dim_, value_dim_);
    other.grow(capacity);
    for (const KvRun& run : to) {
      visit_pieces(from, run.positions, [&](const KvPiece& piece) {
        const Index row =
            run.first_row + (piece.positions.start - run.positions.start) / run.positions.step;
        const Index step = piece.positions.step / run.positions.step;
        for (std::size_t h = 0; h < keys_.size(); ++h) {
          copy(keys_[h], piece, other.keys_[h], row, step, head_dim_);
          copy(values_[h], piece, other.values_[h], row, step, value_dim_);
        }
      });
    }
    other.rows_ = kept_positions(to);
    return other;
  }

 private:
  static void copy(const RowBuffer<S>& from, const KvPiece& piece, RowBuffer<S>& to, Index row,
                   Index step, Index cols) {
    const S* source = from.data() + piece.row * cols;
    S* target = to.data() + row * cols;
    if (piece.step == 1 && (step == 1 || piece.positions.count == 1)) {
      std::copy_n(source, piece.positions.count * cols, target);
      return;
    }
    for (Index t = 0; t < piece.positions.count; ++t) {
      std::copy_n(source + t * piece.step * cols, cols, target + t * step * cols);
    }
  }

  Index head_dim_;
  Index value_dim_;
  Index rows_ = 0;
  Index capacity_ = 0;
  std::vector<RowBuffer<S>> keys_, values_;
};

}  // namespace tartan::detail

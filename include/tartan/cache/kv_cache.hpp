// KvCache: the keys and values of earlier tokens, for decoding; it forgets those that no later row
// of its pattern sees. Layer: cache.
#pragma once

#include <cstdint>
#include <functional>

#include "../attention/view.hpp"
#include "kv_store.hpp"
#include "needed_keys.hpp"

namespace tartan {

namespace detail {
struct KvCacheState;
}

/// What a cache is made for.
struct KvCacheShape {
  Index kv_heads = 1;   ///< heads of keys and values; query heads may be a multiple of them
  Index head_dim = 0;   ///< columns of one head's keys
  Index value_dim = 0;  ///< columns of one head's values; 0: head_dim
  /// How far before next_position() rows may still be asked for, or truncate() go back: the tokens
  /// that may be rejected, where they are appended one by one. The last append never counts.
  Index rewind = 0;
};

/// Keys and values in the order of their positions, S as stored: float, double, Eigen::half,
/// Eigen::bfloat16. With a pattern, a cache forgets what rows from next_position() - rewind on
/// cannot see, as the pattern's bands say: Sinks<4> | Window<511, 0> keeps 4 keys and 511; Causal |
/// anything keeps all, and so does a pattern without bands. Its memory is at most about twice that,
/// for any number of tokens. The pattern's bands must not walk row by row: they are asked for 2^59
/// rows.
///
/// append() invalidates pointers to keys and values. A cache that was moved from may be assigned to
/// or destroyed, no more. For a pattern by head, give it the union of the heads' patterns. (It
/// keeps up to 256 rows more.)
///
///     KvCache<float> cache({.kv_heads = 8, .head_dim = 64}, Sinks<4>{} | Window<511, 0>{});
///     cache.append(k, v);    // k: tokens × 512, v: tokens × 512
template <class S>
class KvCache {
 public:
  using Scalar = S;

  /// Keeps everything. Throws std::invalid_argument where a number of the shape is out of range.
  explicit KvCache(const KvCacheShape& shape)
      : shape_(checked(shape)), store_(shape_.kv_heads, shape_.head_dim, shape_.value_dim) {}
  /// Keeps what the pattern needs.
  template <Pattern P>
  KvCache(const KvCacheShape& shape, const P& pattern) : KvCache(shape) {
    needed_ = [pattern](Index first) { return detail::needed_keys(pattern, first); };
  }

  Index kv_heads() const { return shape_.kv_heads; }
  Index head_dim() const { return shape_.head_dim; }
  Index value_dim() const { return shape_.value_dim; }
  Index rewind() const { return shape_.rewind; }
  /// Keys of each head that are kept.
  Index size() const { return detail::kept_positions(runs_); }
  /// The position that the next token appended will have.
  Index next_position() const { return next_; }
  /// All keys that rows from here on see are kept.
  Index first_row() const { return first_row_; }
  /// Bytes of memory for keys and values.
  Index bytes() const { return store_.bytes(); }

  /// The positions that are kept, in order of their starts; runs share no position. One run ends
  /// where the cache does; for where they are, see for_each_piece.
  const std::vector<KvRun>& runs() const { return runs_; }
  /// One head's keys: rows of head_dim() numbers that follow each other, as runs() number them.
  const S* keys(Index head) const { return store_.keys(head); }
  /// One head's values, as keys().
  const S* values(Index head) const { return store_.values(head); }

  /// Appends n tokens. k: n × (kv_heads * head_dim), v: n × (kv_heads * value_dim), a token's heads
  /// beside each other, as projections produce them; matrices in memory, of any scalar and storage
  /// order. Throws std::invalid_argument where shapes differ, and changes nothing then.
  /// Cost: copying k and v; now and then what is kept is copied, about twice in all.
  template <class K, class V>
  void append(const Eigen::MatrixBase<K>& k, const Eigen::MatrixBase<V>& v) {
    const auto keys = detail::view(k);
    const auto values = detail::view(v);
    check_append(keys.rows, keys.cols, values.rows, values.cols);
    check_not_own(keys);
    check_not_own(values);
    const Index row = make_room(keys.rows);
    for (Index h = 0; h < kv_heads(); ++h) {
      copy_head(keys, h * head_dim(), head_dim(), store_.keys(h) + row * head_dim());
      copy_head(values, h * value_dim(), value_dim(), store_.values(h) + row * value_dim());
    }
    take_in(row, keys.rows);
  }

  /// Forgets the tokens from `position` on, such as rejected ones: next_position() is `position`
  /// then. Always possible back to before the last append, and by rewind(); further where what is
  /// kept is all that later rows see. Throws std::invalid_argument, and changes nothing, where
  /// `position` is negative, beyond next_position(), or too far back.
  void truncate(Index position) {
    check_truncate(position);
    Index rows = 0;
    for (KvRun& run : runs_) {
      run.positions = run.positions.within(run.positions.start, position);
      if (run.positions.count == 1) run.positions.step = 1;
      rows = detail::max(rows, run.first_row + run.positions.count);
    }
    std::erase_if(runs_, [](const KvRun& run) { return run.positions.empty(); });
    store_.resize(runs_.empty() ? 0 : rows);
    next_ = position;
    first_row_ = detail::min(first_row_, position);
  }

 private:
  friend struct detail::KvCacheState;

  /// Rows beyond twice the kept ones, so that a small cache does not forget at every token.
  static constexpr Index slack = 256;

  static KvCacheShape checked(KvCacheShape shape) {
    using Number = detail::Parameter<Dynamic>;
    constexpr Index most = Index{1} << 20;
    Number(shape.kv_heads, 1, "KvCache: kv_heads", most);
    Number(shape.head_dim, 1, "KvCache: head_dim", most);
    Number(shape.value_dim, 0, "KvCache: value_dim", most);
    Number(shape.rewind, 0, "KvCache: rewind", detail::largest_position);
    if (shape.value_dim == 0) shape.value_dim = shape.head_dim;
    return shape;
  }

  static std::string shape_text(Index rows, Index cols) {
    return std::to_string(rows) + "x" + std::to_string(cols);
  }

  [[noreturn]] static void refuse(const std::string& what) {
    throw std::invalid_argument("tartan: KvCache: " + what);
  }

  void check_append(Index k_rows, Index k_cols, Index v_rows, Index v_cols) const {
    const auto columns = [&](const char* name, Index rows, Index cols, const char* dim, Index d) {
      if (cols == kv_heads() * d) return;
      refuse(std::string("append: ") + name + " must have " + std::to_string(kv_heads() * d) +
             " columns (kv_heads * " + dim + "), got " + shape_text(rows, cols));
    };
    columns("k", k_rows, k_cols, "head_dim", head_dim());
    columns("v", v_rows, v_cols, "value_dim", value_dim());
    if (k_rows != v_rows) {
      refuse("append: k and v must have a row for each token, got " + shape_text(k_rows, k_cols) +
             " and " + shape_text(v_rows, v_cols));
    }
    if (k_rows > detail::horizon - next_) refuse("append: positions must be below 2^59");
  }

  /// Throws where the matrix lies in this cache's own memory, which moves when it grows.
  template <class T>
  void check_not_own(const detail::View<const T>& x) const {
    const auto at = [](const auto* p) { return reinterpret_cast<std::uintptr_t>(p); };
    const std::uintptr_t first = at(x.data);
    for (Index h = 0; h < kv_heads() && x.rows * x.cols > 0 && size() > 0; ++h) {
      const auto within = [&](const S* rows, Index d) {
        return at(rows) <= first && first < at(rows + store_.capacity() * d);
      };
      if (within(keys(h), head_dim()) || within(values(h), value_dim())) {
        refuse("append: k or v lies in the cache's own memory (copy it first)");
      }
    }
  }

  void check_truncate(Index position) const {
    if (position < 0 || position > next_) {
      refuse("truncate: position must be within 0 and next_position(), " + std::to_string(next_) +
             ", got " + std::to_string(position));
    }
    if (position >= first_row_) return;
    const std::vector<Lattice> all{Lattice::range(0, position)};
    for (const Lattice& wanted : needed_ ? needed_(position) : all) {
      if (detail::first_missing(runs_, wanted) == wanted.end()) continue;
      refuse("truncate: position must be >= " + std::to_string(first_row_) + ", got " +
             std::to_string(position) +
             " (keys that its row sees are forgotten; set KvCacheShape::rewind)");
    }
  }

  template <class T>
  void copy_head(const detail::View<const T>& from, Index first, Index cols, S* to) const {
    for (Index r = 0; r < from.rows; ++r, to += cols) {
      const T* row = from.at(r, first);
      for (Index c = 0; c < cols; ++c) to[c] = static_cast<S>(row[c * from.col_stride]);
    }
  }

  /// Forgets where it is time to, makes room for n rows, and returns the first of them.
  Index make_room(Index n) {
    if (needed_ && store_.rows() + n > enough_) forget(n);
    const Index rows = store_.rows() + n;
    if (rows > store_.capacity()) {
      const Index twice = 2 * store_.capacity();
      store_.grow(detail::max(rows, needed_ ? detail::min(twice, enough_) : twice));
    }
    return store_.rows();
  }

  /// Keeps what rows from next_ - rewind on see, with room for n more.
  void forget(Index n) {
    const Index first = detail::max(first_row_, next_ - rewind());
    std::vector<Lattice> needed = needed_(first);
    if (!needed.empty() && needed.back().step == 1 && needed.back().end() == first) {
      needed.back().count += next_ - first;
    } else if (first < next_) {
      needed.push_back(Lattice::range(first, next_));
    }
    const std::vector<KvRun> runs = detail::runs_within(runs_, needed);
    Index rows = detail::kept_positions(runs);
    if (rows < store_.rows() && runs.size() <= detail::most_kept_runs) {
      store_ = store_.rearranged(runs_, runs, rows + detail::max(n, rows + slack));
      runs_ = runs;
    } else {
      rows = store_.rows();
    }
    first_row_ = first;
    enough_ = 2 * rows + slack;
  }

  /// Counts n rows from storage row `row` on, which have been written.
  void take_in(Index row, Index n) {
    if (n == 0) return;
    KvRun* last = runs_.empty() ? nullptr : &runs_.back();
    if (last && last->positions.step == 1 && last->positions.end() == next_ &&
        last->first_row + last->positions.count == row) {
      last->positions.count += n;
    } else {
      runs_.push_back({Lattice::range(next_, next_ + n), row});
    }
    store_.resize(row + n);
    next_ += n;
  }

  KvCacheShape shape_;
  detail::KvStore<S> store_;
  std::vector<KvRun> runs_;
  std::function<std::vector<Lattice>(Index)> needed_;  ///< null: everything is
  Index next_ = 0;
  Index first_row_ = 0;
  Index enough_ = slack;  ///< rows beyond which to look for what may be forgotten
};

}  // namespace tartan

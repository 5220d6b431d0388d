// Runs cells: for tiles of rows and blocks of keys, the weights again, and from them what each pair
// adds to the gradients. Layer: backward.
#pragma once

#include <array>

#include "../kernel/pair_gradients.hpp"
#include "cell.hpp"
#include "gradient_keys.hpp"
#include "gradient_tile.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// One thread's runner of the cells of a call.
template <class T, class S>
class CellRunner {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;
  static constexpr Index group_tiles = Pass<T, S>::group_tiles;
  static constexpr Index group_rows = group_tiles * L;
  static constexpr Index most_keys = GradientKeys<T, S>::most;
  static_assert(most_keys <= block_keys);

 public:
  CellRunner(const GradientCall<T, S>& call, const Cells& cells, T* gathered)
      : CellRunner(call, cells, gathered, Scratch::of_this_thread()) {}

  /// Makes the gradients of a cell's keys 0, where it is the first to add to them.
  void clear_keys(const Cell& cell) const {
    if (!cell.first_of_keys) return;
    cells_.visit_keys(cell, [&](const Lattice& keys) {
      fill_rows(T(0), call_.dk, keys);
      fill_rows(T(0), call_.dv, keys);
    });
  }

  /// Runs a cell for one head. fresh: in the pass that is the first to add to dq.
  void run(const Cell& cell, Index head, bool fresh) {
    if (cell.row_chunk < 0) return;
    cell_ = &cell;
    head_ = head;
    fresh_ = fresh && cell.first_of_rows;
    for (Index c = cell.class_begin; c < cell.class_end; ++c) {
      const Lattice rows = rows_of_class(c);
      const Lattice next_class = c + 1 < cell.class_end ? rows_of_class(c + 1) : Lattice{};
      for (Index first = 0; first < rows.count; first += group_rows) {
        const bool last = first + group_rows >= rows.count;
        const Lattice group = group_of(rows, first);
        if (far_)
          look_ahead(group, last ? group_of(next_class, 0) : group_of(rows, first + group_rows));
        run_group(group);
      }
    }
  }

 private:
  CellRunner(const GradientCall<T, S>& call, const Cells& cells, T* gathered, Scratch& scratch)
      : call_(call),
        cells_(cells),
        gathered_(gathered),
        d_(padded<T>(call.q.cols)),
        dv_(padded<T>(call.v.cols)),
        keys_(call, room(scratch, call)),
        far_(bytes(call) > near_bytes) {
    for (auto& tile : tiles_) tile.place(call, scratch);
    scores_ = scratch.take<T>(most_keys * L);
    gradients_ = scratch.take<T>(most_keys * L);
    if (call.dropout) keep_ = scratch.take<T>(most_keys * L);
    if (call.score) slopes_ = scratch.take<T>(most_keys * L);
    if (call.dscore) raw_ = scratch.take<T>(most_keys * L);
  }

  /// Bytes of inputs and gradients from which on looking ahead pays.
  static constexpr double near_bytes = 4 << 20;

  static double bytes(const GradientCall<T, S>& call) {
    return static_cast<double>(sizeof(S)) *
           static_cast<double>((call.q.rows + call.k.rows) * (call.q.cols + call.v.cols));
  }

  static Scratch& room(Scratch& scratch, const GradientCall<T, S>& call) {
    scratch.reset(GradientKeys<T, S>::bytes(call) +
                  static_cast<std::size_t>(group_tiles) * GradientTile<T, S>::bytes(call) +
                  5 * Scratch::bytes_for<T>(most_keys * L));
    return scratch;
  }

  /// Keys of a band, as indices.
  struct Range {
    Index begin = std::numeric_limits<Index>::max(), end = 0;
    bool empty() const { return begin >= end; }
    void include(Index from, Index to) {
      if (from < to) *this = {min(begin, from), max(end, to)};
    }
    Range within(Index from, Index to) const { return {max(begin, from), min(end, to)}; }
  };

  Lattice rows_of_class(Index row_class) const {
    const Extent& extent = cells_.plan().extent();
    return extent.rows(floor_mod(extent.row_begin + row_class, cells_.step()), cells_.step())
        .within(cell_->row_begin, cell_->row_end);
  }
  static Lattice group_of(const Lattice& rows, Index first) {
    return {rows[first], rows.step, min(group_rows, rows.count - first)};
  }

  /// Has the rows of the next group, and those of its keys that this one does not have, brought
  /// nearer while this one is worked on.
  void look_ahead(const Lattice& group, const Lattice& next) {
    ahead_.clear();
    if (next.empty()) return;
    const Lattice rows{next.start - row_begin(), next.step, next.count};
    add_ahead(call_.beside(call_.q, head_), rows);
    add_ahead(call_.beside(call_.dout, head_), rows);
    add_ahead(call_.beside(call_.dq, head_), rows);
    cells_.plan().visit_bands(row_class(next), next, [&](const PlannedBand& planned) {
      const Band& band = planned.band;
      const Lattice common = next.within(band.rows.start, band.rows.end());
      if (common.empty() || cells_.find(planned)) return;
      const Lattice in = band.keys.within(cell_->key_begin, cell_->key_end);
      Index begin = max(in.start, band.keys[band.keys_of(planned.mover(common.start)).first]);
      if (row_class(next) == row_class(group) && band.rows.start <= group.start) {
        begin = max(begin, band.keys[band.keys_of(planned.mover(group[group.count - 1])).last] + 1);
      }
      const Index end = band.keys[band.keys_of(planned.mover(common[common.count - 1])).last] + 1;
      const Lattice keys = in.within(begin, min(end, begin + group_rows * band.keys.step));
      add_ahead(call_.k, keys);
      add_ahead(call_.v, keys);
      add_ahead(call_.dk, keys);
      add_ahead(call_.dv, keys);
    });
    ahead_.within(ceil_div(group.count, Shape<T>::rows));
  }

  template <class X>
  void add_ahead(const View<X>& x, const Lattice& rows) {
    if (x.col_stride == 1)
      ahead_.add(x.at(rows.start, 0), rows.step * x.row_stride, rows.count, x.cols);
  }

  void run_group(const Lattice& rows) {
    const Index count = ceil_div(rows.count, L);
    for (Index x = 0; x < count; ++x) {
      const auto vector = [&](Index v) {
        return Lattice{rows[v * W], rows.step, std::clamp<Index>(rows.count - v * W, 0, W)};
      };
      tile(x).set({vector(2 * x), vector(2 * x + 1)});
    }
    cells_.plan().visit_bands(row_class(rows), rows, [&](const PlannedBand& planned) {
      const GatheredBand* gathered = cells_.find(planned);
      if (!gathered) {
        take_band(planned, rows, count, {});
      } else if (cell_->gathers) {
        const Index chunk = cell_->row_chunk - gathered->first_chunk;
        T* to = gathered_ + (gathered->offset + chunk * planned.band.keys.count) * (d_ + dv_);
        take_band(planned, rows, count, {to, to + planned.band.keys.count * d_});
      }
    });
    for (Index x = 0; x < count; ++x) {
      tile(x).close(call_, head_, row_begin(), fresh_);
    }
  }

  /// Works on the pairs of a band, of the group's tiles.
  void take_band(const PlannedBand& planned, const Lattice& rows, Index count,
                 const KeyAccumulator<T>& into) {
    const Lattice& keys = planned.band.keys;
    Index key_begin = 0, key_end = keys.count;
    if (!into.dk) {  // of a gathered band, the cell takes all keys
      key_begin = max(0, keys.index_at_or_after(cell_->key_begin));
      key_end = min(keys.count, keys.index_at_or_before(cell_->key_end - 1) + 1);
      if (key_begin >= key_end) return;
    }
    const Index from = max(0, rows.index_at_or_after(planned.band.rows.start)) / L;
    const Index to = min(count, rows.index_at_or_before(planned.band.rows.end() - 1) / L + 1);
    Range all;
    for (Index x = from; x < to; ++x) {
      Range range;
      LaneBounds<T>& bounds = bounds_[static_cast<std::size_t>(x)];
      if (lane_bounds<T>(planned, tile(x).positions, bounds)) {
        for (const Index lane : {Index{0}, W}) {
          range.include(bounds.first[lane], bounds.last[lane + W - 1] + 1);
        }
        range = range.within(key_begin, key_end);
      }
      ranges_[static_cast<std::size_t>(x)] = range;
      all.include(range.begin, range.end);
    }
    if (all.empty()) return;
    const Index blocks = ceil_div(all.end - all.begin, most_keys);
    const Index size = ceil_div(ceil_div(all.end - all.begin, blocks), 4) * 4;  // even ones
    for (Index begin = all.begin; begin < all.end; begin += size) {
      const Index end = min(all.end, begin + size);
      keys_.open(keys, begin, end, into);
      for (Index x = from; x < to; ++x) {
        const Range range = ranges_[static_cast<std::size_t>(x)].within(begin, end);
        if (!range.empty()) take_block(planned, x, range);
      }
      keys_.close();
    }
  }

  /// Works on the pairs of a tile and some keys of the block.
  void take_block(const PlannedBand& planned, Index x, const Range& range) {
    GradientTile<T, S>& t = tile(x);
    if (!t.is_open()) t.open(call_, head_, row_begin(), fresh_);
    const Index count = range.end - range.begin;
    const RowsInMemory<const T> k = keys_.k(range.begin), v = keys_.v(range.begin);
    block_.clear();
    const LaneBounds<T>& bounds = bounds_[static_cast<std::size_t>(x)];
    block_.add({k.data, k.stride, k.data, k.stride, count}, range.begin, bounds);
    const KeyPart<T>& part = *block_.begin();
    const SlotRange ranges[2] = {block_.range(part, 0, W), block_.range(part, W, W)};
    products(t.qt, call_.q.cols, part, ranges, scores_);
    KeyPart<T> values = part;
    values.k = v.data;
    values.k_stride = v.stride;
    products(t.dout_t, call_.v.cols, values, ranges, gradients_);
    const bool exact = block_.full() && !planned.keep;
    weigh(planned, t, range, part, ranges);
    if (!exact && !(t.finite && keys_.finite())) {
      add_isolated(planned, t, range, part);
      return;
    }
    const ValueRows<T> rows{t.dq_so_far, t.dq.stride, nullptr, t.dq.data, t.dq.stride, nullptr};
    t.dq_so_far = t.dq.data;
    TakenParts<T> taken;
    for (Index r = 0; r < t.rows(); r += Shape<T>::rows) {
      if (r % W == 0 || taken.differ()) taken.find(block_, r);
      ahead_.step();
      taken.add(gradients_, r, d_, rows);
    }
    add_keys<Shape<T>::rows>(t, bounds, range, 0, count);
  }

  /// Products of the tile's rows, transposed, and the part's keys.
  void products(T* rows, Index columns, const KeyPart<T>& part, const SlotRange (&ranges)[2],
                T* to) const {
    Tile<T> tile{};
    tile.qt = rows;
    const Workspace<T> work{to, nullptr, columns, 0, nullptr};
    score_step<T>(tile, work, block_, part, ranges[0], ranges[1]);
  }

  /// From scores to weights, and from dout · v to the gradients of scores.
  void weigh(const PlannedBand& planned, const GradientTile<T, S>& t, const Range& range,
             const KeyPart<T>& part, const SlotRange (&ranges)[2]) {
    constexpr Index R = Shape<T>::rows;
    const Lattice& keys = planned.band.keys;
    for (Index m = 0; m < 2; ++m) {
      const SlotRange& r = ranges[m];
      T *s = scores_ + m * W, *dp = gradients_ + m * W;
      const T* keep = nullptr;
      const auto run = [&](T* numbers) {
        const Lattice& rows = t.positions.half[m];
        return ScoreRun<T>{numbers + m * W + r.begin * L,
                           L,
                           r.end - r.begin,
                           rows.start,
                           rows.step,
                           keys[range.begin + r.begin],
                           0,
                           keys.step,
                           call_.first_head + head_};
      };
      if (!r.empty() && call_.score) {
        for (Index e = r.begin; e < r.end && call_.dscore; ++e) {
          std::copy_n(s + e * L, W, raw_ + e * L + m * W);
        }
        call_.score->differentiate(run(scores_), slopes_ + m * W + r.begin * L);
      }
      if (!r.empty() && call_.dropout) {
        for (Index e = r.begin; e < r.end; ++e) std::fill_n(keep_ + e * L + m * W, W, T(1));
        call_.dropout->drop(run(keep_), call_.sequence);
        keep = keep_ + m * W;
      }
      const SoftmaxPart<T> attended{r, block_.bounds(part, m * W)};
      pair_gradients<T>(s, dp, keep, attended, max(0, r.begin - R + 1),
                        min(part.count, r.end + R - 1), t.terms(m));
      if (planned.keep) leave_out(planned, t, range, part, m);
      if (r.empty() || !call_.score) continue;
      if (call_.dscore) {
        call_.score->collect(run(raw_), dp + r.begin * L, t.positions.half[m].count, *call_.dscore);
      }
      multiply(dp, slopes_ + m * W, r);
    }
  }

  /// gradients *= slopes * scale: forward, score = score(scale * q · k). 0 stays 0, whatever the
  /// slope of a pair that is not attended.
  void multiply(T* gradients, const T* slopes, const SlotRange& r) const {
    const auto scale = simd::broadcast(call_.scale), zero = simd::broadcast(T(0));
    for (Index e = r.begin; e < r.end; ++e) {
      const auto gradient = simd::load(gradients + e * L);
      const auto slope = simd::pmul(simd::load(slopes + e * L), scale);
      const auto none = simd::between(zero, gradient, zero);
      simd::store(gradients + e * L, simd::select(none, zero, simd::pmul(gradient, slope)));
    }
  }

  /// Takes pairs out that the band's filter does not keep.
  void leave_out(const PlannedBand& planned, const GradientTile<T, S>& t, const Range& range,
                 const KeyPart<T>& part, Index vector) {
    const BandFilter<T> filter(planned, t.positions, range.begin);
    for (Index l = vector * W; l < min(t.rows(), (vector + 1) * W); ++l) {
      const SlotRange r = block_.range(part, l, 1);
      for (Index e = r.begin; e < r.end; ++e) {
        if (!filter.keep(l, e)) scores_[e * L + l] = gradients_[e * L + l] = T(0);
      }
    }
  }

  /// Adds to the gradients of keys: forward, score = q · k and out += weight * v. Slots [e, end), R
  /// at a time, of which the lanes from `low` on may attend some.
  template <int R>
  void add_keys(const GradientTile<T, S>& t, const LaneBounds<T>& bounds, const Range& range,
                Index e, Index end, Index low = 0) {
    Index high = block_.full() ? t.rows() : low;
    for (; e + R <= end; e += R) {
      const Index key = range.begin + e;
      while (low < t.rows() && bounds.last[low] < key) ++low;
      while (high < t.rows() && bounds.first[high] < key + R) ++high;
      if (low >= high) continue;
      key_rows<T, R>(gradients_ + e * L, low, high, t.q, 0, d_, keys_.dk(key));
      key_rows<T, R>(scores_ + e * L, low, high, t.dout, 0, dv_, keys_.dv(key));
    }
    if constexpr (R > 1) {
      if (e < end) add_keys<R / 2>(t, bounds, range, e, end, low);
    }
  }

  /// The same as the steps for rows and for keys, over the pairs that are attended and no others.
  void add_isolated(const PlannedBand& planned, GradientTile<T, S>& t, const Range& range,
                    const KeyPart<T>& part) {
    const BandFilter<T> filter(planned, t.positions, range.begin);
    for (Index l = 0; l < t.rows() && !t.dq_so_far; ++l) std::fill_n(dq_of(t, l), d_, T(0));
    t.dq_so_far = t.dq.data;
    for (Index l = 0; l < t.rows(); ++l) {
      const T *q = t.q.data + l * t.q.stride, *dout = t.dout.data + l * t.dout.stride;
      for (Index e = 0; e < part.count; ++e) {
        if (!block_.attends(part, l, e) || (planned.keep && !filter.keep(l, e))) continue;
        const T weight = scores_[e * L + l], gradient = gradients_[e * L + l];
        const Index key = range.begin + e;
        const T* k = keys_.k(key).data;
        T *dq = dq_of(t, l), *dk = keys_.dk(key).data, *dv = keys_.dv(key).data;
        for (Index c = 0; c < d_; ++c) {
          dq[c] += gradient * k[c];
          dk[c] += gradient * q[c];
        }
        for (Index c = 0; c < dv_; ++c) dv[c] += weight * dout[c];
      }
    }
  }

  static T* dq_of(GradientTile<T, S>& t, Index lane) { return t.dq.data + lane * t.dq.stride; }
  GradientTile<T, S>& tile(Index x) { return tiles_[static_cast<std::size_t>(x)]; }
  Index row_begin() const { return cells_.plan().extent().row_begin; }

  const GradientCall<T, S>& call_;
  const Cells& cells_;
  T* gathered_;
  Index d_, dv_;
  GradientKeys<T, S> keys_;
  std::array<GradientTile<T, S>, static_cast<std::size_t>(group_tiles)> tiles_;
  std::array<LaneBounds<T>, static_cast<std::size_t>(group_tiles)> bounds_;
  std::array<Range, static_cast<std::size_t>(group_tiles)> ranges_;
  KeyBlock<T> block_;
  T *scores_ = nullptr, *gradients_ = nullptr;              // of a block: slots × lanes
  T *keep_ = nullptr, *slopes_ = nullptr, *raw_ = nullptr;  // the same, where the call needs them
  const Cell* cell_ = nullptr;
  Index head_ = 0;
  bool fresh_ = false;
  bool far_;
  Ahead<T> ahead_;
};

}  // namespace tartan::detail::inline TARTAN_ISA

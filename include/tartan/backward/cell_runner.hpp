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
  static constexpr Index most_keys = GradientKeys<T, S>::most;
  static_assert(most_keys <= block_keys);

 public:
  CellRunner(const GradientCall<T, S>& call, const Cells& cells, T* gathered)
      : CellRunner(call, cells, gathered, Scratch::of_this_thread()) {}

  /// Runs a cell for one head.
  void run(const Cell& cell, Index head) {
    cell_ = &cell;
    head_ = head;
    const Extent& extent = cells_.plan().extent();
    for (Index c = cell.class_begin; c < cell.class_end; ++c) {
      const Lattice rows =
          extent.rows(floor_mod(extent.row_begin + c, cells_.step()), cells_.step())
              .within(cell.row_begin, cell.row_end);
      for (Index first = 0; first < rows.count; first += group_tiles * L) {
        run_group({rows[first], rows.step, min(group_tiles * L, rows.count - first)});
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
        keys_(call, room(scratch, call)) {
    for (auto& tile : tiles_) tile.place(call, scratch);
    scores_ = scratch.take<T>(most_keys * L);
    gradients_ = scratch.take<T>(most_keys * L);
    if (call.dropout) keep_ = scratch.take<T>(most_keys * L);
    if (call.score) slopes_ = scratch.take<T>(most_keys * L);
    if (call.dscore) raw_ = scratch.take<T>(most_keys * L);
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
      if (tile(x).is_open()) tile(x).close(call_, head_, row_begin());
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
    if (!t.is_open()) t.open(call_, head_, row_begin());
    const Index count = range.end - range.begin;
    const RowsInMemory<const T> k = keys_.k(range.begin), v = keys_.v(range.begin);
    block_.clear();
    block_.add({k.data, k.stride, k.data, k.stride, count}, range.begin,
               bounds_[static_cast<std::size_t>(x)]);
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
    ValueRows<T> rows{t.dq, d_, nullptr, t.dq, d_, nullptr};
    TakenParts<T> taken;
    for (Index r = 0; r < t.rows(); r += Shape<T>::rows) {
      if (r % W == 0 || taken.differ()) taken.find(block_, r);
      taken.add(gradients_, r, d_, rows);
    }
    add_keys<Shape<T>::rows>(t, range, part, 0, count);
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
  /// at a time.
  template <int R>
  void add_keys(const GradientTile<T, S>& t, const Range& range, const KeyPart<T>& part, Index e,
                Index end) {
    for (; e + R <= end; e += R) {
      Index lanes[2] = {0, t.rows()};
      if (!block_.full()) lanes_of(t, part, e, e + R, lanes);
      if (lanes[0] >= lanes[1]) continue;
      const Index key = range.begin + e;
      key_rows<T, R>(gradients_ + e * L, lanes[0], lanes[1], t.q, 0, d_, keys_.dk(key));
      key_rows<T, R>(scores_ + e * L, lanes[0], lanes[1], t.dout, 0, dv_, keys_.dv(key));
    }
    if constexpr (R > 1) {
      if (e < end) add_keys<R / 2>(t, range, part, e, end);
    }
  }

  /// The lanes that attend any of the slots [begin, end).
  void lanes_of(const GradientTile<T, S>& t, const KeyPart<T>& part, Index begin, Index end,
                Index (&lanes)[2]) const {
    lanes[0] = t.rows();
    lanes[1] = 0;
    for (Index m = 0; m < 2; ++m) {
      const SlotRange of_vector = block_.range(part, m * W, W);
      if (of_vector.end <= begin || end <= of_vector.begin) continue;
      Index low = m * W, high = min(t.rows(), (m + 1) * W);
      if (!of_vector.full()) {
        const SlotBounds<T> bounds = block_.bounds(part, 0);
        while (low < high && bounds.upper[low] < static_cast<T>(begin)) ++low;
        while (low < high && bounds.lower[high - 1] >= static_cast<T>(end)) --high;
      }
      lanes[0] = min(lanes[0], low);
      lanes[1] = max(lanes[1], high);
    }
  }

  /// The same as the steps for rows and for keys, over the pairs that are attended and no others.
  void add_isolated(const PlannedBand& planned, const GradientTile<T, S>& t, const Range& range,
                    const KeyPart<T>& part) {
    const BandFilter<T> filter(planned, t.positions, range.begin);
    for (Index l = 0; l < t.rows(); ++l) {
      const T *q = t.q.data + l * t.q.stride, *dout = t.dout.data + l * t.dout.stride;
      for (Index e = 0; e < part.count; ++e) {
        if (!block_.attends(part, l, e) || (planned.keep && !filter.keep(l, e))) continue;
        const T weight = scores_[e * L + l], gradient = gradients_[e * L + l];
        const Index key = range.begin + e;
        const T* k = keys_.k(key).data;
        T *dk = keys_.dk(key).data, *dv = keys_.dv(key).data;
        for (Index c = 0; c < d_; ++c) {
          t.dq[l * d_ + c] += gradient * k[c];
          dk[c] += gradient * q[c];
        }
        for (Index c = 0; c < dv_; ++c) dv[c] += weight * dout[c];
      }
    }
  }

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
};

}  // namespace tartan::detail::inline TARTAN_ISA

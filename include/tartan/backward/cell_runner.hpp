// Runs cells: walks the bands of their rows, and hands tiles of rows and blocks of keys on. Layer:
// backward.
#pragma once

#include <array>

#include "block_gradients.hpp"
#include "cell.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// One thread's runner of the cells of a call.
template <class T, class S>
class CellRunner {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;
  static constexpr Index group_tiles = Pass<T, S>::group_tiles;
  static constexpr Index group_rows = group_tiles * L;
  /// Keys of a block that all tiles of a group take in turn: with their gradients they are to stay
  /// in the nearer caches.
  static constexpr Index shared_keys = 64;

 public:
  CellRunner(const GradientCall<T, S>& call, const Cells& cells, T* gathered)
      : CellRunner(call, cells, gathered, Scratch::of_this_thread()) {}

  /// Runs a cell for one head. first_of_rows: in the pass that is the first to add to dq;
  /// first_of_keys: the same of dk and dv.
  void run(const Cell& cell, Index head, bool first_of_rows, bool first_of_keys) {
    cell_ = &cell;
    head_ = head;
    fresh_ = first_of_rows && cell.first_of_rows;
    const bool by_class = first_of_keys && writes_by_class(cell);
    if (first_of_keys && !by_class) {
      cells_.visit_first_keys(cell, [&](const Lattice& keys) {
        clear_rows(call_.dk, keys);
        clear_rows(call_.dv, keys);
      });
    }
    if (cell.row_chunk < 0) return;
    for (Index c = cell.class_begin; c < cell.class_end; ++c) {
      const Lattice rows = rows_of_class(c);
      const Lattice next_class = c + 1 < cell.class_end ? rows_of_class(c + 1) : Lattice{};
      const Lattice keys = by_class ? cells_.keys_of(cell, c) : Lattice{};
      Index begin = 0;
      if (by_class && !keys.empty()) {
        const Lattice& all = cells_.bands_of(c).front().band.keys;
        begin = all.index_at_or_after(keys.start);
        keys_.begin_unwritten(all, begin);
      }
      for (Index first = 0; first < rows.count; first += group_rows) {
        const bool last = first + group_rows >= rows.count;
        const Lattice group = group_of(rows, first);
        if (far_)
          look_ahead(group, last ? group_of(next_class, 0) : group_of(rows, first + group_rows));
        run_group(group);
      }
      if (by_class && !keys.empty()) keys_.end_unwritten(begin + keys.count);
    }
  }

 private:
  /// True where the cell is the first to add to its keys' gradients, and each of its classes has
  /// one band, of all keys that it may add to: then what is added first can be written.
  bool writes_by_class(const Cell& cell) const {
    if (cell.row_chunk < 0 || cell.gathers || cell.key_chunks == 0) return false;
    if (cell.first_of_keys != (1u << cell.key_chunks) - 1) return false;
    if (cell.class_end - cell.class_begin > 1 && !cells_.classes_are_apart()) return false;
    for (Index c = cell.class_begin; c < cell.class_end; ++c) {
      const Lattice keys = cells_.keys_of(cell, c);
      const auto bands = cells_.bands_of(c);
      if (keys.empty() && bands.empty()) continue;
      if (bands.size() != 1 || cells_.find(bands.front())) return false;
      const Lattice& all = bands.front().band.keys;
      if (keys.empty() || all.within(cell.key_begin, cell.key_end) != keys) return false;
    }
    return true;
  }

  CellRunner(const GradientCall<T, S>& call, const Cells& cells, T* gathered, Scratch& scratch)
      : call_(call),
        cells_(cells),
        gathered_(gathered),
        d_(padded<T>(call.q.cols)),
        dv_(padded<T>(call.v.cols)),
        keys_(call, room(scratch, call)),
        blocks_(call, keys_, ahead_, scratch),
        far_(bytes(call) > near_bytes) {
    for (auto& tile : tiles_) tile.place(call, scratch);
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
                  BlockGradients<T, S>::bytes(call));
    return scratch;
  }

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
    add_ahead(call_.beside(call_.out, head_), rows);
    add_ahead(call_.beside(call_.dq, head_), rows);
    Index keys_of_tile = 0;  // about
    cells_.plan().visit_bands(row_class(next), next, [&](const PlannedBand& planned) {
      const Band& band = planned.band;
      const Lattice common = next.within(band.rows.start, band.rows.end());
      if (common.empty() || cells_.find(planned)) return;
      keys_of_tile += min(band.keys.count, band.keys_of(planned.mover(common.start)).count() + L);
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
    ahead_.within(BlockGradients<T, S>::steps(keys_of_tile) * ceil_div(group.count, L));
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
    KeyRange all;
    for (Index x = from; x < to; ++x) {
      KeyRange range;
      LaneBounds<T>& bounds = bounds_[static_cast<std::size_t>(x)];
      if (lane_bounds<T>(planned, tile(x).positions, bounds)) {
        range = key_range(bounds).within(key_begin, key_end);
      }
      ranges_[static_cast<std::size_t>(x)] = range;
      all.include(range.begin, range.end);
    }
    if (all.empty()) return;
    if (all.count() <= GradientKeys<T, S>::most) {  // each tile takes its own at once
      keys_.open(keys, all.begin, all.end, into);
      for (Index x = from; x < to; ++x) take_run(planned, x, key_begin, key_end);
      keys_.close();
      return;
    }
    for (Index begin = all.begin; begin < all.end; begin += shared_keys) {
      const Index end = min(all.end, begin + shared_keys);
      keys_.open(keys, begin, end, into);
      for (Index x = from; x < to; ++x) {
        take(planned, x, ranges_[static_cast<std::size_t>(x)].within(begin, end));
      }
      keys_.close();
    }
  }

  /// Works on all keys of a tile, within those of the cell.
  void take_run(const PlannedBand& planned, Index x, Index key_begin, Index key_end) {
    KeyRange range = ranges_[static_cast<std::size_t>(x)];
    if (range.empty()) return;
    const LaneBounds<T>& bounds = bounds_[static_cast<std::size_t>(x)];
    const bool whole = key_begin <= bounds.first[0] && bounds.last[L - 1] < key_end;
    if (whole && !planned.keep && blocks_.wraps()) {
      if (const Index wrap = wrap_of(bounds, tile(x).rows())) {
        const Index first = min(wrap, BlockGradients<T, S>::most_wrapped / 4 * 4);
        blocks_.run_wrapped(opened(x), planned, bounds, {range.begin, range.begin + first}, wrap);
        range = {range.begin + first, range.begin + wrap};
      }
    }
    const Index size = even(range.count(), block_keys);
    for (Index begin = range.begin; begin < range.end; begin += size) {
      take(planned, x, range.within(begin, begin + size));
    }
  }

  void take(const PlannedBand& planned, Index x, const KeyRange& range) {
    if (range.empty()) return;
    blocks_.run(opened(x), planned, bounds_[static_cast<std::size_t>(x)], range, head_);
  }

  /// The size of the fewest blocks of even size, of at most `most` keys.
  static Index even(Index keys, Index most) {
    if (keys <= 0) return most;
    const Index blocks = ceil_div(keys, most);
    return ceil_div(ceil_div(keys, blocks), 4) * 4;
  }

  /// The tile, once its rows are read.
  GradientTile<T, S>& opened(Index x) {
    if (!tile(x).is_open()) tile(x).open(call_, head_, row_begin(), fresh_);
    return tile(x);
  }
  GradientTile<T, S>& tile(Index x) { return tiles_[static_cast<std::size_t>(x)]; }
  Index row_begin() const { return cells_.plan().extent().row_begin; }

  const GradientCall<T, S>& call_;
  const Cells& cells_;
  T* gathered_;
  Index d_, dv_;
  GradientKeys<T, S> keys_;
  Ahead<T> ahead_;
  BlockGradients<T, S> blocks_;
  std::array<GradientTile<T, S>, static_cast<std::size_t>(group_tiles)> tiles_;
  std::array<LaneBounds<T>, static_cast<std::size_t>(group_tiles)> bounds_;
  std::array<KeyRange, static_cast<std::size_t>(group_tiles)> ranges_;
  const Cell* cell_ = nullptr;
  Index head_ = 0;
  bool fresh_ = false;
  bool far_;
};

}  // namespace tartan::detail::inline TARTAN_ISA

// Runs units: packs a group of tiles' queries, takes in the keys of every band of their class, and
// writes the rows. Layer: attention.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "group_tile.hpp"
#include "key_source.hpp"
#include "lane_bounds.hpp"
#include "tile_scores.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// One thread's runner of units, which computes with elements of kind E.
template <class T, class S = T, class E = Elements<T, S>>
class UnitRunner {
  using Source = KeySource<T, S, E>;
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;
  static constexpr Index group_tiles = Pass<T, S>::group_tiles;

 public:
  explicit UnitRunner(const Pass<T, S>& pass)
      : pass_(pass),
        call_(pass.call),
        source_(pass.call),
        out_stride_(padded<T>(call_.v.cols)),
        gate_(pass, out_stride_),
        far_(bytes(call_) > near_bytes) {
    Scratch& scratch = Scratch::of_this_thread();
    scratch.reset(static_cast<std::size_t>(group_tiles) *
                      (Scratch::bytes_for<T>(Source::columns(call_) * L) +
                       Scratch::bytes_for<T>(out_stride_ * L) + Scratch::bytes_for<T>(2 * L)) +
                  Scratch::bytes_for<T>(block_keys * L) + Scratch::bytes_for<T>(lane_numbers * L) +
                  Source::bytes(call_));
    for (GroupTile<T>& tile : tiles_) {
      tile.qt = scratch.take<T>(Source::columns(call_) * L);
      tile.out = scratch.take<T>(out_stride_ * L);
      tile.row_max = scratch.take<T>(2 * L);
      tile.row_sum = tile.row_max + L;
    }
    work_ = {scratch.take<T>(block_keys * L),
             scratch.take<T>(lane_numbers * L),
             Source::columns(call_),
             out_stride_,
             &ahead_,
             call_.score_unit()};
    source_.place(scratch);
  }

  void run(Index u) {
    unit_ = pass_.unit(u / call_.heads);
    head_ = u % call_.heads;
    gate_.set_head(head_);
    bands_.clear();
    pass_.plan.visit_bands(unit_.rows, unit_.span(),
                           [&](const PlannedBand& planned) { bands_.push_back(&planned); });
    if (unit_.lines) {  // the bands of both lines beside each other, so that they share keys
      std::stable_sort(bands_.begin(), bands_.end(), [](const auto* a, const auto* b) {
        return a->band.keys.start < b->band.keys.start;
      });
    }
    count_ = pass_.tiles(unit_);
    class_tiles_ = ceil_div(unit_.class_rows, L);
    for (Index x = 0; x < count_; ++x) gate_.open(tile(x), pass_.tile(unit_, x));
    look_ahead(u);
    isolate_ = false;
    take_bands(0, count_);
    isolate_ = true;
    for (Index x = 0; x < count_; ++x) {
      if (tile(x).suspect) {
        gate_.open(tile(x), pass_.tile(unit_, x));
        take_bands(x, x + 1);
      }
      gate_.close(tile(x));
    }
  }

 private:
  /// Keys of a group's tiles up to which each tile takes its own at once; beyond, blocks are
  /// shared.
  static constexpr Index narrow = 4 * block_keys;

  /// Bytes of inputs and output from which on looking ahead pays: what a core has of the last
  /// cache, about. Below, it costs up to 5 %.
  static constexpr double near_bytes = 8 << 20;

  static double bytes(const Call<T, S>& call) {
    const auto of = [](const auto& x) {
      return static_cast<double>(sizeof(S)) * static_cast<double>(x.rows) *
             static_cast<double>(x.cols);
    };
    return of(call.k) + of(call.v) + static_cast<double>(call.heads) * (of(call.q) + of(call.out));
  }

  /// Rounded outwards to whole pairs of keys, where the elements of v are.
  static KeyRange whole(const KeyRange& range) {
    return {range.begin / E::size * E::size, ceil_div(range.end, E::size) * E::size};
  }

  /// Keys packed since the tiles' blocks were last taken in.
  struct Packed {
    Lattice keys;
    PackingChoice choice;
    KeyRange range;
  };

  GroupTile<T>& tile(Index x) { return tiles_[static_cast<std::size_t>(x)]; }

  /// Has the rows of the run after `u`, and those of its keys that `u` does not have, brought
  /// nearer while `u` is computed.
  void look_ahead(Index u) {
    ahead_.clear();
    if (!far_ || u + 1 == pass_.runs()) return;
    const Unit next = pass_.unit((u + 1) / call_.heads);
    const Index next_head = (u + 1) % call_.heads;
    if (next.empty()) return;
    for (const Lattice& part : {next.positions, next.below}) {
      const Lattice rows{gate_.row_of(part.start), part.step, part.count};
      if (rows.empty()) continue;
      detail::look_ahead(call_.q_of(next_head), rows, ahead_);
      if (pass_.resume) {
        detail::look_ahead(as_const(Call<T, S>::beside(pass_.state, next_head)), rows, ahead_);
      }
    }
    const Lattice span = next.span(), done = unit_.span();
    const Index known = next.lines && !bands_.empty() ? bands_.back()->band.keys.start : -1;
    pass_.plan.visit_bands(next.rows, span, [&](const PlannedBand& planned) {
      const Band& band = planned.band;
      const Lattice common = span.within(band.rows.start, band.rows.end());
      if (common.empty() || band.keys.start <= known) return;
      Index begin = band.keys_of(planned.mover(common.start)).first;
      if (next.rows == unit_.rows && band.rows.start <= done.start) {
        begin = max(begin, band.keys_of(planned.mover(done.end() - 1)).last + 1);
      }
      const Index end = band.keys_of(planned.mover(common.end() - 1)).last + 1;
      source_.look_ahead(band, begin, min(end, begin + narrow), ahead_);
    });
    ahead_.within(steps());
  }

  /// Value steps in which the tiles take a block each.
  Index steps() const { return count_ * (L / Shape<T>::rows); }

  /// Takes the keys of all bands into the tiles [from, to).
  void take_bands(Index from, Index to) {
    for (auto& packed : packed_) packed.clear();
    for (const PlannedBand* planned : bands_) take_band(*planned, from, to);
    for (Index x = from; x < to; ++x) flush(tile(x), true);
  }

  /// Gives the band's keys to the tiles [from, to).
  void take_band(const PlannedBand& planned, Index from, Index to) {
    if (!unit_.lines) {
      const Lattice& rows = unit_.positions;
      from = max(from, max(0, rows.index_at_or_after(planned.band.rows.start)) / L);
      to = min(to, rows.index_at_or_before(planned.band.rows.end() - 1) / L + 1);
    }
    const Index shear = isolate_ || E::size > 1 ? 0 : planned.shear();
    if (shear > 0 && shear <= Shape<T>::widest_shear && take_sheared(planned, from, to, shear)) {
      return;
    }
    KeyRange all;
    for (Index x = from; x < to; ++x) {
      KeyRange& range = ranges_[static_cast<std::size_t>(x)];
      LaneBounds<T>& bounds = bounds_[static_cast<std::size_t>(x)];
      range = {};
      if (!lane_bounds<T>(planned, tile(x).positions, bounds)) continue;
      range = key_range(bounds);
      if (range.empty()) continue;
      range = whole(range);
      all.include(range.begin, range.end);
    }
    if (all.empty()) return;
    const PackingChoice choice = source_.choose(planned.band, class_tiles_, false, unit_.lines);
    const Index keys = all.end - all.begin;
    if (keys <= narrow && source_.fits(choice, keys)) {
      pack(planned, choice, all);  // in one piece
      for (Index x = from; x < to; ++x) take_run(planned, x, choice);
    } else {
      for (Index begin = all.begin; begin < all.end; begin += block_keys) {
        const KeyRange block{begin, min(all.end, begin + block_keys)};
        if (far_) {
          ahead_.clear();
          source_.look_ahead(planned.band, block.end, min(all.end, block.end + block_keys), ahead_);
          ahead_.within(steps());
        }
        pack(planned, choice, block);
        for (Index x = from; x < to; ++x) {
          const KeyRange range = ranges_[static_cast<std::size_t>(x)];
          take(planned, x, choice, {max(block.begin, range.begin), min(block.end, range.end)}, 0);
        }
      }
    }
  }

  /// The same for a band of which each row has `width` keys, one further than the row before.
  /// False, and nothing is taken, where the tiles' keys are too far apart to be packed in one
  /// piece.
  bool take_sheared(const PlannedBand& planned, Index from, Index to, Index width) {
    KeyRange all;
    for (Index x = from; x < to; ++x) {
      auto& lanes = sheared_[static_cast<std::size_t>(x)];
      sheared_lanes(planned, tile(x).positions, lanes);
      for (const ShearedLanes& l : lanes) {
        if (!l.empty()) all.include(l.first_key(), l.end_key(width));
      }
    }
    if (all.empty()) return true;
    if (all.end - all.begin > Source::short_run_keys) return false;
    const PackingChoice choice = source_.choose(planned.band, class_tiles_, true, unit_.lines);
    pack(planned, choice, all);
    auto keys = source_.sheared(planned.band, choice, width, all.begin, all.end);
    keys.part.key_step = planned.band.keys.step;
    keys.part.key = planned.band.keys[keys.first];
    for (Index x = from; x < to; ++x) {
      const auto& lanes = sheared_[static_cast<std::size_t>(x)];
      if (!unit_.lines && !planned.moving) {
        take(x, keys.from(lanes[0].empty() ? lanes[1].first - W : lanes[0].first), W, lanes);
        continue;
      }
      // One vector's lanes at a time: each joins the other's where both have the same keys.
      for (const std::size_t m : {0u, 1u}) {
        if (lanes[m].empty()) continue;
        ShearedLanes one[2]{};
        one[m] = lanes[m];
        take(x, keys.from(lanes[m].first), 0, one);
      }
    }
    return true;
  }

  /// Has the keys packed, if they are to be. Before packed keys are overwritten that a tile has yet
  /// to take in, the tiles' blocks are taken in. What other units have left packed must not matter:
  /// blocks, and so the bits of the result, would depend on which thread ran which unit.
  void pack(const PlannedBand& planned, const PackingChoice& choice, KeyRange keys) {
    if (!choice.any()) return;
    if (choice.line) keys = whole({0, planned.band.keys.count});  // for other units too
    const bool is_short = choice.in_short_run();
    bool room = packed_[is_short].size() < Source::runs(is_short);
    for (const Packed& packed : packed_[is_short]) {
      if (packed.keys != planned.band.keys || packed.choice != choice) continue;
      if (packed.range.begin <= keys.begin && keys.end <= packed.range.end) return;
      room = false;  // the run may begin anew
    }
    if (!room) {
      for (Index x = 0; x < count_; ++x) flush(tile(x), false);
      for (auto& packed : packed_) packed.clear();
    }
    source_.pack(planned.band, choice, keys.begin, keys.end);
    packed_[is_short].push_back({planned.band.keys, choice, keys});
  }

  /// Gives the tile all keys that it has in a narrow band, in blocks of even size.
  void take_run(const PlannedBand& planned, Index x, const PackingChoice& choice) {
    KeyRange range = ranges_[static_cast<std::size_t>(x)];
    if (range.empty()) return;
    const Index wrap = isolate_ || planned.keep || E::size > 1
                           ? 0
                           : wrap_of(bounds_[static_cast<std::size_t>(x)], tile(x).rows);
    if (wrap) range.end = range.begin + wrap;
    const Index blocks = ceil_div(range.end - range.begin, block_keys);
    const Index size = ceil_div(ceil_div(range.end - range.begin, blocks), 8) * 8;
    for (Index begin = range.begin; begin < range.end; begin += size) {
      take(planned, x, choice, {begin, min(range.end, begin + size)},
           begin == range.begin ? wrap : 0);
    }
  }

  /// Adds sheared keys to the tile's block.
  void take(Index x, KeyPart<T> part, Index high, const ShearedLanes (&lanes)[2]) {
    if (lanes[0].empty() && lanes[1].empty()) return;
    part.high = high;
    GroupTile<T>& t = tile(x);
    if (t.block.add_sheared(part, lanes)) return;
    flush(t, false);
    t.block.add_sheared(part, lanes);
  }

  /// Adds keys to the tile's block; where they do not fit, the block is taken in first.
  void take(const PlannedBand& planned, Index x, const PackingChoice& choice, const KeyRange& keys,
            Index wrap) {
    if (keys.empty()) return;
    GroupTile<T>& t = tile(x);
    const LaneBounds<T>& bounds = bounds_[static_cast<std::size_t>(x)];
    KeyPart<T> part = source_.part(planned.band, choice, keys.begin, keys.end);
    part.wrap = wrap;
    part.key = planned.band.keys[keys.begin];
    part.key_step = planned.band.keys.step;
    if (planned.keep) {
      flush(t, false);
      t.block.add(part, keys.begin, bounds);
      const BandFilter<T> filter(planned, t.positions, keys.begin);
      TakeMode<T> mode;
      mode.filter = &filter;
      mode.isolate = isolate_;
      take_block(t, mode);
    } else if (!t.block.add(part, keys.begin, bounds)) {
      flush(t, false);
      t.block.add(part, keys.begin, bounds);
    }
  }

  /// Takes the tile's block in. After the last block the rows are written where they belong.
  void flush(GroupTile<T>& t, bool last) {
    if (t.block.empty()) return;
    TakeMode<T> mode;
    mode.isolate = isolate_;
    // Rows in out that an earlier pass left are overwritten only where no second try can be needed.
    const bool exact = !t.ragged && t.block.full();
    if (last && !isolate_ && gate_.direct(t) && (!pass_.resume || exact)) {
      const Strided2D<T> out = gate_.state_rows(t.positions.half[0]);
      mode.into = out.data;
      mode.into_stride = out.row_stride;
      mode.finish = !pass_.to_continue;
      t.written = true;
    } else if (last && !isolate_ && !pass_.to_continue) {
      mode.into = t.out;
      mode.into_stride = out_stride_;
      mode.finish = t.finished = true;
    }
    take_block(t, mode);
  }

  void take_block(GroupTile<T>& t, TakeMode<T>& mode) {
    const Index head = call_.first_head + head_;
    std::optional<TileScores<T, Score>> scores;
    if (call_.score) mode.edit = &scores.emplace(*call_.score, t.positions, head, ahead_);
    std::optional<DropRuns> drop;
    std::optional<TileScores<T, DropRuns>> dropout;
    if (call_.dropout) {
      drop.emplace(DropRuns{*call_.dropout, call_.sequence});
      mode.dropout = &dropout.emplace(*drop, t.positions, head, ahead_);
    }
    take_keys<T, E>(t, work_, t.block, mode);
    t.block.clear();
  }

  const Pass<T, S>& pass_;
  const Call<T, S>& call_;
  Source source_;
  Index out_stride_;
  TileGate<T, S, E> gate_;
  Ahead<T> ahead_;
  bool far_;
  Workspace<T> work_{};
  std::array<GroupTile<T>, static_cast<std::size_t>(group_tiles)> tiles_;
  std::array<LaneBounds<T>, static_cast<std::size_t>(group_tiles)> bounds_;
  std::array<ShearedLanes[2], static_cast<std::size_t>(group_tiles)> sheared_;
  std::array<KeyRange, static_cast<std::size_t>(group_tiles)> ranges_;
  Unit unit_{};
  Index head_ = 0;
  std::vector<const PlannedBand*> bands_;  // of the unit
  Index count_ = 0;
  Index class_tiles_ = 0;
  std::array<std::vector<Packed>, 2> packed_;  // in long runs, and in short ones
  bool isolate_ = false;
};

}  // namespace tartan::detail::inline TARTAN_ISA

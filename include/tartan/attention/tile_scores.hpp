// A call's score modifiers and dropout, for the blocks of a tile: which pair each of a block's
// scores or weights belongs to. Layer: attention.
#pragma once

#include "../kernel/tile.hpp"
#include "../scores/dropout.hpp"
#include "../scores/score.hpp"
#include "pass.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Puts an edit of runs (edit.modify(run)) to work on blocks.
template <class T, class RunEdit>
class TileScores final : public ScoreEdit<T> {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;

 public:
  TileScores(const RunEdit& edit, const TileRows<T>& rows, Index head, Ahead<T>& ahead)
      : edit_(edit), rows_(rows), head_(head), ahead_(ahead) {}

  void edit(T* s, const KeyBlock<T>& keys) const override {
    for (Index m = 0; m < 2; ++m) {
      for (const KeyPart<T>& part : keys) {
        const SlotRange range = keys.range(part, m * W, W);
        if (range.begin < range.end) edit(s + m * W, keys, part, range, m);
      }
    }
    if constexpr (looks_ahead) {
      for (const KeyPart<T>& part : keys) {
        if (part.count == block_keys) look_ahead(part);
      }
    }
  }

 private:
  static constexpr bool looks_ahead =
      requires(const RunEdit& edit, const Lattice& rows, Ahead<T>& ahead) {
    edit.look_ahead(rows, rows, ahead);
  };

  /// s: the block's scores, from the vector's first lane.
  void edit(T* s, const KeyBlock<T>& keys, const KeyPart<T>& part, const SlotRange& range,
            Index m) const {
    const Lattice& rows = rows_.half[m];  // lanes beyond the rows, too: scores of none
    // Slots [begin, end), of which lane 0 has, in slot 0, the key `first` on from slot 0's.
    const auto run = [&](Index begin, Index end, Index first, Index lane_step, Index wrap) {
      if (begin >= end) return;
      edit_.modify(ScoreRun<T>{s + begin * L, L, end - begin, rows.start, rows.step,
                               part.key + (begin - part.slot + first) * part.key_step,
                               lane_step * part.key_step, part.key_step, head_,
                               wrap * part.key_step});
    };
    if (part.sheared) {
      const ShearedLanes& lanes = keys.sheared(part, m);
      const Index edges[2] = {lanes.low, min(lanes.high, W - 1)}, count = range.end - range.begin;
      // Lanes beyond an edge have its keys: their scores are modified in a copy.
      T stay[2][std::size_t(block_keys * W)];
      for (std::size_t x = 0; x < 2 && lanes.stay(W); ++x) {
        for (Index e = 0; e < count; ++e) {
          std::copy_n(s + (range.begin + e) * L, W, stay[x] + e * W);
        }
        const Index key = range.begin - part.slot + part.key_of_vector(m) + edges[x];
        edit_.modify(ScoreRun<T>{stay[x], W, count, rows.start, rows.step,
                                 part.key + key * part.key_step, 0, part.key_step, head_, 0});
      }
      run(range.begin, range.end, part.key_of_vector(m), 1, 0);
      for (Index e = 0; e < count && lanes.stay(W); ++e) {
        T* to = s + (range.begin + e) * L;
        std::copy_n(stay[0] + e * W, edges[0], to);
        std::copy(stay[1] + e * W + edges[1] + 1, stay[1] + (e + 1) * W, to + edges[1] + 1);
      }
    } else if (part.wrap) {  // far keys, then in slots of as many as lanes both, then near ones
      const Index both = part.slot + m * W, near = both + W - 1;
      run(range.begin, both, part.wrap, 0, 0);
      run(both, near, 0, 0, part.wrap);
      run(near, range.end, 0, 0, 0);
    } else {
      run(range.begin, range.end, 0, 0, 0);
    }
  }

  /// A band that fills a block will go on, most often: in the tile's next block, with as many keys.
  /// Asks for what they need in this block's value steps.
  void look_ahead(const KeyPart<T>& part) const {
    const Lattice keys{part.key + part.count * part.key_step, part.key_step, part.count};
    const Lattice& low = rows_.half[0];
    if (rows_.one_lattice()) {
      edit_.look_ahead(Lattice{low.start, low.step, rows_.count()}, keys, ahead_);
    } else {
      for (const Lattice& rows : rows_.half) edit_.look_ahead(rows, keys, ahead_);
    }
    ahead_.within(L / Shape<T>::rows);
  }

  const RunEdit& edit_;
  const TileRows<T>& rows_;
  Index head_;
  Ahead<T>& ahead_;
};

/// Dropout of a call's weights.
struct DropRuns {
  const Dropout& dropout;
  Index sequence;

  template <class T>
  void modify(const ScoreRun<T>& run) const {
    dropout.drop(run, sequence);
  }
};

}  // namespace tartan::detail::inline TARTAN_ISA

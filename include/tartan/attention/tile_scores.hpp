// A call's score modifiers, for the blocks of a tile: which pair each of a block's scores belongs
// to. Layer: attention.
#pragma once

#include "../kernel/tile.hpp"
#include "../scores/score.hpp"
#include "pass.hpp"

namespace tartan::detail::inline TARTAN_ISA {

template <class T>
class TileScores final : public ScoreEdit<T> {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;

 public:
  TileScores(const Score& score, const TileRows<T>& rows, Index head)
      : score_(score), rows_(rows), head_(head) {}

  void edit(T* s, const KeyBlock<T>& keys) const override {
    for (Index m = 0; m < 2; ++m) {
      Index i[std::size_t(W)];
      const Lattice& rows = rows_.half[m];
      for (Index l = 0; l < W; ++l) i[l] = rows[l];  // lanes beyond the rows, too: scores of none
      for (const KeyPart<T>& part : keys) {
        const SlotRange range = keys.range(part, m * W, W);
        if (range.begin < range.end) edit(s + m * W, keys, part, range, m, i);
      }
    }
  }

 private:
  /// s: the block's scores, from the vector's first lane.
  void edit(T* s, const KeyBlock<T>& keys, const KeyPart<T>& part, const SlotRange& range, Index m,
            const Index* i) const {
    Index j[std::size_t(W)];
    // From slot to slot of [begin, end); lane l's key in the first is that many on from slot 0's.
    const auto run = [&](Index begin, Index end, Index wrap, auto&& key_of) {
      if (begin >= end) return;
      for (Index l = 0; l < W; ++l) j[l] = part.key + key_of(begin - part.slot, l) * part.key_step;
      score_.modify(ScoreRun<T>{s + begin * L, L, end - begin, i, j, part.key_step, head_,
                                wrap * part.key_step});
    };
    const auto plain = [](Index e, Index) { return e; };
    if (part.sheared) {
      run(range.begin, range.end, 0,
          [&](Index e, Index l) { return e + keys.key_of(part, m * W + l); });
    } else if (part.wrap) {  // far keys, then in slots of as many as lanes both, then near ones
      const Index both = part.slot + m * W, near = both + W - 1;
      run(range.begin, both, 0, [&](Index e, Index) { return e + part.wrap; });
      run(both, near, part.wrap, plain);
      run(near, range.end, 0, plain);
    } else {
      run(range.begin, range.end, 0, plain);
    }
  }

  const Score& score_;
  const TileRows<T>& rows_;
  Index head_;
};

}  // namespace tartan::detail::inline TARTAN_ISA

// What a block says of its slots, against a table of who attends which; and which parts it takes.
#include <tartan/kernel/key_block.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

#include <vector>

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Random;

namespace {

template <class T>
class Check {
  static constexpr Index L = Shape<T>::lanes, R = Shape<T>::rows, W = Shape<T>::width;

 public:
  explicit Check(unsigned seed) : random_(seed) { block_.clear(); }

  /// Adds parts until one is refused; true where that was right, and the block holds what it
  /// should.
  bool run() {
    for (std::size_t part = 0; part < 24; ++part) {
      const Index count = random_.in(1, part % 2 == 0 ? 30 : 5), first = random_.in(0, 50);
      const Index wrap = count >= L && random_.in(0, 2) == 0 ? count : 0;
      const LaneBounds<T> bounds = any_bounds(first, count);
      const bool room =
          part == 0 || (part < KeyBlock<T>::most_parts && block_.slots() + count <= block_keys);
      const bool added = block_.add({nullptr, 0, nullptr, 0, count, wrap}, first, bounds);
      if (added != room) return false;
      if (!added) return holds();
      parts_.push_back({bounds, first, wrap});
      if (!holds()) return false;
    }
    return true;
  }
  std::size_t added() const { return parts_.size(); }

 private:
  struct Part {
    LaneBounds<T> bounds;
    Index first, wrap;
  };

  /// All of the part, none, or any run in each lane.
  LaneBounds<T> any_bounds(Index first, Index count) {
    LaneBounds<T> bounds{};
    const Index kind = random_.in(0, 3);
    for (Index l = 0; l < L; ++l) {
      bounds.first[l] = kind == 0 ? first : first + random_.in(-9, count + 8);
      bounds.last[l] = kind == 0 ? first + count - 1 : first + random_.in(-9, count + 8);
      bounds.hole_first[l] = first + random_.in(-2, count + 1);
      bounds.hole_last[l] = first + random_.in(-2, count + 1);
    }
    for (Index* bound : {bounds.first, bounds.last, bounds.hole_first, bounds.hole_last}) {
      std::sort(bound, bound + L);
    }
    bounds.has_hole = random_.in(0, 3) == 0;
    return bounds;
  }

  bool holds() const {
    bool right = block_.end() - block_.begin() == static_cast<std::ptrdiff_t>(parts_.size());
    Index slot = 0;
    bool full[2] = {true, true};
    for (std::size_t x = 0; right && x < parts_.size(); ++x) {
      const KeyPart<T>& part = block_.begin()[x];
      right = part.slot == slot && holds(part, parts_[x]);
      for (const Index m : {0, 1}) full[m] = full[m] && block_.range(part, m * W, W).full();
      slot += part.count;
    }
    for (const Index m : {0, 1}) right = right && block_.full(m) == full[m];
    return right && block_.slots() == slot && block_.full() == (full[0] && full[1]);
  }

  bool holds(const KeyPart<T>& part, const Part& own) const {
    const auto attends = [&](Index lane, Index slot) {
      return own.wrap != 0 || own.bounds.attends(lane, own.first + slot - part.slot);
    };
    bool right = true;
    for (const Index count : {Index{1}, R, W}) {
      for (Index lane = 0; lane < L; lane += count) {
        const SlotRange range = block_.range(part, lane, count);
        right = right && range.begin <= range.full_begin && range.full_begin <= range.full_end &&
                range.full_end <= range.end;
        right = right && (range.empty() ||
                          (part.slot <= range.begin && range.end <= part.slot + part.count));
        for (Index e = part.slot; e < part.slot + part.count; ++e) {
          Index attending = 0;
          for (Index l = lane; l < lane + count; ++l) {
            attending += attends(l, e);
            right = right && block_.attends(part, l, e) == attends(l, e);
          }
          const bool inside = range.begin <= e && e < range.end;
          const bool edge = inside && (e < range.full_begin || e >= range.full_end);
          const bool hole = range.hole_begin <= e && e < range.hole_end;
          right = right && (inside || attending == 0);
          right = right && (!inside || edge || hole || attending == count);
          right = right && (!range.full() || !inside || attending == count);
          if (own.wrap || !own.bounds.has_hole) {
            right = right && (attending < count || (inside && !edge && !hole));
          }
          const bool bounded = inside && !block_.range(part, lane / W * W, W).full();
          if (bounded) right = right && admitted(part, own, lane, count, e, attends);
        }
      }
    }
    return right;
  }

  /// True where the bounds that the softmax reads admit the lanes that attend a slot, no others.
  bool admitted(const KeyPart<T>& part, const Part& own, Index lane, Index count, Index slot,
                auto attends) const {
    const SlotBounds<T> b = block_.bounds(part, lane);
    const T e = static_cast<T>(slot);
    for (Index l = 0; l < count; ++l) {
      const bool in = b.lower[l] <= e && e <= b.upper[l];
      const bool out = own.bounds.has_hole && b.hole_lower[l] <= e && e <= b.hole_upper[l];
      if ((in && !out) != attends(lane + l, slot)) return false;
    }
    return true;
  }

  Random random_;
  KeyBlock<T> block_;
  std::vector<Part> parts_;
};

template <class T>
void check_random() {
  std::size_t added = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Check<T> check(seed);
    CAPTURE(seed);
    CHECK(check.run());
    added += check.added();
  }
  CHECK(added > 1200);
}

}  // namespace

TEST_CASE("KeyBlock takes parts while there is room, and knows who attends what") {
  check_random<float>();
  check_random<double>();
}

TEST_CASE("KeyBlock places its parts one after the other, and no more than there is room for") {
  KeyBlock<float> block;
  block.clear();
  CHECK(block.empty());
  LaneBounds<float> all{};
  for (Index& last : all.last) last = 1000;
  CHECK(block.add({nullptr, 0, nullptr, 0, 60}, 0, all));
  CHECK(block.add({nullptr, 0, nullptr, 0, block_keys - 60}, 0, all));
  CHECK_FALSE(block.add({nullptr, 0, nullptr, 0, 1}, 0, all));
  CHECK(block.full());
  CHECK(block.slots() == block_keys);
  CHECK(block.begin()[0].slot == 0);
  CHECK(block.begin()[1].slot == 60);
  CHECK(block.end() - block.begin() == 2);
  block.clear();
  CHECK(block.empty());
  CHECK(block.begin() == block.end());
}

namespace {

/// Sheared parts, each against a table of who attends which of its slots.
template <class T>
class CheckSheared {
  static constexpr Index L = Shape<T>::lanes, R = Shape<T>::rows, W = Shape<T>::width;

 public:
  explicit CheckSheared(unsigned seed) : random_(seed) { block_.clear(); }

  bool run() {
    for (int trial = 0; trial < 8; ++trial) {
      KeyPart<T> part{&keys_[trial], 1, &keys_[0], 1, random_.in(1, 20)};
      part.sheared = true;
      part.high = random_.in(0, 1) * W;
      ShearedLanes both[2] = {any_lanes(part.count), any_lanes(part.count)};
      if (random_.in(0, 1) == 0) {
        both[0].low = both[1].low = random_.in(0, W - 1);
        both[0].high = both[1].high = random_.in(both[0].low, W - 1);
      }
      const bool room = block_.empty() || block_.slots() + part.count <= block_keys;
      const std::ptrdiff_t before = block_.end() - block_.begin();
      if (random_.in(0, 1) == 0) {
        if (block_.add_sheared(part, both) != room) return false;
      } else {  // one vector after the other, in either order: one part
        const Index m = random_.in(0, 1);
        ShearedLanes one[2]{}, other[2]{};
        one[m] = both[m];
        other[1 - m] = both[1 - m];
        if (block_.add_sheared(part, one) != room) return false;
        if (room && !block_.add_sheared(part, other)) return false;
      }
      if (!room) return true;
      if (block_.end() - block_.begin() != before + 1) return false;
      if (!holds(block_.end()[-1], both)) return false;
    }
    return true;
  }

 private:
  /// Any run of lanes, at the first keys, the last, between them or beyond.
  ShearedLanes any_lanes(Index count) {
    const Index keys = random_.in(1, 60), begin = random_.in(0, W - 1);
    const bool all = random_.in(0, 1) == 0;
    return {random_.in(-W - count, keys + 2), keys, all ? 0 : begin,
            all ? W : random_.in(begin, W)};
  }

  bool holds(const KeyPart<T>& part, const ShearedLanes (&lanes)[2]) const {
    const auto attends = [&](Index lane, Index slot) {
      const ShearedLanes& of = lanes[lane / W];
      const Index l = lane % W, key = of.first + std::clamp(l, of.low, of.high) + slot - part.slot;
      return of.begin <= l && l < of.end && 0 <= key && key < of.keys;
    };
    bool right = true;
    for (const Index count : {Index{1}, R, W}) {
      for (Index lane = 0; lane < L; lane += count) {
        const SlotRange range = block_.range(part, lane, count);
        const SlotRange vector = block_.range(part, lane / W * W, W);
        right = right && range.begin <= range.full_begin && range.full_begin <= range.full_end &&
                range.full_end <= range.end && range.hole_begin >= range.hole_end;
        right = right && (!vector.full() || range.full());
        const ShearedLanes& of = lanes[lane / W];
        const bool stays = !of.empty() && (of.low > 0 || of.high < W - 1);
        if (stays) right = right && !block_.full(lane / W);
        if (!vector.full()) right = right && !block_.full(lane / W);
        for (Index e = part.slot; e < part.slot + part.count; ++e) {
          Index attending = 0;
          const SlotBounds<T> b = block_.bounds(part, lane);
          for (Index l = 0; l < count; ++l) {
            attending += attends(lane + l, e);
            right = right && block_.attends(part, lane + l, e) == attends(lane + l, e);
            const T slot = static_cast<T>(e);
            const bool admitted = vector.full() || (b.lower[l] <= slot && slot <= b.upper[l]);
            const bool scored = vector.begin <= e && e < vector.end;
            right = right && (!scored || admitted == attends(lane + l, e));
          }
          const bool inside = range.begin <= e && e < range.end;
          const bool middle = range.full_begin <= e && e < range.full_end;
          right = right && (inside || attending == 0) && (!middle || attending == count);
          right = right && (attending < count || middle);
        }
      }
    }
    return right;
  }

  Random random_;
  KeyBlock<T> block_;
  T keys_[8] = {};
};

template <class T>
void check_sheared() {
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    CHECK(CheckSheared<T>(seed).run());
  }
}

}  // namespace

TEST_CASE("KeyBlock: in a sheared part each lane attends a run of its own slots") {
  check_sheared<float>();
  check_sheared<double>();
}

TEST_CASE("KeyBlock: sheared parts with other keys, or lanes of the same vector, do not join") {
  constexpr Index W = Shape<float>::width;
  const float memory[2] = {};
  KeyPart<float> part{memory, 1, memory, 1, 5};
  part.sheared = true;
  const ShearedLanes low[2] = {{0, 90, 0, W}, {}}, high[2] = {{}, {0, 90, 0, W}};
  const auto parts = [&](const KeyPart<float>& second, const ShearedLanes(&lanes)[2]) {
    KeyBlock<float> block;
    block.clear();
    CHECK(block.add_sheared(part, low));
    CHECK(block.add_sheared(second, lanes));
    return block.end() - block.begin();
  };
  CHECK(parts(part, high) == 1);
  CHECK(parts(part, low) == 2);
  KeyPart<float> other = part;
  other.k = memory + 1;
  CHECK(parts(other, high) == 2);
  other = part;
  other.v_key = 1;
  CHECK(parts(other, high) == 2);
  other = part;
  other.count = 4;
  CHECK(parts(other, high) == 2);
  const ShearedLanes staying[2] = {{}, {0, 90, 0, W, 1}};
  CHECK(parts(part, staying) == (W > 1 ? 2 : 1));
}

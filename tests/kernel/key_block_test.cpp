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
    for (int part = 0; part < 24; ++part) {
      const Index count = random_.in(1, 30), first = random_.in(0, 50);
      const Index wrap = count >= L && random_.in(0, 2) == 0 ? count : 0;
      LaneBounds<T> bounds = any_bounds(first, count);
      const auto before = attended_;
      const bool had_hole = has_hole_;
      add_to_table(bounds, first, count, wrap);
      const bool expected = before.empty() || (part < KeyBlock<T>::most_parts && in_order() &&
                                               slots() <= block_keys &&
                                               !(had_hole && bounds.has_hole && !free_of_bounds_));
      const bool added = block_.add({nullptr, 0, nullptr, 0, count, wrap}, first, bounds);
      // A lane without a key may stand in the way of another part; that is all the freedom there
      // is.
      if (added && !expected) return false;
      if (!added && expected && every_lane_attends()) return false;
      if (!added) {
        attended_ = before;
        return holds();
      }
      ++added_;
      if (!holds()) return false;
    }
    return true;
  }
  int added() const { return added_; }

 private:
  Index slots() const { return static_cast<Index>(attended_.size()); }

  /// All of the part, none, or any run in each lane.
  LaneBounds<T> any_bounds(Index first, Index count) {
    LaneBounds<T> bounds{};
    const Index kind = random_.in(0, 3);
    for (Index l = 0; l < L; ++l) {
      bounds.first[l] = kind == 0 ? first : first + random_.in(-1, count);
      bounds.last[l] = kind == 0 ? first + count - 1 : first + random_.in(-1, count);
      if (kind == 1) bounds.first[l] = first;  // ragged at the end alone
      bounds.hole_first[l] = first + random_.in(-1, count);
      bounds.hole_last[l] = first + random_.in(-1, count);
    }
    for (Index* bound : {bounds.first, bounds.last, bounds.hole_first, bounds.hole_last}) {
      std::sort(bound, bound + L);
    }
    bounds.has_hole = random_.in(0, 5) == 0;
    return bounds;
  }

  void add_to_table(const LaneBounds<T>& bounds, Index first, Index count, Index wrap) {
    // Bounds that all lanes meet are not looked at again, and may come beside a hole.
    free_of_bounds_ = wrap != 0;
    for (Index e = 0; e < count; ++e) {
      std::vector<char> lanes;
      for (Index l = 0; l < L; ++l) {
        const bool in = bounds.first[l] <= first + e && first + e <= bounds.last[l];
        const bool out = bounds.has_hole && bounds.hole_first[l] <= first + e &&
                         first + e <= bounds.hole_last[l];
        lanes.push_back(wrap ? 3 : static_cast<char>((in ? 1 : 0) + (in && !out ? 2 : 0)));
      }
      attended_.push_back(lanes);
    }
    if (!wrap) has_hole_ = has_hole_ || bounds.has_hole;
  }

  /// True where each lane attends one run, holes left aside, and no run begins or ends earlier than
  /// that of the lane before.
  bool in_order() const {
    Index begin_before = 0, end_before = 0;
    for (Index l = 0; l < L; ++l) {
      Index begin = -1, end = -1;
      for (Index e = 0; e < slots(); ++e) {
        if (!(attended_[std::size_t(e)][std::size_t(l)] & 1)) continue;
        if (end >= 0 && end != e) return false;
        if (begin < 0) begin = e;
        end = e + 1;
      }
      if (begin < 0) continue;
      if (begin < begin_before || end < end_before) return false;
      begin_before = begin;
      end_before = end;
    }
    return true;
  }

  bool every_lane_attends() const {
    for (Index l = 0; l < L; ++l) {
      bool any = false;
      for (Index e = 0; e < slots(); ++e)
        any = any || attended_[std::size_t(e)][std::size_t(l)] & 1;
      if (!any) return false;
    }
    return true;
  }

  bool attends(Index lane, Index slot) const {
    return (attended_[std::size_t(slot)][std::size_t(lane)] & 2) != 0;
  }

  bool holds() const {
    if (block_.slots() != slots()) return false;
    bool right = true;
    for (Index l = 0; l < L; ++l) {
      for (Index e = 0; e < slots(); ++e) right = right && block_.attends(l, e) == attends(l, e);
    }
    for (const Index count : {Index{1}, R, W}) {
      for (Index lane = 0; lane < L; lane += count) {
        const SlotRange range = block_.range(lane, count);
        right = right && 0 <= range.begin && range.begin <= range.full_begin &&
                range.full_begin <= range.full_end && range.full_end <= range.end &&
                range.end <= slots();
        for (Index e = 0; e < slots(); ++e) {
          Index attending = 0;
          for (Index l = lane; l < lane + count; ++l) attending += attends(l, e);
          const bool inside = range.begin <= e && e < range.end;
          const bool edge = inside && (e < range.full_begin || e >= range.full_end);
          const bool hole = range.hole_begin <= e && e < range.hole_end;
          right = right && (inside || attending == 0);
          right = right && (!inside || edge || hole || attending == count);
          if (!has_hole_ && attending == count) right = right && inside && !edge && !hole;
        }
      }
    }
    return right;
  }

  Random random_;
  KeyBlock<T> block_;
  std::vector<std::vector<char>> attended_;  // by slot and lane; 1: within bounds; 2: and no hole
  bool has_hole_ = false;
  bool free_of_bounds_ = false;
  int added_ = 0;
};

template <class T>
void check_random() {
  int added = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Check<T> check(seed);
    CAPTURE(seed);
    CHECK(check.run());
    added += check.added();
  }
  CHECK(added > 400);
}

}  // namespace

TEST_CASE("KeyBlock takes parts while lanes attend runs in order, and knows who attends what") {
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

TEST_CASE("KeyBlock writes the bounds that the softmax reads") {
  constexpr Index L = Shape<float>::lanes;
  KeyBlock<float> block;
  block.clear();
  LaneBounds<float> bounds{};
  for (Index l = 0; l < L; ++l) {
    bounds.first[l] = 10 + l / 4;
    bounds.last[l] = 20 + l / 4;
    bounds.hole_first[l] = bounds.hole_last[l] = 15 + l / 4;
  }
  bounds.has_hole = true;
  CHECK(block.add({nullptr, 0, nullptr, 0, 40}, 10, bounds));
  float to[std::size_t(4 * L)];
  block.write_bounds(to);
  for (Index l = 0; l < L; ++l) {
    CHECK(to[l] == static_cast<float>(l / 4));
    CHECK(to[L + l] == static_cast<float>(10 + l / 4));
    CHECK(to[2 * L + l] == static_cast<float>(5 + l / 4));
    CHECK(to[3 * L + l] == static_cast<float>(5 + l / 4));
  }
}

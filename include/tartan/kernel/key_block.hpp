// A block of keys: what the kernel takes in at once, and which of its slots each lane attends.
// Layer: kernel.
#pragma once

#include <algorithm>
#include <limits>

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Which keys of a band each lane attends: lane l those with first[l] <= key <= last[l], but for
/// those with hole_first[l] <= key <= hole_last[l] where has_hole. None of the four decreases from
/// lane to lane; a lane with first > last attends none.
template <class T>
struct LaneBounds {
  Index first[Shape<T>::lanes];
  Index last[Shape<T>::lanes];
  Index hole_first[Shape<T>::lanes];
  Index hole_last[Shape<T>::lanes];
  bool has_hole;

  bool attends(Index lane, Index key) const {
    return first[lane] <= key && key <= last[lane] &&
           !(has_hole && hole_first[lane] <= key && key <= hole_last[lane]);
  }
};

/// Which keys of a band the lanes [begin, end) of a vector attend where the part is sheared: lane l
/// those from key(l) on, as many as the part has slots, within [0, keys): one further from lane to
/// lane, but for lanes before `low` and after `high`, which have the keys of these. The others
/// attend none.
struct ShearedLanes {
  Index first;
  Index keys;
  Index begin, end;
  Index low = 0, high = std::numeric_limits<Index>::max();
  bool empty() const { return begin >= end; }
  /// How far lane l's keys are from first on.
  Index offset(Index lane) const { return std::clamp(lane, low, high); }
  Index key(Index lane) const { return first + offset(lane); }
  /// True where lanes of a vector have each other's keys.
  bool stay(Index width) const { return low > 0 || high < width - 1; }
  /// The keys that they attend of a part of `count` slots.
  Index first_key() const { return max(0, key(begin)); }
  Index end_key(Index count) const { return min(keys, key(end - 1) + count); }
};

/// A run of keys and values in memory, the columns of each row contiguous: `count` slots of a
/// block, from `slot` on.
///
/// A part may be *wrapped*: where every lane attends the same number w >= lanes of keys, each
/// lane's run one key further than the lane's before, the two ragged ends fit together. Slot e of
/// the part is then key e for the lanes l <= e and key e + w for the others, and no lane computes a
/// pair that it does not attend.
///
/// A part may be *sheared*: slot e is then, for lane l of a vector, key e + l, and for those of the
/// high vector `high` keys on, 0 or Shape::width. Where each lane's run is one key further than the
/// lane's before, all lanes attend the same slots, however few, and next to no pair is computed
/// that is not attended. Its keys lie transposed, as each lane reads another one. Where `high` is
/// 0, lanes at one end of a vector may *stay*: they take the keys of one that does not.
///
/// Where the tile's elements are pairs (simd/bfloat16.hpp), k holds pairs of columns, and v those
/// of two keys, slots 0 and 1 first; count is even, and no part is wrapped or sheared.
template <class T>
struct KeyPart {
  const T* k;
  Index k_stride;  ///< from key to key; of a sheared part, from column to column
  const T* v;      ///< a multiple of Shape::width columns
  Index v_stride;
  Index count;           ///< slots, at most block_keys
  Index wrap = 0;        ///< w where the part is wrapped, else 0; then count >= lanes
  bool sheared = false;  ///< then k holds width + count - 1 keys, or 2 * width more for high ones
  Index high = 0;
  Index v_key = 0;  ///< of a sheared part, the key that v points at: none before it is attended
  Index slot = 0;   ///< the first of its slots; set by KeyBlock
  // For those who change scores: the position of slot 0's key, of a sheared part for the vector's
  // first lane; and how far the next one's is.
  Index key = 0;
  Index key_step = 1;

  /// In a sheared part, the key of slot 0 for a vector's lane 0, unless that stays.
  Index key_of_vector(Index vector) const { return vector * high; }
};

/// The slots of a part that one vector of lanes attends, or a few rows of it: [begin, end) hold
/// scores. Every lane attends those of [full_begin, full_end) outside [hole_begin, hole_end); the
/// others go by the lanes' bounds.
struct SlotRange {
  Index begin, end;
  Index full_begin, full_end;
  Index hole_begin, hole_end;

  bool empty() const { return begin >= end; }
  /// True where every lane attends all of them.
  bool full() const { return begin == full_begin && end == full_end && hole_begin >= hole_end; }
};

/// The lanes' bounds in a part, as slots of the block: a lane attends [lower, upper] without
/// [hole_lower, hole_upper], all counted. As T, since vectors of them are compared with slots.
template <class T>
struct SlotBounds {
  const T* lower;
  const T* upper;
  const T* hole_lower;
  const T* hole_upper;
};

/// Up to block_keys slots of keys from several places, taken in at once.
template <class T>
class KeyBlock {
  static constexpr int L = Shape<T>::lanes, W = Shape<T>::width;

 public:
  static constexpr Index most_parts = 16;

  void clear() { used_ = 0, slots_ = 0, full_[0] = full_[1] = true; }
  bool empty() const { return slots_ == 0; }
  Index slots() const { return slots_; }
  /// True where all lanes of the vector attend the same slots of each part, and none stays.
  bool full(Index vector) const { return full_[vector]; }
  bool full() const { return full_[0] && full_[1]; }

  const KeyPart<T>* begin() const { return parts_; }
  const KeyPart<T>* end() const { return parts_ + used_; }

  /// Adds the keys [first, first + part.count) of a band, of which each lane attends those within
  /// its bounds; of a wrapped part all. False, and nothing is added, where the block has no room.
  /// An empty block takes any part.
  bool add(const KeyPart<T>& part, Index first, const LaneBounds<T>& bounds) {
    if (!append(part)) return false;
    for (Index m = 0; m < 2; ++m) attend(used_ - 1, m, first, bounds);
    return true;
  }

  /// Adds a sheared part, or joins its lanes to those of a part with the same keys that the other
  /// vector has.
  bool add_sheared(const KeyPart<T>& part, const ShearedLanes (&lanes)[2]) {
    Index x = used_;  // the last are the likeliest
    while (x > 0 && !can_join(x - 1, part, lanes)) --x;
    const bool joins = x > 0;
    if (!joins && !append(part)) return false;
    x = joins ? x - 1 : used_ - 1;
    for (Index m = 0; m < 2; ++m) {
      if (joins && lanes[m].empty()) continue;
      sheared_[x][m] = lanes[m];
      attend_sheared(x, m);
    }
    return true;
  }

  /// The slots of a part that the lanes [lane, lane + count) attend, all of one vector.
  SlotRange range(const KeyPart<T>& part, Index lane, Index count) const {
    const SlotRange& of_vector = ranges_[index(part)][lane / W];
    return count == W || of_vector.full() ? of_vector : bounded(part, lane, count);
  }

  /// The bounds of the lanes from `lane` on. Precondition: their vector's range is not full.
  SlotBounds<T> bounds(const KeyPart<T>& part, Index lane) const {
    const Bounds& b = bounds_[index(part)];
    return {b.lower + lane, b.upper + lane, b.hole_lower + lane, b.hole_upper + lane};
  }

  /// The lanes of a vector in a sheared part.
  const ShearedLanes& sheared(const KeyPart<T>& part, Index vector) const {
    return sheared_[index(part)][vector];
  }

  /// In a sheared part, the key of slot 0 for a lane.
  Index key_of(const KeyPart<T>& part, Index lane) const {
    return part.key_of_vector(lane / W) + sheared(part, lane / W).offset(lane % W);
  }

  bool attends(const KeyPart<T>& part, Index lane, Index slot) const {
    const SlotRange r = range(part, lane, 1);
    return r.begin <= slot && slot < r.end && !(r.hole_begin <= slot && slot < r.hole_end);
  }

 private:
  struct Bounds {
    T lower[std::size_t(L)], upper[std::size_t(L)];
    T hole_lower[std::size_t(L)], hole_upper[std::size_t(L)];
  };

  Index index(const KeyPart<T>& part) const { return &part - parts_; }

  bool append(const KeyPart<T>& part) {
    if (!empty() && (used_ == most_parts || slots_ + part.count > block_keys)) return false;
    parts_[used_] = part;
    parts_[used_++].slot = slots_;
    slots_ += part.count;
    return true;
  }

  bool can_join(Index x, const KeyPart<T>& part, const ShearedLanes (&lanes)[2]) const {
    const KeyPart<T>& p = parts_[x];
    const auto apart = [&](int m) { return sheared_[x][m].empty() || lanes[m].empty(); };
    const auto alike = [](const ShearedLanes& a, const ShearedLanes& b) {
      return a.empty() || b.empty() || (a.low == b.low && a.high == b.high);
    };
    return p.sheared && p.k == part.k && p.v == part.v && p.v_key == part.v_key &&
           p.count == part.count && p.high == part.high && apart(0) && apart(1) &&
           alike(sheared_[x][0], lanes[1]) && alike(sheared_[x][1], lanes[0]);
  }

  void attend_sheared(Index x, Index vector) {
    const KeyPart<T>& part = parts_[x];
    const ShearedLanes& lanes = sheared_[x][vector];
    SlotRange& range = ranges_[x][vector];
    range = sheared_range(part, lanes, 0, W);
    if (lanes.stay(W)) full_[vector] = false;
    if (range.full()) return;
    full_[vector] = false;
    Bounds& b = bounds_[x];
    for (Index l = 0; l < W; ++l) {
      const bool in = lanes.begin <= l && l < lanes.end;
      b.lower[vector * W + l] =
          static_cast<T>(in ? lower_slot(part, lanes, l) : part.slot + part.count);
      b.upper[vector * W + l] = static_cast<T>(in ? upper_slot(part, lanes, l) - 1 : part.slot - 1);
    }
  }

  static Index lower_slot(const KeyPart<T>& part, const ShearedLanes& lanes, Index lane) {
    return part.slot + std::clamp<Index>(-lanes.key(lane), 0, part.count);
  }
  static Index upper_slot(const KeyPart<T>& part, const ShearedLanes& lanes, Index lane) {
    return part.slot + std::clamp<Index>(lanes.keys - lanes.key(lane), 0, part.count);
  }

  /// The slots that the lanes [from, to) of a vector attend: further down from lane to lane where
  /// the band's keys begin or end.
  static SlotRange sheared_range(const KeyPart<T>& part, const ShearedLanes& lanes, Index from,
                                 Index to) {
    const Index begin = max(from, lanes.begin), end = min(to, lanes.end);
    if (begin >= end) return {part.slot, part.slot, part.slot, part.slot, 0, 0};
    SlotRange range{lower_slot(part, lanes, end - 1),
                    upper_slot(part, lanes, begin),
                    lower_slot(part, lanes, begin),
                    upper_slot(part, lanes, end - 1),
                    0,
                    0};
    range.end = max(range.begin, range.end);
    range.full_begin = begin == from && end == to ? min(range.full_begin, range.end) : range.end;
    range.full_end = std::clamp(range.full_end, range.full_begin, range.end);
    return range;
  }

  /// Notes which slots of part x the lanes of a vector attend.
  void attend(Index x, Index vector, Index first, const LaneBounds<T>& bounds) {
    const KeyPart<T>& part = parts_[x];
    SlotRange& range = ranges_[x][vector];
    if (part.wrap || attends_all(part, vector, first, bounds)) {
      const Index end = part.slot + part.count;
      range = {part.slot, end, part.slot, end, 0, 0};
      return;
    }
    part_has_hole_[x] = bounds.has_hole;
    set_bounds(x, vector, first, bounds);
    range = bounded(part, vector * W, W);
    full_[vector] = full_[vector] && range.full();
  }

  static bool attends_all(const KeyPart<T>& part, Index vector, Index first,
                          const LaneBounds<T>& bounds) {
    const Index last = first + part.count - 1, low = vector * W, high = low + W - 1;
    if (bounds.has_hole) return false;
    return bounds.first[high] <= first && last <= bounds.last[low];
  }

  void set_bounds(Index x, Index vector, Index first, const LaneBounds<T>& bounds) {
    const KeyPart<T>& part = parts_[x];
    Bounds& b = bounds_[x];
    // The slot of a key, and of those outside the part the slot before or after it.
    const auto slot = [&](Index key) {
      return static_cast<T>(std::clamp<Index>(key - first, -1, part.count) + part.slot);
    };
    for (Index l = vector * W; l < (vector + 1) * W; ++l) {
      b.lower[l] = slot(max(first, bounds.first[l]));
      b.upper[l] = slot(min(first + part.count - 1, bounds.last[l]));
    }
    for (Index l = vector * W; l < (vector + 1) * W && bounds.has_hole; ++l) {
      b.hole_lower[l] = slot(bounds.hole_first[l]);
      b.hole_upper[l] = slot(bounds.hole_last[l]);
    }
  }

  /// The range of some lanes of a vector, from their bounds.
  SlotRange bounded(const KeyPart<T>& part, Index lane, Index count) const {
    const Index x = index(part);
    if (part.sheared) {
      return sheared_range(part, sheared_[x][lane / W], lane % W, lane % W + count);
    }
    const Bounds& b = bounds_[x];
    const Index last = lane + count - 1;
    const auto slot = [](T at) { return static_cast<Index>(at); };
    SlotRange range{slot(b.lower[lane]),
                    slot(b.upper[last]) + 1,
                    slot(b.lower[last]),
                    slot(b.upper[lane]) + 1,
                    0,
                    0};
    range.end = max(range.begin, range.end);
    range.full_begin = min(range.full_begin, range.end);
    range.full_end = std::clamp(range.full_end, range.full_begin, range.end);
    if (part_has_hole_[x]) {
      range.hole_begin = max(range.begin, slot(b.hole_lower[lane]));
      range.hole_end = min(range.end, slot(b.hole_upper[last]) + 1);
    }
    return range;
  }

  Index used_ = 0;
  Index slots_ = 0;
  bool full_[2] = {true, true};
  KeyPart<T> parts_[most_parts];
  SlotRange ranges_[most_parts][2];      // of each part's two vectors
  Bounds bounds_[most_parts];            // where the range is not full
  bool part_has_hole_[most_parts];       // there too
  ShearedLanes sheared_[most_parts][2];  // of the sheared parts
};

}  // namespace tartan::detail::inline TARTAN_ISA

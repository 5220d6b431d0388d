// A block of keys: what the kernel takes in at once, and which of its slots each lane attends.
// Layer: kernel.
#pragma once

#include <algorithm>
#include <array>

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

/// A run of keys and values in memory, the columns of each row contiguous: `count` slots of a
/// block, from `slot` on.
///
/// A part may be *wrapped*: where every lane attends the same number w >= lanes of keys, each
/// lane's run one key further than the lane's before, the two ragged ends fit together. Slot e of
/// the part is then key e for the lanes l <= e and key e + w for the others, and no lane computes a
/// pair that it does not attend.
template <class T>
struct KeyPart {
  const T* k;
  Index k_stride;
  const T* v;  ///< a multiple of Shape::width columns
  Index v_stride;
  Index count;     ///< slots, at most block_keys
  Index wrap = 0;  ///< w where the part is wrapped, else 0; then count >= lanes
  // Set by KeyBlock:
  Index slot = 0;         ///< the first of its slots
  bool full = true;       ///< every lane attends every slot
  bool has_hole = false;  ///< else; within the lanes' bounds
};

/// The slots of a part that one vector of lanes attends, or a few rows: [begin, end) hold scores.
/// Every lane attends those of [full_begin, full_end) outside [hole_begin, hole_end); the others go
/// by the lanes' bounds.
struct SlotRange {
  Index begin, end;
  Index full_begin, full_end;
  Index hole_begin, hole_end;

  bool empty() const { return begin >= end; }
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
  static constexpr int L = Shape<T>::lanes;

 public:
  static constexpr int most_parts = 16;

  void clear() { used_ = 0, slots_ = 0, full_ = true; }
  bool empty() const { return slots_ == 0; }
  Index slots() const { return slots_; }
  /// True where every lane attends every slot.
  bool full() const { return full_; }

  const KeyPart<T>* begin() const { return parts_.data(); }
  const KeyPart<T>* end() const { return parts_.data() + used_; }

  /// Adds the keys [first, first + part.count) of a band, of which each lane attends those within
  /// its bounds; of a wrapped part all. False, and nothing is added, where the block has no room.
  /// An empty block takes any part.
  bool add(KeyPart<T> part, Index first, const LaneBounds<T>& bounds) {
    if (!empty() && (used_ == most_parts || slots_ + part.count > block_keys)) return false;
    part.slot = slots_;
    part.full = part.wrap || (bounds.first[L - 1] <= first && !bounds.has_hole &&
                              first + part.count - 1 <= bounds.last[0]);
    part.has_hole = !part.full && bounds.has_hole;
    if (!part.full) set_bounds(part, first, bounds);
    full_ = full_ && part.full;
    slots_ += part.count;
    parts_[static_cast<std::size_t>(used_++)] = part;
    return true;
  }

  /// The slots of a part that the lanes [lane, lane + count) attend.
  SlotRange range(const KeyPart<T>& part, Index lane, Index count) const {
    const Index begin = part.slot, end = part.slot + part.count;
    if (part.full) return {begin, end, begin, end, 0, 0};
    const Bounds& b = bounds_[index(part)];
    const Index last = lane + count - 1;
    const auto slot = [](T x) { return static_cast<Index>(x); };
    SlotRange range{slot(b.lower[lane]),
                    slot(b.upper[last]) + 1,
                    slot(b.lower[last]),
                    slot(b.upper[lane]) + 1,
                    0,
                    0};
    range.end = max(range.begin, range.end);
    range.full_begin = min(range.full_begin, range.end);
    range.full_end = std::clamp(range.full_end, range.full_begin, range.end);
    if (part.has_hole) {
      range.hole_begin = max(range.begin, slot(b.hole_lower[lane]));
      range.hole_end = min(range.end, slot(b.hole_upper[last]) + 1);
    }
    return range;
  }

  /// The bounds of the lanes from `lane` on. Precondition: the part is not full.
  SlotBounds<T> bounds(const KeyPart<T>& part, Index lane) const {
    const Bounds& b = bounds_[index(part)];
    return {b.lower + lane, b.upper + lane, b.hole_lower + lane, b.hole_upper + lane};
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

  std::size_t index(const KeyPart<T>& part) const {
    return static_cast<std::size_t>(&part - parts_.data());
  }

  void set_bounds(const KeyPart<T>& part, Index first, const LaneBounds<T>& bounds) {
    Bounds& b = bounds_[static_cast<std::size_t>(used_)];
    // The slot of a key, and of those outside the part the slot before or after it.
    const auto slot = [&](Index key) {
      return static_cast<T>(std::clamp<Index>(key - first, -1, part.count) + part.slot);
    };
    for (int l = 0; l < L; ++l) {
      b.lower[l] = slot(max(first, bounds.first[l]));
      b.upper[l] = slot(min(first + part.count - 1, bounds.last[l]));
    }
    for (int l = 0; l < L && part.has_hole; ++l) {
      b.hole_lower[l] = slot(bounds.hole_first[l]);
      b.hole_upper[l] = slot(bounds.hole_last[l]);
    }
  }

  std::array<KeyPart<T>, most_parts> parts_;
  std::array<Bounds, most_parts> bounds_;  // of the parts that are not full
  int used_ = 0;
  Index slots_ = 0;
  bool full_ = true;
};

}  // namespace tartan::detail::inline TARTAN_ISA

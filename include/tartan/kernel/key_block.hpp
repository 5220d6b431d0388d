// A block of keys: what the kernel takes in at once, and which of its slots each lane attends.
// Layer: kernel.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

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
  Index slot = 0;  ///< the first of its slots; set by KeyBlock
};

/// One vector's share of a block, or that of a few rows: slots [begin, end) hold scores. Every lane
/// attends those of [full_begin, full_end) outside [hole_begin, hole_end); the others go by the
/// lanes' bounds.
struct SlotRange {
  Index begin, end;
  Index full_begin, full_end;
  Index hole_begin, hole_end;

  bool full() const { return begin == full_begin && end == full_end && hole_begin >= hole_end; }
};

/// Up to block_keys slots of keys from several places, taken in at once. Each lane attends one run
/// of the slots, perhaps with a hole; from lane to lane runs and holes begin and end no earlier.
template <class T>
class KeyBlock {
  static constexpr int L = Shape<T>::lanes;

 public:
  static constexpr int most_parts = 16;

  void clear() { used_ = 0, slots_ = 0, full_ = true, has_hole_ = false; }
  bool empty() const { return slots_ == 0; }
  Index slots() const { return slots_; }
  /// True where every lane attends every slot.
  bool full() const { return full_; }

  const KeyPart<T>* begin() const { return parts_.data(); }
  const KeyPart<T>* end() const { return parts_.data() + used_; }

  /// Adds the keys [first, first + part.count) of a band, of which each lane attends those within
  /// its bounds; of a wrapped part all. False, and nothing is added, where the block has no room,
  /// or the lanes' runs would no longer be such. An empty block takes any part.
  bool add(KeyPart<T> part, Index first, const LaneBounds<T>& bounds) {
    const bool all = part.wrap || (bounds.first[L - 1] <= first && !bounds.has_hole &&
                                   first + part.count - 1 <= bounds.last[0]);
    if (!empty() && (used_ == most_parts || slots_ + part.count > block_keys)) return false;
    if (!(full_ && all) && !add_runs(part, first, bounds)) return false;
    full_ = full_ && all;
    part.slot = slots_;
    slots_ += part.count;
    parts_[static_cast<std::size_t>(used_++)] = part;
    return true;
  }

  bool attends(Index lane, Index slot) const {
    return full_ || (begin_[lane] <= slot && slot < end_[lane] &&
                     !(has_hole_ && hole_begin_[lane] <= slot && slot < hole_end_[lane]));
  }

  /// The slots that the lanes [lane, lane + count) attend.
  SlotRange range(Index lane, Index count) const {
    if (full_) return {0, slots_, 0, slots_, 0, 0};
    const Index last = lane + count - 1;
    SlotRange range{begin_[lane], max(begin_[lane], end_[last]), begin_[last], end_[lane], 0, 0};
    range.full_begin = min(range.full_begin, range.end);
    range.full_end = std::clamp(range.full_end, range.full_begin, range.end);
    if (has_hole_) {
      range.hole_begin = max(range.begin, hole_begin_[lane]);
      range.hole_end = min(range.end, hole_end_[last]);
    }
    return range;
  }

  /// The lanes' bounds as the softmax wants them, each a vector of slots, both counted. to: 4 ×
  /// lanes.
  void write_bounds(T* to) const {
    for (int l = 0; l < L; ++l) {
      to[l] = static_cast<T>(begin_[l]);
      to[L + l] = static_cast<T>(end_[l] - 1);
    }
    for (int l = 0; l < L && has_hole_; ++l) {
      to[2 * L + l] = static_cast<T>(hole_begin_[l]);
      to[3 * L + l] = static_cast<T>(hole_end_[l] - 1);
    }
  }

 private:
  /// Extends the lanes' runs by those of a part; false, and nothing is changed, where they would
  /// not be runs, or not in order.
  bool add_runs(const KeyPart<T>& part, Index first, const LaneBounds<T>& bounds) {
    const bool hole = bounds.has_hole && !part.wrap;
    if (has_hole_ && hole) return false;
    const auto slot = [&](Index key) {
      return static_cast<std::int32_t>(std::clamp<Index>(key - first, 0, part.count) + slots_);
    };
    const auto old_end = static_cast<std::int32_t>(slots_);
    std::int32_t begin[std::size_t(L)], end[std::size_t(L)];
    for (int l = 0; l < L; ++l) {
      begin[l] = part.wrap ? old_end : slot(bounds.first[l]);
      end[l] = part.wrap ? slot(first + part.count) : slot(bounds.last[l] + 1);
    }
    if (!empty()) {
      int broken = 0;
      for (int l = 0; l < L; ++l) {
        const std::int32_t from = full_ ? 0 : begin_[l], to = full_ ? old_end : end_[l];
        const bool none = to <= from, no_more = end[l] <= begin[l];
        broken |= !none & !no_more & ((to != old_end) | (begin[l] != old_end));
        begin[l] = none ? begin[l] : from;
        end[l] = (no_more & !none) ? to : end[l];
      }
      for (int l = 1; l < L; ++l) broken |= (begin[l] < begin[l - 1]) | (end[l] < end[l - 1]);
      if (broken) return false;
    }
    std::copy_n(begin, L, begin_);
    std::copy_n(end, L, end_);
    if (hole) {
      for (int l = 0; l < L; ++l) {
        hole_begin_[l] = slot(bounds.hole_first[l]);
        hole_end_[l] = slot(bounds.hole_last[l] + 1);
      }
      has_hole_ = true;
    }
    return true;
  }

  std::array<KeyPart<T>, most_parts> parts_;
  int used_ = 0;
  Index slots_ = 0;
  bool full_ = true;
  bool has_hole_ = false;
  // Lane l attends the slots [begin, end) without [hole_begin, hole_end); set where not full.
  std::int32_t begin_[std::size_t(L)], end_[std::size_t(L)], hole_begin_[std::size_t(L)],
      hole_end_[std::size_t(L)];
};

}  // namespace tartan::detail::inline TARTAN_ISA

// The values that a few rows take from each part of a block: which, and the value step over them.
// Layer: kernel.
#pragma once

#include <utility>

#include "values.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// What Shape::rows rows take. Parts that lie differently to the rows are added one kind after the
/// other. Where weights and values are pairs, the slots are rounded outwards to whole pairs.
template <class T, class E = simd::Singles<T>>
class TakenParts {
  static constexpr int R = Shape<T>::rows, W = Shape<T>::width;
  static constexpr std::size_t most = KeyBlock<T>::most_parts;

 public:
  /// Finds the parts of the rows from `row` on. True where a row is given a value that it does not
  /// attend.
  bool find(const KeyBlock<T>& keys, Index row) {
    same_in_vector_ = keys.full(row / W);
    plain_count_ = sheared_count_ = 0;
    by_row_ = false;
    bool ragged = false;
    for (const KeyPart<T>& part : keys) {
      const SlotRange range = keys.range(part, row, R);
      if (range.empty()) continue;
      if (!part.sheared) {
        ragged |= !range.full() || range.begin % E::size != 0 || range.end % E::size != 0;
        plain_[plain_count_++] = value_part(part, range, 0);
        continue;
      }
      switch (way(keys, part, row, range)) {
        case Way::in_step:
          sheared_[sheared_count_++] = value_part(part, range, part.key_of_vector(row / W));
          break;
        case Way::together:
          plain_[plain_count_++] = value_part(part, range, keys.key_of(part, row));
          break;
        case Way::by_row:
          by_row_ = true;
      }
    }
    if (by_row_) find_by_row(keys, row);
    return ragged;
  }

  /// True where other rows of the vector may take others.
  bool differ() const { return by_row_ || !same_in_vector_; }

  /// Adds the values, in all their columns. s: the block's weights, slots × lanes.
  void add(const T* s, Index row, Index cols, ValueRows<T> rows) const {
    const T* finish = std::exchange(rows.finish, nullptr);
    const auto go_on = [&] {
      rows.from = rows.to;
      rows.from_stride = rows.to_stride;
      rows.correction = nullptr;
    };
    if (by_row_) {
      for (int i = 0; i < R; ++i) {
        value_rows<T, 1, Slots::plain, E>(s, parts(by_row_parts_[i], row_count_[i]), row + i, 0,
                                          cols, rows);
      }
      go_on();
    }
    if (sheared_count_ > 0 && plain_count_ > 0) {
      value_rows<T, R, Slots::plain, E>(s, parts(plain_, plain_count_), row, 0, cols, rows);
      go_on();
    }
    rows.finish = finish;
    if (sheared_count_ > 0) {
      value_rows<T, R, Slots::sheared, E>(s, parts(sheared_, sheared_count_), row, 0, cols, rows);
    } else {
      value_rows<T, R, Slots::plain, E>(s, parts(plain_, plain_count_), row, 0, cols, rows);
    }
  }

 private:
  /// How the rows take the slots of a sheared part: each row the next value, all the same, or each
  /// row others.
  enum class Way { in_step, together, by_row };
  static Way way(const KeyBlock<T>& keys, const KeyPart<T>& part, Index row,
                 const SlotRange& range) {
    if (!range.full()) return Way::by_row;
    const Index apart = keys.key_of(part, row + R - 1) - keys.key_of(part, row);
    if (apart == 0) return Way::together;
    return apart == R - 1 && range.end - range.begin >= R - 1 ? Way::in_step : Way::by_row;
  }

  void find_by_row(const KeyBlock<T>& keys, Index row) {
    std::fill_n(row_count_, R, 0);
    for (const KeyPart<T>& part : keys) {
      if (!part.sheared || way(keys, part, row, keys.range(part, row, R)) != Way::by_row) continue;
      for (int i = 0; i < R; ++i) {
        const SlotRange range = keys.range(part, row + i, 1);
        if (range.empty()) continue;
        by_row_parts_[i][row_count_[i]++] = value_part(part, range, keys.key_of(part, row + i));
      }
    }
  }

  /// key: that of slot 0.
  static ValuePart<T> value_part(const KeyPart<T>& part, const SlotRange& range, Index key) {
    const Index begin = range.begin / E::size, end = ceil_div(range.end, E::size);
    const Index at = begin - (part.slot - key + part.v_key) / E::size;
    return {begin, end, part.v + at * part.v_stride, part.v_stride, part.wrap};
  }

  static std::span<const ValuePart<T>> parts(const ValuePart<T>* first, Index count) {
    return {first, static_cast<std::size_t>(count)};
  }

  ValuePart<T> plain_[most];
  ValuePart<T> sheared_[most];
  ValuePart<T> by_row_parts_[std::size_t(R)]
                            [most];  // of sheared parts, what each row takes by itself
  Index plain_count_ = 0, sheared_count_ = 0;
  Index row_count_[std::size_t(R)];
  bool by_row_ = false;
  bool same_in_vector_ = false;
};

}  // namespace tartan::detail::inline TARTAN_ISA

// One tile with all that it needs, each array exactly as large as documented, and its softmax in
// double to hold it against.
#pragma once

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tartan/kernel/tile.hpp>
#include <vector>

#include "numbers.hpp"
#include "random.hpp"

namespace tartan::test {

struct TileSizes {
  Index rows, keys, d, vectors;
};

/// One tile with all that it needs, each array as large as documented; and its keys. Elements are
/// of kind E: for pairs, all numbers are of bfloat16, and blocks begin at even keys.
template <class T, class E = detail::simd::Singles<T>>
class TileRig {
 public:
  static constexpr Index W = detail::Shape<T>::width, L = detail::Shape<T>::lanes,
                         R = detail::Shape<T>::rows;
  static_assert(L <= detail::block_keys);

  TileRig(const TileSizes& s, unsigned seed)
      : rows(s.rows),
        keys(s.keys),
        d(s.d),
        out_stride(s.vectors * W),
        q(random(L * d, seed)),
        k(random(keys * d, seed + 1)),
        v(random(keys * out_stride, seed + 2)),
        qt(elements(d) * L, 0.0) {
    for (Index l = 0; l < rows; ++l) {
      for (Index x = 0; x < elements(d); ++x) {
        qt[x * L + l] = element(x, d, [&](Index t) { return q[l * d + t]; });
      }
    }
    tile.qt = qt.data();
    tile.out = out.data();
    tile.row_max = row_max.data();
    tile.row_sum = row_sum.data();
    tile.rows = rows;
    see_all();
  }
  TileRig(const TileRig&) = delete;  // the tile points into the arrays

  void see_all() {
    std::fill_n(bounds.first, L, 0);
    std::fill_n(bounds.last, L, keys - 1);
    bounds.has_hole = false;
  }
  /// Lane l attends the `length` keys from `first` + l * move on.
  void see_window(Index first, Index length, Index move = 1) {
    for (Index l = 0; l < L; ++l) {
      bounds.first[l] = first + l * move;
      bounds.last[l] = first + l * move + length - 1;
    }
    bounds.has_hole = false;
  }
  /// Any bounds that do not decrease: lanes without a key, holes without one, runs beyond the keys.
  void see_anything(Random& random) {
    for (Index* bound : {bounds.first, bounds.last, bounds.hole_first, bounds.hole_last}) {
      for (Index l = 0; l < L; ++l) bound[l] = random.in(-1, keys + 1 - E::size);
      std::sort(bound, bound + L);
    }
    bounds.has_hole = random.in(0, 1) == 1;
  }

  bool attends(Index lane, Index key) const {
    return bounds.attends(lane, key) && (!filter || filter->keep(lane, key));
  }

  /// Takes the keys [begin, end) in one block of `parts` parts, the first of them perhaps wrapped.
  /// Arrays end with the last key that a part may read.
  void take(Index begin, Index end, detail::TakeMode<T> mode = {}, Index wrap = 0,
            Index parts = 1) {
    std::vector<Numbers<T>> memory;
    detail::KeyBlock<T> block;
    block.clear();
    for (Index x = 0; x < parts; ++x) {
      const Index from = begin + (end - begin) * x / parts / E::size * E::size;
      const Index to =
          x + 1 == parts ? end : begin + (end - begin) * (x + 1) / parts / E::size * E::size;
      const Index last = wrap ? std::max(to, from + wrap + L - 1) : to;
      const Index stride = elements(d) + x % 2;  // of the keys
      const Index count = elements(last - from) * E::size;
      Numbers<T> k_part(count * stride, 0.0), v_part(elements(last - from) * out_stride);
      for (Index j = from; j < last; ++j) {
        for (Index i = 0; i < elements(d); ++i) {
          k_part[(j - from) * stride + i] = element(i, d, [&](Index t) { return k[j * d + t]; });
        }
      }
      for (Index i = 0; i < elements(last - from); ++i) {
        for (Index c = 0; c < out_stride; ++c) {
          const auto value = [&](Index j) { return v[(from + j) * out_stride + c]; };
          v_part[i * out_stride + c] = element(i, last - from, value);
        }
      }
      memory.push_back(std::move(k_part));
      const T* keys_of_part = memory.back().data();
      memory.push_back(std::move(v_part));
      const bool added = block.add({keys_of_part, stride, memory.back().data(), out_stride,
                                    elements(to - from) * E::size, wrap},
                                   from, bounds);
      if (!added) throw std::logic_error("the parts are not one block");
    }
    const Shifted shifted(filter, begin);
    mode.filter = filter ? &shifted : nullptr;
    take(block, mode);
  }
  void take(const detail::KeyBlock<T>& block, const detail::TakeMode<T>& mode = {}) {
    Numbers<T> s(detail::block_keys * L), lane(detail::lane_numbers * L);
    detail::Ahead<T> ahead;
    detail::take_keys<T, E>(tile, {s.data(), lane.data(), elements(d), out_stride, &ahead}, block,
                            mode);
  }
  void take_blocks(Index begin, Index end, Index size, const detail::TakeMode<T>& mode = {}) {
    for (; begin < end; begin += size) take(begin, std::min(end, begin + size), mode);
  }

  /// How far the tile's state is from the softmax over the attended keys of [begin, end), as a
  /// multiple of epsilon; `finished`: where outputs have been divided by row_sum. Outputs of pairs
  /// may be off, beside, what rounding each weight to 8 bits makes at most.
  double error(Index begin, Index end, bool finished = false) const {
    double worst = 0;
    for (Index l = 0; l < rows; ++l) {
      double largest = -most, sum = 0;
      std::vector<double> exact(std::size_t(out_stride), 0.0), sizes = exact;
      for (Index j = begin; j < end; ++j) {
        if (attends(l, j)) largest = std::max(largest, score(l, j));
      }
      for (Index j = begin; j < end; ++j) {
        if (!attends(l, j)) continue;
        const double weight = std::exp2(score(l, j) - largest);
        sum += weight;
        for (Index c = 0; c < out_stride; ++c) {
          const double number = static_cast<double>(v[j * out_stride + c]);
          exact[std::size_t(c)] += weight * number;
          sizes[std::size_t(c)] += weight * std::abs(number);
        }
      }
      const bool empty = sum == 0;
      if (empty != (row_sum[l] == T(0)) || empty != (row_max[l] == detail::no_row_max<T>)) {
        return infinity;
      }
      const double got_sum = empty ? 1.0 : static_cast<double>(row_sum[l]);
      if (!empty) {
        note(static_cast<double>(row_max[l]) + std::log2(got_sum), largest + std::log2(sum), worst);
        note(static_cast<double>(row_max[l]), largest, worst);
      }
      for (Index c = 0; c < out_stride; ++c) {
        const T got = tile.state ? tile.state[l * tile.state_stride + c] : T(0);
        const double rounding = E::size > 1 && !empty ? sizes[std::size_t(c)] / sum / 256 : 0.0;
        note(static_cast<double>(got) / (finished ? 1.0 : got_sum),
             empty ? 0.0 : exact[std::size_t(c)] / sum, worst, rounding);
      }
    }
    return worst / static_cast<double>(std::numeric_limits<T>::epsilon());
  }

  Index rows, keys, d, out_stride;
  Numbers<T> q, k, v, qt;
  Numbers<T> out{L * out_stride}, row_sum{L, 0.0};
  Numbers<T> row_max{L, static_cast<double>(detail::no_row_max<T>)};
  detail::LaneBounds<T> bounds{};
  const detail::PairFilter* filter = nullptr;  ///< of lanes and keys
  detail::Tile<T> tile{};

 private:
  static Index elements(Index numbers) { return (numbers + E::size - 1) / E::size; }
  /// Element x of `count` numbers; a pair beyond them is filled up with 0.
  static T element(Index x, Index count, auto&& number) {
    if constexpr (E::size == 1) {
      return number(x);
    } else {
      const auto rounded = [&](Index i) { return Eigen::bfloat16(i < count ? number(i) : T(0)); };
      return E::pair(rounded(2 * x), rounded(2 * x + 1));
    }
  }
  static Numbers<T> random(Index count, unsigned seed) {
    Numbers<T> numbers = Numbers<T>::random(count, seed);
    for (Index i = 0; i < count && E::size > 1; ++i) {
      numbers[i] = static_cast<T>(Eigen::bfloat16(numbers[i]));
    }
    return numbers;
  }

  /// A filter of keys, for the slots from the key `first` on.
  class Shifted final : public detail::PairFilter {
   public:
    Shifted(const detail::PairFilter* filter, Index first) : filter_(filter), first_(first) {}
    bool keep(Index lane, Index slot) const override { return filter_->keep(lane, first_ + slot); }

   private:
    const detail::PairFilter* filter_;
    Index first_;
  };

  static constexpr double most = std::numeric_limits<double>::max();
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  double score(Index lane, Index key) const {
    double dot = 0;
    for (Index t = 0; t < d; ++t) {
      dot += static_cast<double>(q[lane * d + t]) * static_cast<double>(k[key * d + t]);
    }
    return dot;
  }
  static void note(double got, double exact, double& worst, double allowed = 0) {
    const double off = std::abs(got - exact) - allowed;
    if (!(off <= worst)) worst = off <= most ? off : infinity;  // NaN is not less
  }
};

}  // namespace tartan::test

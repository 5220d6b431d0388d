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

/// One tile with all that it needs, each array as large as documented; and its keys.
template <class T>
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
        q(Numbers<T>::random(L * d, seed)),
        k(Numbers<T>::random(keys * d, seed + 1)),
        v(Numbers<T>::random(keys * out_stride, seed + 2)),
        qt(L * d, 0.0) {
    for (Index l = 0; l < rows; ++l) {
      for (Index t = 0; t < d; ++t) qt[t * L + l] = q[l * d + t];
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
      for (Index l = 0; l < L; ++l) bound[l] = random.in(-1, keys);
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
      const Index from = begin + (end - begin) * x / parts;
      const Index to = begin + (end - begin) * (x + 1) / parts;
      const Index last = wrap ? std::max(to, from + wrap + L - 1) : to;
      const Index stride = d + x % 2;  // of the keys
      Numbers<T> k_part((last - from) * stride), v_part((last - from) * out_stride);
      for (Index j = from; j < last; ++j) {
        std::copy_n(k.data() + j * d, d, k_part.data() + (j - from) * stride);
      }
      std::copy_n(v.data() + from * out_stride, (last - from) * out_stride, v_part.data());
      memory.push_back(std::move(k_part));
      const T* keys_of_part = memory.back().data();
      memory.push_back(std::move(v_part));
      const bool added = block.add(
          {keys_of_part, stride, memory.back().data(), out_stride, to - from, wrap}, from, bounds);
      if (!added) throw std::logic_error("the parts are not one block");
    }
    const Shifted shifted(filter, begin);
    mode.filter = filter ? &shifted : nullptr;
    take(block, mode);
  }
  void take(const detail::KeyBlock<T>& block, const detail::TakeMode<T>& mode = {}) {
    Numbers<T> s(detail::block_keys * L), lane(detail::lane_numbers * L);
    detail::Ahead<T> ahead;
    detail::take_keys<T>(tile, {s.data(), lane.data(), d, out_stride, &ahead}, block, mode);
  }
  void take_blocks(Index begin, Index end, Index size, const detail::TakeMode<T>& mode = {}) {
    for (; begin < end; begin += size) take(begin, std::min(end, begin + size), mode);
  }

  /// How far the tile's state is from the softmax over the attended keys of [begin, end), as a
  /// multiple of epsilon; `finished`: where outputs have been divided by row_sum.
  double error(Index begin, Index end, bool finished = false) const {
    double worst = 0;
    for (Index l = 0; l < rows; ++l) {
      double largest = -most, sum = 0;
      std::vector<double> exact(std::size_t(out_stride), 0.0);
      for (Index j = begin; j < end; ++j) {
        if (attends(l, j)) largest = std::max(largest, score(l, j));
      }
      for (Index j = begin; j < end; ++j) {
        if (!attends(l, j)) continue;
        const double weight = std::exp2(score(l, j) - largest);
        sum += weight;
        for (Index c = 0; c < out_stride; ++c) {
          exact[std::size_t(c)] += weight * static_cast<double>(v[j * out_stride + c]);
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
        note(static_cast<double>(got) / (finished ? 1.0 : got_sum),
             empty ? 0.0 : exact[std::size_t(c)] / sum, worst);
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
  static void note(double got, double exact, double& worst) {
    const double off = std::abs(got - exact);
    if (!(off <= worst)) worst = off <= most ? off : infinity;  // NaN is not less
  }
};

}  // namespace tartan::test

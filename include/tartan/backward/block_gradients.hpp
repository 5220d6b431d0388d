// A tile of rows and a block of keys: the weights again, and from them what each pair adds to the
// gradients. Layer: backward.
#pragma once

#include "../kernel/pair_gradients.hpp"
#include "gradient_keys.hpp"
#include "gradient_tile.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// One thread's work on blocks of up to block_keys keys.
template <class T, class S>
class BlockGradients {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width, R = Shape<T>::rows;

 public:
  static std::size_t bytes(const GradientCall<T, S>&) {
    return 5 * Scratch::bytes_for<T>(block_keys * L);
  }

  BlockGradients(const GradientCall<T, S>& call, GradientKeys<T, S>& keys, Ahead<T>& ahead,
                 Scratch& scratch)
      : call_(call),
        keys_(keys),
        ahead_(ahead),
        d_(padded<T>(call.q.cols)),
        dv_(padded<T>(call.v.cols)) {
    scores_ = scratch.take<T>(block_keys * L);
    gradients_ = scratch.take<T>(block_keys * L);
    if (call.dropout) keep_ = scratch.take<T>(block_keys * L);
    if (call.score) slopes_ = scratch.take<T>(block_keys * L);
    if (call.dscore) raw_ = scratch.take<T>(block_keys * L);
  }

  /// Works on the pairs of an open tile and of keys that are ready, within the tile's bounds.
  void run(GradientTile<T, S>& t, const PlannedBand& planned, const LaneBounds<T>& bounds,
           const KeyRange& range, Index head) {
    block_.clear();
    std::fill_n(exponent_, W, T(0));
    append(range, bounds);
    const KeyPart<T>& part = *block_.begin();
    const SlotRange ranges[2] = {block_.range(part, 0, W), block_.range(part, W, W)};
    products(t, part, range, ranges);
    weigh(planned, t, range, part, ranges, head);
    finish(t, planned, bounds);
  }

  /// About how often it looks ahead for a tile and so many keys.
  static Index steps(Index keys) { return max(1, ceil_div(keys, block_keys) * (L / R) + keys / R); }

  /// Keys of a wrapped part (see KeyPart) that fill a block with those it is wrapped with.
  static constexpr Index most_wrapped = block_keys - (L - 1);
  /// True where the call lets parts be wrapped.
  bool wraps() const { return !call_.score && !call_.dropout; }

  /// The same for the first keys of a tile of which each lane attends `wrap`, one further from lane
  /// to lane: those of `range`, at least as many as lanes, and the last lanes - 1 that any attends.
  void run_wrapped(GradientTile<T, S>& t, const PlannedBand& planned, const LaneBounds<T>& bounds,
                   const KeyRange& range, Index wrap) {
    const Index count = range.count();
    block_.clear();
    std::fill_n(exponent_, W, T(0));
    append(range, bounds);
    append({range.begin + wrap, range.begin + wrap + L - 1}, bounds);
    KeyPart<T> part = *block_.begin();
    part.wrap = wrap;
    const SlotRange all{0, count, 0, count, 0, 0};
    const SlotRange ranges[2] = {all, all};
    products(t, part, range, ranges);
    for (Index m = 0; m < 2; ++m) {
      pair_gradients<T>(scores_ + m * W, gradients_ + m * W, nullptr, {all, {}}, 0, count,
                        t.terms(m), exponent_);
    }
    unwrap(scores_, count);
    unwrap(gradients_, count);
    finish(t, planned, bounds);
  }

 private:
  /// Adds keys to the block.
  void append(const KeyRange& range, const LaneBounds<T>& bounds) {
    const RowsInMemory<const T> k = keys_.k(range.begin);
    first_key_[block_.empty() ? 0 : 1] = range.begin;
    block_.add({k.data, k.stride, k.data, k.stride, range.count()}, range.begin, bounds);
  }

  /// Scores, and dout · v, of the tile's rows and the part's keys.
  void products(const GradientTile<T, S>& t, KeyPart<T> part, const KeyRange& range,
                const SlotRange (&ranges)[2]) const {
    const auto product = [&](T* rows, Index columns, const RowsInMemory<const T>& keys, T* to) {
      Tile<T> tile{};
      tile.qt = rows;
      part.k = keys.data;
      part.k_stride = keys.stride;
      const Workspace<T> work{to, nullptr, columns, 0, nullptr};
      score_step<T>(tile, work, block_, part, ranges[0], ranges[1]);
    };
    product(t.qt, call_.q.cols, keys_.k(range.begin), scores_);
    product(t.dout_t, call_.v.cols, keys_.v(range.begin), gradients_);
  }

  /// From scores to weights, and from dout · v to the gradients of scores.
  void weigh(const PlannedBand& planned, const GradientTile<T, S>& t, const KeyRange& range,
             const KeyPart<T>& part, const SlotRange (&ranges)[2], Index head) {
    const Lattice& keys = planned.band.keys;
    for (Index m = 0; m < 2; ++m) {
      const SlotRange& r = ranges[m];
      T *s = scores_ + m * W, *dp = gradients_ + m * W;
      const T* keep = nullptr;
      const auto run = [&](T* numbers) {
        const Lattice& rows = t.positions.half[m];
        return ScoreRun<T>{numbers + m * W + r.begin * L,
                           L,
                           r.end - r.begin,
                           rows.start,
                           rows.step,
                           keys[range.begin + r.begin],
                           0,
                           keys.step,
                           call_.first_head + head};
      };
      if (!r.empty() && call_.score) {
        auto largest = simd::load(exponent_);  // before modifiers make what is infinite finite
        for (Index e = r.begin; e < r.end; ++e) {
          largest = simd::pmax(simd::exponent<T>(simd::load(s + e * L)), largest);
          if (call_.dscore) simd::store(raw_ + e * L + m * W, simd::load(s + e * L));
        }
        simd::store(exponent_, largest);
        call_.score->differentiate(run(scores_), slopes_ + m * W + r.begin * L);
      }
      if (!r.empty() && call_.dropout) {
        for (Index e = r.begin; e < r.end; ++e) std::fill_n(keep_ + e * L + m * W, W, T(1));
        call_.dropout->drop(run(keep_), call_.sequence);
        keep = keep_ + m * W;
      }
      const SoftmaxPart<T> attended{r, block_.bounds(part, m * W)};
      pair_gradients<T>(s, dp, keep, attended, max(0, r.begin - R + 1),
                        min(part.count, r.end + R - 1), t.terms(m), exponent_);
      if (planned.keep) leave_out(planned, t, range, part, m);
      if (r.empty() || !call_.score) continue;
      if (call_.dscore) {
        call_.score->collect(run(raw_), dp + r.begin * L, t.positions.half[m].count, *call_.dscore);
      }
      multiply(dp, slopes_ + m * W, r);
    }
  }

  /// gradients *= slopes * scale: forward, score = score(scale * q · k). 0 stays 0, whatever the
  /// slope of a pair that is not attended.
  void multiply(T* gradients, const T* slopes, const SlotRange& r) const {
    const auto scale = simd::broadcast(call_.scale), zero = simd::broadcast(T(0));
    for (Index e = r.begin; e < r.end; ++e) {
      const auto gradient = simd::load(gradients + e * L);
      const auto slope = simd::pmul(simd::load(slopes + e * L), scale);
      const auto none = simd::between(zero, gradient, zero);
      simd::store(gradients + e * L, simd::select(none, zero, simd::pmul(gradient, slope)));
    }
  }

  /// Takes pairs out that the band's filter does not keep.
  void leave_out(const PlannedBand& planned, const GradientTile<T, S>& t, const KeyRange& range,
                 const KeyPart<T>& part, Index vector) {
    const BandFilter<T> filter(planned, t.positions, range.begin);
    for (Index l = vector * W; l < min(t.rows(), (vector + 1) * W); ++l) {
      const SlotRange r = block_.range(part, l, 1);
      for (Index e = r.begin; e < r.end; ++e) {
        if (!filter.keep(l, e)) scores_[e * L + l] = gradients_[e * L + l] = T(0);
      }
    }
  }

  /// Adds to the gradients of a part's keys: forward, score = q · k and out += weight * v. Slots
  /// from e on, N at a time (where `first`, they hold nothing), of which the lanes from `low` on
  /// may attend some.
  template <int N>
  void add_keys(const GradientTile<T, S>& t, const LaneBounds<T>& bounds, const KeyPart<T>& part,
                bool first, Index e, Index low = 0) {
    Index high = low;
    for (; e + N <= part.count; e += N) {
      const Index key = first_key(part) + e;
      while (low < t.rows() && bounds.last[low] < key) ++low;
      while (high < t.rows() && bounds.first[high] < key + N) ++high;
      ahead_.step();
      if (low >= high) continue;
      const Index at = (part.slot + e) * L;
      key_rows<T, N>(gradients_ + at, low, high, t.q, 0, d_, keys_.dk(key), first);
      key_rows<T, N>(scores_ + at, low, high, t.dout, 0, dv_, keys_.dv(key), first);
    }
    if constexpr (N > 1) {
      if (e < part.count) add_keys<N / 2>(t, bounds, part, first, e, low);
    }
  }

  /// From the slots of a wrapped part, of which the lanes up to e take key e and the others the key
  /// `wrap` further, to slots of their own for these, after the `count` first.
  static void unwrap(T* numbers, Index count) {
    const auto zero = simd::broadcast(T(0));
    for (Index e = 0; e < L - 1; ++e) {
      for (Index m = 0; m < 2; ++m) {
        T* near = numbers + e * L + m * W;
        const auto up_to_e = simd::lanes_up_to<T>(static_cast<T>(e - m * W));
        const auto both = simd::load(near);
        simd::store(near, simd::select(up_to_e, both, zero));
        simd::store(near + count * L, simd::select(up_to_e, zero, both));
      }
    }
  }

  /// Adds the block's pairs to the gradients of rows and keys.
  void finish(GradientTile<T, S>& t, const PlannedBand& planned, const LaneBounds<T>& bounds) {
    const bool exact = !planned.keep && all_attend_all();
    // A query, key, dout or value that is not finite makes all its scores, or dout · v, not finite.
    if (!exact && simd::any_not_finite<T>(simd::load(exponent_))) {
      add_isolated(planned, t);
      return;
    }
    // Forward: score = q · k.
    const ValueRows<T> rows{t.dq_so_far, t.dq.stride, nullptr, t.dq.data, t.dq.stride, nullptr};
    t.dq_so_far = t.dq.data;
    TakenParts<T> taken;
    for (Index r = 0; r < t.rows(); r += R) {
      if (r % W == 0 || taken.differ()) taken.find(block_, r);
      ahead_.step();
      taken.add(gradients_, r, d_, rows);
    }
    for (const KeyPart<T>& part : block_) {
      const Index key = first_key(part);
      const bool first = keys_.begin_adding(key, key + part.count, exact);
      add_keys<R>(t, bounds, part, first, 0);
    }
  }

  /// The same as the steps for rows and for keys, over the pairs that are attended and no others.
  void add_isolated(const PlannedBand& planned, GradientTile<T, S>& t) {
    for (Index l = 0; l < t.rows() && !t.dq_so_far; ++l) std::fill_n(dq_of(t, l), d_, T(0));
    t.dq_so_far = t.dq.data;
    for (const KeyPart<T>& part : block_) {
      const BandFilter<T> filter(planned, t.positions, first_key(part) - part.slot);
      keys_.begin_adding(first_key(part), first_key(part) + part.count, false);
      for (Index l = 0; l < t.rows(); ++l) {
        const T *q = t.q.data + l * t.q.stride, *dout = t.dout.data + l * t.dout.stride;
        for (Index e = part.slot; e < part.slot + part.count; ++e) {
          if (!block_.attends(part, l, e) || (planned.keep && !filter.keep(l, e))) continue;
          const T weight = scores_[e * L + l], gradient = gradients_[e * L + l];
          const Index key = first_key(part) + e - part.slot;
          const T* k = keys_.k(key).data;
          T *dq = dq_of(t, l), *dk = keys_.dk(key).data, *dv = keys_.dv(key).data;
          for (Index c = 0; c < d_; ++c) {
            dq[c] += gradient * k[c];
            dk[c] += gradient * q[c];
          }
          for (Index c = 0; c < dv_; ++c) dv[c] += weight * dout[c];
        }
      }
    }
  }

  bool all_attend_all() const {
    for (const KeyPart<T>& part : block_) {
      for (Index m = 0; m < 2; ++m) {
        const SlotRange r = block_.range(part, m * W, W);
        if (!r.full() || r.end - r.begin < part.count) return false;
      }
    }
    return true;
  }

  static T* dq_of(GradientTile<T, S>& t, Index lane) { return t.dq.data + lane * t.dq.stride; }
  /// The key of a part's first slot.
  Index first_key(const KeyPart<T>& part) const { return first_key_[&part - block_.begin()]; }

  const GradientCall<T, S>& call_;
  GradientKeys<T, S>& keys_;
  Ahead<T>& ahead_;
  Index d_, dv_;
  KeyBlock<T> block_;
  Index first_key_[2] = {0, 0};
  // Of a block, slots × lanes: scores, which become weights; the gradients of scores; and what only
  // some calls need.
  T *scores_ = nullptr, *gradients_ = nullptr;
  T *keep_ = nullptr, *slopes_ = nullptr, *raw_ = nullptr;
  T exponent_[std::size_t(W)] = {};  // the largest of the block's scores and of dout · v
};

}  // namespace tartan::detail::inline TARTAN_ISA

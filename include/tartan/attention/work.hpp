// What a call of attention will cost, told beforehand from the pattern and the shapes alone. Layer:
// attention.
#pragma once

#include <cmath>

#include "../patterns/dense.hpp"
#include "../queries/count.hpp"
#include "lane_bounds.hpp"
#include "pass.hpp"

namespace tartan {

/// The work of one call of attention.
struct Work {
  double pairs;  ///< attended pairs: count(pattern, n, m)
  double flops;  ///< 2 * pairs * (d + dv): the multiply-adds of scores and values, each counted two
  double bytes;  ///< q, k, v and out, each once
  double computed;  ///< pairs for which the plan computes scores or values, the mean of both: more
                    ///< than `pairs` by what tiles have of rows and keys that do not attend each
                    ///< other
  double share_of_dense;  ///< predicted time over that of Dense with the same shapes

  /// Computed over attended pairs, at least 1: what the tiles waste.
  double waste() const { return pairs > 0 ? computed / pairs : 1; }
};

namespace detail::inline TARTAN_ISA {

/// Adds up what the driver will do, in multiply-adds of a vector.
template <class T>
class Estimate {
  static constexpr Index L = Shape<T>::lanes, W = Shape<T>::width, R = Shape<T>::rows;

 public:
  Estimate(const Call<T>& call, const Plan& plan) : d_(call.q.cols), dv_(call.v.cols) {
    for (const Index step : plan.steps()) {
      const Pass<T> pass{call, plan, step, false, false, nullptr, nullptr};
      for (Index u = 0; u < pass.units(); ++u) add_unit(pass, pass.unit(u));
    }
  }

  /// Scores and values computed, for pairs attended or not.
  double scores() const { return scores_; }
  double values() const { return values_; }

  double cost() const {
    // Multiply-adds of an exponential with its share of the softmax; of a tile (its queries turned
    // and its rows written) and of a block for each column; of what is done once for each; and of
    // asking a filter for a pair. Set so that the predictions agree with what tools/bench.sh
    // measures.
    constexpr double softmax = 14, column = 6, tile = 600, part = 700, filter = 26;
    const double d = static_cast<double>(d_), dv = static_cast<double>(dv_), w = W;
    return scores_ / w * (d + softmax) + read_by_lane_ / w * d + values_ / w * dv +
           tiles_ * (tile + column * 2 * (d + dv)) + parts_ * part + blocks_ * 2 * L / w * dv +
           wrapped_ * L / w * d + filtered_ * filter;
  }

 private:
  void add_unit(const Pass<T>& pass, const Unit& unit) {
    const Index tiles = pass.tiles(unit);
    tiles_ += static_cast<double>(tiles);
    pass.plan.visit_bands(unit.rows, unit.span(), [&](const PlannedBand& planned) {
      const Index width = planned.shear();
      for (Index x = 0; x < tiles; ++x) {
        if (width > 0 && width <= Shape<T>::widest_shear) {
          add_sheared(planned, pass.tile(unit, x), width, unit.lines);
        } else {
          add_band(planned, pass.tile(unit, x));
        }
      }
    });
  }

  void add_band(const PlannedBand& planned, const TileRows<T>& rows) {
    LaneBounds<T> bounds;
    if (!lane_bounds<T>(planned, rows, bounds)) return;
    const auto keys = [&](Index lane, Index lanes) {
      return static_cast<double>(max(0, bounds.last[lane + lanes - 1] - bounds.first[lane] + 1));
    };
    const double all = rows.one_lattice() ? keys(0, L) : std::max(keys(0, W), keys(W, W));
    if (all == 0) return;
    for (Index lane = 0; lane < rows.lanes() && planned.keep; ++lane) filtered_ += keys(lane, 1);
    parts_ += 1;
    blocks_ += std::ceil(all / static_cast<double>(block_keys));
    if (const Index wrap = planned.keep ? 0 : wrap_of(bounds, rows.lanes())) {
      scores_ += static_cast<double>(L * wrap);
      values_ += static_cast<double>(L * wrap);
      wrapped_ += 0.6 * static_cast<double>(L);
      return;
    }
    for (Index lane = 0; lane < L; lane += W) scores_ += W * keys(lane, W);
    for (Index lane = 0; lane < rows.lanes(); lane += R) values_ += R * keys(lane, R);
  }

  void add_sheared(const PlannedBand& planned, const TileRows<T>& rows, Index width, bool lines) {
    ShearedLanes lanes[2];
    sheared_lanes(planned, rows, lanes);
    if (lanes[0].empty() && lanes[1].empty()) return;
    KeyPart<T> part{nullptr, 0, nullptr, 0, width};
    part.sheared = true;
    block_.clear();
    block_.add_sheared(part, lanes);
    const auto slots = [&](Index lane, Index count) {
      const SlotRange range = block_.range(*block_.begin(), lane, count);
      return static_cast<double>(range.end - range.begin);
    };
    // Keys read lane by lane cost twice as much, but where the lanes of two lines share them.
    for (Index lane = 0; lane < L; lane += W) scores_ += W * slots(lane, W);
    if (!lines) read_by_lane_ += W * (slots(0, W) + slots(W, W));
    for (Index lane = 0; lane < rows.lanes(); ++lane) values_ += slots(lane, 1);
    parts_ += 0.4;
    blocks_ += static_cast<double>(width) / block_keys;
  }

  KeyBlock<T> block_;
  Index d_, dv_;
  double scores_ = 0, values_ = 0, tiles_ = 0, parts_ = 0, blocks_ = 0, wrapped_ = 0,
         read_by_lane_ = 0, filtered_ = 0;
};

}  // namespace detail::inline TARTAN_ISA

inline namespace TARTAN_ISA {

/// The work of attention with n queries, m keys, d columns of q and k, and dv of v, on this
/// target's vectors. The flops, bytes and computed pairs are exact; the share of dense time is a
/// prediction. Cost: that of planning the call, and some steps for each tile and band. Throws
/// std::invalid_argument where a size is negative.
///
///     const Work w = work(Local<256>{} | Strided<64>{}, 16384, 16384, 64);
///     std::cout << w.flops << " flops; " << 1 / w.share_of_dense << " times as fast as dense";
template <class Scalar = float, Pattern P>
Work work(const P& pattern, Index n, Index m, Index d, Index dv) {
  detail::check_sizes("work", n, m);
  detail::check_sizes("work", d, dv, "d", "dv");
  const detail::Call<Scalar> call{{nullptr, n, d, d, 1},
                                  {nullptr, m, d, d, 1},
                                  {nullptr, m, dv, dv, 1},
                                  {nullptr, n, dv, dv, 1},
                                  nullptr,
                                  Scalar(1)};
  const Extent extent{0, n, m};
  const detail::Estimate<Scalar> estimate(call, detail::Plan(pattern, extent));
  const detail::Estimate<Scalar> dense(call, detail::Plan(Dense{}, extent));
  const double pairs = static_cast<double>(count(pattern, n, m));
  const auto elements = [](Index rows, Index cols) {
    return static_cast<double>(rows) * static_cast<double>(cols);
  };
  return {pairs, 2 * pairs * static_cast<double>(d + dv),
          static_cast<double>(sizeof(Scalar)) * (elements(n + m, d) + elements(n + m, dv)),
          (estimate.scores() + estimate.values()) / 2,
          dense.cost() > 0 ? estimate.cost() / dense.cost() : 1};
}

/// The same with as many columns of values as of keys: dv = d.
template <class Scalar = float, Pattern P>
Work work(const P& pattern, Index n, Index m, Index d) {
  return work<Scalar>(pattern, n, m, d, d);
}

}  // namespace TARTAN_ISA
}  // namespace tartan

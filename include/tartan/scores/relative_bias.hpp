// RelativeBias: a learned number for each distance between query and key. Layer: scores.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "score.hpp"

namespace tartan::inline TARTAN_ISA {

/// s + table(i - j - first, head): a table of distances × heads, of which row 0 is the distance
/// `first` = least i - j; distances beyond either end take the number at that end. A table of one
/// column serves all heads.
class RelativeBias {
  template <class M>
  using Numbers = Eigen::Matrix<typename M::Scalar, Dynamic, Dynamic>;

 public:
  /// Of any scalar type. Throws std::invalid_argument where the table is empty, or `first` beyond
  /// 2^59.
  template <class M>
  explicit RelativeBias(const Eigen::MatrixBase<M>& table, Index first = 0)
      : first_(first), count_(table.rows()), heads_(table.cols()), weights_(count_) {
    if (table.size() == 0) throw std::invalid_argument("tartan: RelativeBias: the table is empty");
    if (first < -largest_distance || first > largest_distance) {
      throw std::invalid_argument("tartan: RelativeBias: first must be within 2^59 of 0, got " +
                                  std::to_string(first));
    }
    const Numbers<M> numbers = table;  // once: an expression may have others each time
    up_ = tables(numbers);
    down_ = tables(numbers.colwise().reverse());
  }

  /// T5's (arXiv 1910.10683): weights of buckets × heads; half of the buckets for distances of
  /// their own, the others ever wider up to `max_distance`; where bidirectional, one half of them
  /// all for keys after the query. Throws std::invalid_argument where there are too few buckets, an
  /// odd number of them for two directions, or max_distance is not above half of those of a
  /// direction or beyond 2^24.
  template <class M>
  static RelativeBias t5(const Eigen::MatrixBase<M>& weights, bool bidirectional = true,
                         Index max_distance = 128) {
    const Numbers<M> of_buckets = weights;
    const Index buckets = bidirectional ? weights.rows() / 2 : weights.rows();
    const Index exact = buckets / 2;
    if (exact < 1 || (bidirectional && weights.rows() % 2 != 0)) {
      throw std::invalid_argument(
          "tartan: RelativeBias: t5 needs " +
          std::string(bidirectional ? "4 buckets or more, an even number" : "2 buckets or more") +
          ", got " + std::to_string(weights.rows()));
    }
    if (max_distance <= exact || max_distance > Index{1} << 24) {
      throw std::invalid_argument("tartan: RelativeBias: max_distance must be above " +
                                  std::to_string(exact) + " and at most 2^24, got " +
                                  std::to_string(max_distance));
    }
    const auto bucket = [&](Index distance) {  // i - j
      const Index side = bidirectional && distance < 0 ? buckets : 0;
      const Index far = bidirectional ? std::abs(distance) : std::max<Index>(distance, 0);
      if (far < exact) return side + far;
      const double part = std::log(static_cast<double>(far) / static_cast<double>(exact)) /
                          std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
      const Index wide = exact + static_cast<Index>(part * static_cast<double>(buckets - exact));
      return side + std::min(wide, buckets - 1);
    };
    Numbers<M> table(2 * max_distance + 1, weights.cols());
    auto of_rows = std::make_shared<std::vector<Index>>();
    for (Index r = 0; r < table.rows(); ++r) {
      of_rows->push_back(bucket(r - max_distance));
      table.row(r) = of_buckets.row(of_rows->back());
    }
    RelativeBias bias(table, -max_distance);
    bias.weights_ = weights.rows();
    bias.weight_of_row_ = std::move(of_rows);
    return bias;
  }

  template <class T>
  detail::AddNumbers<T> on(const detail::ScoreRun<T>& run) const {
    constexpr Index W = detail::simd::width<T>;
    const Index column = heads_ == 1 ? 0 : run.head;
    const T* up = up_->template of<T>().col(column).data();
    const T* down = down_->template of<T>().col(column).data();
    // Row start + l * step - e * run.j_step is that of lane l in vector e.
    const Index start = run.i - run.j - first_, step = run.i_step - run.j_lane;
    const Index lanes = (W - 1) * step, vectors = (run.count - 1) * run.j_step;
    const Index least = start + std::min<Index>(lanes, 0) - vectors;
    const Index largest = start + std::max<Index>(lanes, 0);
    const auto number = [&](Index row) { return up[std::clamp<Index>(row, 0, count_ - 1)]; };
    detail::AddNumbers<T> on;
    if (least >= 0 && largest < count_ && std::abs(step) == 1) {
      on.there = step == 1 ? up + start : down + (count_ - 1 - start);
      on.move = -step * run.j_step;
      return on;
    }
    if (least >= count_ - 1 || largest <= 0) {
      on.move = 0;
      std::fill_n(on.copied, W, number(start));
    } else if (std::abs(step) == run.j_step) {  // a vector's are the last's, but for one lane
      on.move = step == run.j_step ? -1 : 1;
      on.first = on.move < 0 ? run.count - 1 : 0;
      for (Index x = 0; x < run.count + W - 1; ++x) {
        on.copied[x] = number(start + (x - on.first) * step);
      }
    } else {
      on.move = W;
      for (Index x = 0; x < run.count * W; ++x) {
        on.copied[x] = number(start + x % W * step - x / W * run.j_step);
      }
    }
    return on;
  }

  static constexpr bool adds_to_scores = true;
  /// Rows and columns of the gradient of what it holds.
  std::pair<Index, Index> number_shape() const { return {weights_, heads_}; }
  template <class M>
  void add_gradient(M& into, Index i, Index j, Index head, double gradient) const {
    const Index row = std::clamp<Index>(i - j - first_, 0, count_ - 1);
    const Index weight = weight_of_row_ ? (*weight_of_row_)[static_cast<std::size_t>(row)] : row;
    into(weight, heads_ == 1 ? 0 : head) += gradient;
  }

  void check(const Extent&, Index heads) const {
    if (heads_ != 1 && heads_ != heads) {
      throw std::invalid_argument("tartan: RelativeBias: the table has " + std::to_string(heads_) +
                                  " columns for " + std::to_string(heads) +
                                  " query heads (one for all, or one for each)");
    }
  }

 private:
  struct Tables {
    Eigen::MatrixXd in_double;
    Eigen::MatrixXf in_float;

    template <class T>
    const auto& of() const {
      if constexpr (std::is_same_v<T, double>) {
        return in_double;
      } else {
        return in_float;
      }
    }
  };

  static constexpr Index largest_distance = Index{1} << 59;

  static std::shared_ptr<const Tables> tables(const auto& table) {
    return std::make_shared<const Tables>(
        Tables{table.template cast<double>(), table.template cast<float>()});
  }

  Index first_, count_, heads_;
  Index weights_;                                            // what was learned: T5's buckets
  std::shared_ptr<const std::vector<Index>> weight_of_row_;  // null: the table's rows
  std::shared_ptr<const Tables> up_, down_;  // from the least distance on, and from the largest
};

}  // namespace tartan::inline TARTAN_ISA

// Attention weights themselves, of a few rows, for people who want to look at them. Layer:
// attention.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "attention.hpp"
#include "no_key.hpp"

namespace tartan {

/// One row's weights: weights[x] is that of key keys[x]. Keys ascend; weights and that of a sink
/// sum to 1, or there are none, as where all scores are -infinity.
template <class Scalar>
struct RowWeights {
  Index row;
  std::vector<Index> keys;
  std::vector<Scalar> weights;
};

namespace detail {

/// Row r's weights, computed in double.
template <class T>
RowWeights<T> weights_of(const View<const T>& q, const View<const T>& k, Index r,
                         std::vector<Index> keys, const Options& options) {
  const double scale = options.scale_for(q.cols);
  std::sort(keys.begin(), keys.end());
  std::vector<double> weight;
  double row_max = std::numeric_limits<double>::lowest(), row_sum = 0;
  bool any = false;
  for (const Index j : keys) {
    double score = 0;
    for (Index t = 0; t < q.cols; ++t) {
      score += static_cast<double>(*q.at(r, t)) * static_cast<double>(*k.at(j, t));
    }
    score *= scale;
    if (options.score) score = options.score(score, options.query_offset + r, j);
    weight.push_back(score);
    row_max = std::max(row_max, weight.back());
    any |= !of_no_key(weight.back());
  }
  if (!any) return {r, {}, {}};  // as attention() has it
  if (!options.sinks.empty()) {
    row_max = std::max(row_max, options.sink(0));
    row_sum = std::exp(options.sink(0) - row_max);
  }
  for (double& w : weight) row_sum += w = std::exp(w - row_max);
  RowWeights<T> row{r, std::move(keys), {}};
  for (const double w : weight) row.weights.push_back(static_cast<T>(w / row_sum));
  return row;
}

}  // namespace detail

/// The softmax weights of the chosen rows of q, before dropout, over the keys that the pattern has
/// there. q: n×d,
/// k: m×d, as for attention(). Cost: count * d, of the chosen rows, in plain loops in double.
/// Throws std::invalid_argument where shapes disagree, or a row is not in [0, n).
///
///     for (const auto& row : attention_weights(q, k, Local<9>{}, {0, 100})) {
///       // row.keys and row.weights: at most 9 of each
///     }
template <class Q, class K, Pattern P>
auto attention_weights(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                       const P& pattern, const std::vector<Index>& rows,
                       const Options& options = {}) {
  using T = typename detail::CommonScalar<Q, K>::type;
  const auto q_view = detail::view(q), k_view = detail::view(k);
  detail::check_shapes<T>(q_view, k_view, k_view);
  detail::check_query_offset(options.query_offset);
  detail::check_options(options, 1);
  options.score.check({options.query_offset, options.query_offset + q.rows(), k.rows()}, 1);
  for (const Index r : rows) {
    if (r < 0 || r >= q.rows()) {
      detail::refuse("row " + std::to_string(r) + " is asked for, and q has " +
                     std::to_string(q.rows()));
    }
  }
  std::vector<RowWeights<T>> result;
  for (const Index r : rows) {
    const Index i = options.query_offset + r;
    std::vector<Index> keys;
    for_each_band(pattern, Extent{i, i + 1, k.rows()}, [&](const Band& band, const auto& keep) {
      const KeyRun run = band.keys_of(i);
      for (Index u = run.first; u <= run.last; ++u) {
        if (keep(i, band.keys[u])) keys.push_back(band.keys[u]);
      }
    });
    result.push_back(detail::weights_of<T>(q_view, k_view, r, std::move(keys), options));
  }
  return result;
}

}  // namespace tartan

// The sums of rows whose scores are large, again: their log-sum-exp has too few digits to take
// weights from. Layer: backward.
#pragma once

#include <cmath>
#include <vector>

#include "gradient_request.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// What weights are taken from: rows × query heads. row_sum: of no data where lse alone will do;
/// else lse is each row's maximum, in base 2.
template <class T>
struct RowViews {
  View<const T> lse, row_sum;
};

/// True where a log-sum-exp is beyond 256: rounded to T, it makes weights wrong by 2^8 roundings.
template <class S>
bool large_scores(const GradientRequest<S>& r) {
  using T = Computed<S>;
  for (Index h = 0; h < r.heads.query; ++h) {
    for (Index i = 0; i < r.q.rows; ++i) {
      const T lse = *r.lse.at(i, h);
      if (std::abs(lse) > T(256) && !simd::not_finite(lse)) return true;
    }
  }
  return false;
}

/// Each row's maximum and sum, as the forward pass had them before it took the logarithm.
template <class T>
class RowSums {
 public:
  /// Computes the scores of a request once more. Cost: 2 * count * d flops.
  template <class S, class P, Executor E>
  void compute(const GradientRequest<S>& r, const P& pattern, const Options& options,
               const E& executor) {
    const auto numbers = static_cast<std::size_t>(r.q.rows * r.heads.query);
    row_max_.resize(numbers);
    row_sum_.resize(numbers);
    View<const S> no_values = r.v;
    no_values.cols = 0;
    const Request<S> forward{
        r.q,     r.k,     no_values,      {r.dq.data, r.q.rows, 0, 0, 1}, row_max_.data(),
        r.heads, r.batch, row_sum_.data()};
    Options scores = options;
    scores.dropout = {};
    attend(forward, pattern, scores, executor);
  }

  template <class S>
  RowViews<T> views(const GradientRequest<S>& r) const {
    const Index rows = r.q.rows, heads = r.heads.query;
    if (row_sum_.empty()) return {r.lse, {nullptr, rows, heads, 0, 0}};
    return {{row_max_.data(), rows, heads, 1, rows}, {row_sum_.data(), rows, heads, 1, rows}};
  }

 private:
  std::vector<T> row_max_, row_sum_;
};

}  // namespace tartan::detail::inline TARTAN_ISA

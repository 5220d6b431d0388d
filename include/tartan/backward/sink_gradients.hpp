// The gradients of sink logits: one pass over out, dout and lse. Layer: backward.
#pragma once

#include <cmath>
#include <vector>

#include "row_sums.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The weight of a row's sink.
template <class T>
double sink_weight(const RowViews<T>& rows, double sink, Index row, Index head) {
  const double lse = static_cast<double>(*rows.lse.at(row, head));
  if (!rows.row_sum.data) return std::exp(sink - lse);
  return std::exp2(sink * std::numbers::log2e - lse) /
         static_cast<double>(*rows.row_sum.at(row, head));
}

/// The gradient of each query head's sink. Forward: its weight is exp(sink - lse), and it has no
/// value; so the gradient is the sum over rows of -weight * (dout · out).
template <class S, Executor E>
std::vector<double> sink_gradients(const GradientRequest<S>& r, const RowViews<Computed<S>>& rows,
                                   const Options& options, const E& executor) {
  constexpr Index chunk = 1024;
  const Index chunks = ceil_div(r.q.rows, chunk), dv = r.value_dim();
  std::vector<double> sums(static_cast<std::size_t>(chunks * r.heads.query));
  run_tasks(executor, chunks * r.heads.query, [&](Index task) {
    const Index head = task / chunks, begin = task % chunks * chunk;
    double& sum = sums[static_cast<std::size_t>(task)];
    for (Index i = begin; i < min(r.q.rows, begin + chunk); ++i) {
      double delta = 0;
      for (Index c = head * dv; c < (head + 1) * dv; ++c) {
        delta += static_cast<double>(*r.dout.at(i, c)) * static_cast<double>(*r.out.at(i, c));
      }
      sum -= sink_weight(rows, options.sink(head), i, head) * delta;
    }
  });
  std::vector<double> gradients(static_cast<std::size_t>(r.heads.query));
  for (std::size_t x = 0; x < sums.size(); ++x) {
    gradients[x / static_cast<std::size_t>(chunks)] += sums[x];
  }
  return gradients;
}

}  // namespace tartan::detail::inline TARTAN_ISA

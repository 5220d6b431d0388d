// The gradients of sink logits: one pass over out, dout and lse. Layer: backward.
#pragma once

#include <cmath>
#include <vector>

#include "gradient_request.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The gradient of each query head's sink. Forward: its weight is exp(sink - lse), and it has no
/// value; so the gradient is the sum over rows of -weight * (dout · out).
template <class S, Executor E>
std::vector<double> sink_gradients(const GradientRequest<S>& r, const Options& options,
                                   const E& executor) {
  constexpr Index chunk = 1024;
  const Index chunks = ceil_div(r.q.rows, chunk), dv = r.value_dim();
  std::vector<double> sums(static_cast<std::size_t>(chunks * r.heads.query));
  run_tasks(executor, chunks * r.heads.query, [&](Index task) {
    const Index head = task / chunks, begin = task % chunks * chunk;
    double& sum = sums[static_cast<std::size_t>(task)];
    for (Index i = begin; i < min(r.q.rows, begin + chunk); ++i) {
      const double lse = static_cast<double>(*r.lse.at(i, head));
      double delta = 0;
      for (Index c = head * dv; c < (head + 1) * dv; ++c) {
        delta += static_cast<double>(*r.dout.at(i, c)) * static_cast<double>(*r.out.at(i, c));
      }
      sum -= std::exp(options.sink(head) - lse) * delta;
    }
  });
  std::vector<double> gradients(static_cast<std::size_t>(r.heads.query));
  for (std::size_t x = 0; x < sums.size(); ++x) {
    gradients[x / static_cast<std::size_t>(chunks)] += sums[x];
  }
  return gradients;
}

}  // namespace tartan::detail::inline TARTAN_ISA

// What the backward pass needs of each row beside its matrices: one pass over out and dout. Layer:
// backward.
#pragma once

#include "../kernel/pair_gradients.hpp"
#include "gradient_request.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// dout · out of rows × cols numbers, one a row.
template <class T, class S>
void row_products(const View<const S>& a, const View<const S>& b, T* to) {
  using Line = Eigen::Map<const Eigen::Array<S, Eigen::Dynamic, 1>>;
  if (a.col_stride == 1 && b.col_stride == 1) {
    for (Index r = 0; r < a.rows; ++r) {
      const Line x(a.at(r, 0), a.cols), y(b.at(r, 0), a.cols);
      to[r] = (x.template cast<T>() * y.template cast<T>()).sum();
    }
    return;
  }
  std::fill_n(to, a.rows, T(0));
  if (a.row_stride == 1 && b.row_stride == 1) {
    Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>> sum(to, a.rows);
    for (Index c = 0; c < a.cols; ++c) {
      const Line x(a.at(0, c), a.rows), y(b.at(0, c), a.rows);
      sum += x.template cast<T>() * y.template cast<T>();
    }
    return;
  }
  for (Index r = 0; r < a.rows; ++r) {
    for (Index c = 0; c < a.cols; ++c) {
      to[r] += static_cast<T>(*a.at(r, c)) * static_cast<T>(*b.at(r, c));
    }
  }
}

/// One number of each for each row and head: head after head.
template <class T>
struct AllRowTerms {
  std::vector<T> lse;          ///< as RowTerms has it
  std::vector<T> delta;        ///< dout · out, times `factor`
  std::vector<double> dsinks;  ///< of each head, where there are sinks
};

template <class S, Executor E>
AllRowTerms<Computed<S>> row_terms(const GradientRequest<S>& r, const Options& options,
                                   Computed<S> factor, const E& executor) {
  using T = Computed<S>;
  constexpr Index chunk = 1024;
  const Index rows = r.q.rows, chunks = ceil_div(rows, chunk), dv = r.value_dim();
  const bool sinks = !options.sinks.empty();
  const auto numbers = static_cast<std::size_t>(rows * r.heads.query);
  AllRowTerms<T> terms{std::vector<T>(numbers), std::vector<T>(numbers), {}};
  std::vector<double> sums(static_cast<std::size_t>(sinks ? chunks * r.heads.query : 0));
  run_tasks(executor, chunks * r.heads.query, [&](Index task) {
    const Index head = task / chunks, begin = task % chunks * chunk;
    const Index count = min(rows, begin + chunk) - begin;
    const auto part = [&](View<const S> x) {
      return View<const S>{x.at(begin, head * dv), count, dv, x.row_stride, x.col_stride};
    };
    T* lse = terms.lse.data() + head * rows + begin;
    T* delta = terms.delta.data() + head * rows + begin;
    row_products<T, S>(part(r.out), part(r.dout), delta);
    double sum = 0;
    for (Index x = 0; x < count; ++x) {
      const T natural = *r.lse.at(begin + x, head);
      lse[x] = in_base_2(natural);
      if (sinks && lse[x] != no_lse<T>) {
        // Forward: the sink's weight is exp(sink - lse), and it has no value.
        sum -= std::exp(options.sink(head) - static_cast<double>(natural)) *
               static_cast<double>(delta[x]);
      }
      delta[x] *= factor;
    }
    if (sinks) sums[static_cast<std::size_t>(task)] = sum;
  });
  for (Index head = 0; head < r.heads.query && sinks; ++head) {
    double sum = 0;
    for (Index x = 0; x < chunks; ++x) sum += sums[static_cast<std::size_t>(head * chunks + x)];
    terms.dsinks.push_back(sum);
  }
  return terms;
}

}  // namespace tartan::detail::inline TARTAN_ISA

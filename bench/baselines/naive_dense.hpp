// Dense attention as most people write it: two matrix products by Eigen with all n * n scores in
// memory between them. The scores are allocated once, not in every run. Part of the benchmark.
#pragma once

#include <cmath>

#include "../problem.hpp"

namespace bench {

template <class T>
class NaiveDense {
 public:
  explicit NaiveDense(Index n) : scores_(n, n) {}

  static double bytes(Index n) {
    return static_cast<double>(n) * static_cast<double>(n) * sizeof(T);
  }

  void operator()(Problem<T>& p) {
    const T scale = T(1) / std::sqrt(static_cast<T>(p.head_dim()));
    scores_.noalias() = p.q * p.k.transpose();
    for (Index i = 0; i < scores_.rows(); ++i) {
      auto row = scores_.row(i).array();
      row = ((row - row.maxCoeff()) * scale).exp();
      row *= T(1) / row.sum();
    }
    p.out.noalias() = scores_ * p.v;
  }

 private:
  RowMajor<T> scores_;
};

}  // namespace bench

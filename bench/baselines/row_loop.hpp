// The rival on sparse masks: what a C++ user writes who has Eigen and a list of keys for each row.
// One dot product and one multiply-add of a row for each attended pair. In its best form: head_dim
// is a constant, so that Eigen unrolls both and the sum stays in registers; exp is vectorised.
// Part of the benchmark.
#pragma once

#include <cmath>
#include <utility>

#include "../problem.hpp"
#include "csr_mask.hpp"

namespace bench {

template <class T, int head_dim>
class RowLoop {
 public:
  explicit RowLoop(CsrMask mask) : mask_(std::move(mask)) {}

  void operator()(Problem<T>& p) {
    const T scale = T(1) / std::sqrt(T(head_dim));
    for (Index i = 0; i < p.tokens(); ++i) {
      const std::int32_t* keys = mask_.keys_of(i);
      const Index count = mask_.count_of(i);
      p.out.row(i).setZero();
      if (count == 0) continue;
      if (weights_.size() < count) weights_.resize(count);
      const Row query = p.q.row(i);
      for (Index t = 0; t < count; ++t) weights_(t) = query.dot(row_of(p.k, keys[t]));
      auto weights = weights_.head(count);
      weights = ((weights - weights.maxCoeff()) * scale).exp();
      Row sum = Row::Zero();
      for (Index t = 0; t < count; ++t) sum += weights_(t) * row_of(p.v, keys[t]);
      p.out.row(i) = sum / weights.sum();
    }
  }

 private:
  using Row = Eigen::Matrix<T, 1, head_dim>;

  static Eigen::Map<const Row> row_of(const RowMajor<T>& matrix, Index i) {
    return Eigen::Map<const Row>(matrix.data() + i * head_dim);
  }

  CsrMask mask_;
  Eigen::Array<T, Eigen::Dynamic, 1> weights_;
};

}  // namespace bench

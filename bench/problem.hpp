// The matrices of one measurement: random inputs and the output. Part of the benchmark.
#pragma once

#include <Eigen/Core>

namespace bench {

using Eigen::Index;

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Self-attention over n tokens of d numbers, row-major, one head. q is drawn three times wider, so
/// that scores have a standard deviation of about 1, as in a trained model.
template <class T>
struct Problem {
  RowMajor<T> q, k, v, out;

  Problem(Index n, Index d) : q(n, d), k(n, d), v(n, d), out(n, d) {
    q.setRandom();
    k.setRandom();
    v.setRandom();
    out.setZero();
    q *= T(3);
  }
  Index tokens() const { return q.rows(); }
  Index head_dim() const { return q.cols(); }
};

}  // namespace bench

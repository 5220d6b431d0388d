// Random queries, keys and values, the same for the same seed.
#pragma once

#include <random>

#include <tartan/tartan.hpp>

template <class M>
M random_matrix(tartan::Index rows, tartan::Index cols, unsigned seed, double size = 1.0) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0.0, size);
  M m(rows, cols);
  for (tartan::Index r = 0; r < rows; ++r) {
    for (tartan::Index c = 0; c < cols; ++c) {
      m(r, c) = static_cast<typename M::Scalar>(normal(generator));
    }
  }
  return m;
}

/// seqlen_q, seqlen_k, head_dim of q and k, columns of v, and the position of row 0.
struct Sizes {
  tartan::Index n, m, d, dv;
  tartan::Index query_offset = 0;
};

template <class M>
struct Problem {
  M q, k, v;
  tartan::Options options;

  Problem(const Sizes& s, unsigned seed, double size = 1.0)
      : q(random_matrix<M>(s.n, s.d, seed, size)),
        k(random_matrix<M>(s.m, s.d, seed + 1, size)),
        v(random_matrix<M>(s.m, s.dv, seed + 2)) {
    options.query_offset = s.query_offset;
  }
};

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using ColMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;

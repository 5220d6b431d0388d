// Random queries, keys and values, the same for the same seed.
#pragma once

#include <random>
#include <vector>

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

/// Sizes at the edges: none and one, less than a vector, a tile and more, sizes that divide
/// nothing.
inline const std::vector<Sizes> edge_shapes = {
    {0, 0, 4, 4},          {0, 5, 4, 4},           {5, 0, 4, 4},
    {1, 1, 1, 1},          {1, 1, 64, 64},         {2, 3, 5, 7},
    {3, 2, 0, 4},          {3, 2, 4, 0},           {16, 16, 16, 16},
    {31, 33, 8, 9},        {33, 31, 9, 8},         {64, 64, 64, 64},
    {65, 130, 17, 33},     {130, 65, 32, 31},      {200, 200, 64, 64},
    {97, 513, 20, 3},      {300, 300, 40, 48},     {1, 400, 64, 64, 399},
    {40, 150, 8, 16, 110}, {150, 40, 8, 16, -110}, {129, 500, 64, 80, 1000}};

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

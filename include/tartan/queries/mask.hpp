// A pattern as a matrix of truth values: for tests, pictures and other libraries. Attention never
// needs one. Layer: queries.
#pragma once

#include <array>
#include <cstddef>

#include "pairs.hpp"

namespace tartan {

/// The n×m matrix with true at (i, j) where query i attends to key j.
/// Cost: n * m bytes, cleared; then one write for each pair held, none of them twice. Throws
/// std::invalid_argument where a size is negative.
///
///     const auto mask = mask_matrix(Causal{}, 3, 3);
///     std::cout << mask.cast<int>();
///     // 1 0 0
///     // 1 1 0
///     // 1 1 1
template <Pattern P>
Eigen::Matrix<bool, Dynamic, Dynamic> mask_matrix(const P& pattern, Index n, Index m) {
  detail::check_sizes("mask_matrix", n, m);
  Eigen::Matrix<bool, Dynamic, Dynamic> mask(n, m);
  mask.setConstant(false);
  detail::for_each_pair(pattern, Extent{0, n, m}, [&](Index i, Index j) { mask(i, j) = true; });
  return mask;
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
Eigen::Matrix<bool, Dynamic, Dynamic> mask_matrix(const P& pattern, Index n) {
  return mask_matrix(pattern, n, n);
}

/// The same as an array of N rows of M truth values, also at compile time.
///
///     constexpr auto mask = mask_array<4, 6>(Local<3>{});
///     static_assert(mask[2][1] && mask[2][2] && mask[2][3]);
///     static_assert(!mask[2][0] && !mask[2][4]);
///     static_assert(mask.size() == 4 && mask[0].size() == 6);
template <Index N, Index M = N, Pattern P>
constexpr auto mask_array(const P& pattern) {
  static_assert(N >= 0 && M >= 0,
                "tartan: mask_array<N, M>: N and M must be >= 0 (N queries, M keys)");
  std::array<std::array<bool, static_cast<std::size_t>(M)>, static_cast<std::size_t>(N)> mask{};
  detail::for_each_pair(pattern, Extent{0, N, M}, [&](Index i, Index j) {
    mask[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = true;
  });
  return mask;
}

}  // namespace tartan

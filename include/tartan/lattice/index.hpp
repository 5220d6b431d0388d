// Positions and the integer arithmetic on them. Layer: lattice (the lowest).
#pragma once

#if !defined(__cpp_concepts)
#error "tartan needs C++20 (-std=c++20)"
#endif

#include <Eigen/Core>  // Eigen::Index, Eigen::Dynamic
#include <numeric>     // gcd

namespace tartan {

/// A position of a query or a key, or a number of them: Eigen's signed index.
using Eigen::Index;

/// In place of a compile-time parameter: the value is given at run time, as in Eigen.
using Eigen::Dynamic;

namespace detail {

/// floor(a / b) for b > 0, also where a is negative.
constexpr Index floor_div(Index a, Index b) { return a / b - (a % b < 0); }

/// ceil(a / b) for b > 0, also where a is negative.
constexpr Index ceil_div(Index a, Index b) { return -floor_div(-a, b); }

/// a mod b in [0, b) for b > 0, also where a is negative.
constexpr Index floor_mod(Index a, Index b) { return a - floor_div(a, b) * b; }

constexpr Index min(Index a, Index b) { return a < b ? a : b; }
constexpr Index max(Index a, Index b) { return a < b ? b : a; }

}  // namespace detail
}  // namespace tartan

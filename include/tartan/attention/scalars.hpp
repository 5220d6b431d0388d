// Which scalar types matrices may have, and what attention over them is computed in. Layer:
// attention.
#pragma once

#include <Eigen/Core>
#include <type_traits>

namespace tartan {
namespace detail {

template <class S>
inline constexpr bool is_half_width =
    std::is_same_v<S, Eigen::half> || std::is_same_v<S, Eigen::bfloat16>;
template <class S>
inline constexpr bool is_scalar =
    std::is_same_v<S, float> || std::is_same_v<S, double> || is_half_width<S>;

/// The type of scores, sums and outputs until they are written: float for 16-bit types. Where the
/// target has AVX-512-BF16, weights of bfloat16 values are rounded to 8 bits: outputs are off,
/// beside their own rounding, by at most 2^-8 of the weighted mean of |v|; the log-sum-exp is not.
template <class S>
using Computed = std::conditional_t<is_half_width<S>, float, S>;

/// The scalar type of a call; fails to compile where q, k and v differ in it, or it is another
/// type.
template <class Q, class... Others>
struct CommonScalar {
  using type = typename Q::Scalar;
  static_assert(
      (std::is_same_v<type, typename Others::Scalar> && ...),
      "tartan: attention: q, k, v and out must have the same scalar type (use .cast<>())");
  static_assert(
      is_scalar<type>,
      "tartan: attention: the scalar type must be float, double, Eigen::half or Eigen::bfloat16");
};

}  // namespace detail
}  // namespace tartan

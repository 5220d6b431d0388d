// The log-sum-exp of no key, -infinity, written and told apart also under -ffast-math. Layer:
// attention.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tartan::detail {

/// The log-sum-exp of a row that attends no key.
template <class T>
inline constexpr T lse_of_no_key = -std::numeric_limits<T>::infinity();

/// True for a log-sum-exp of no key; by its bits, and so under -ffast-math too.
template <class T>
bool of_no_key(T lse) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<Bits>(lse) == std::bit_cast<Bits>(lse_of_no_key<T>);
}

}  // namespace tartan::detail

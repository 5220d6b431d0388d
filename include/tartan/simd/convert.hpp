// Packets of what the arithmetic is done in from numbers as they are stored: the same type, or
// Eigen::half or Eigen::bfloat16 for float. Layer: simd.
#pragma once

#include <array>

#include "packet.hpp"

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace tartan::detail::inline TARTAN_ISA::simd {

/// The packet with as many numbers of S as a packet of T has; void where the target has none.
template <class T, class S>
struct StoredPacket {
  using whole = Packet<S>;
  using half = typename ei::unpacket_traits<whole>::half;
  template <class P>
  static constexpr bool fits = width<T> > 1 && ei::unpacket_traits<P>::size == width<T>;
  using type = std::conditional_t<fits<whole>, whole, std::conditional_t<fits<half>, half, void>>;
};

/// True where Eigen converts packets of S by vector instructions. g++ does not see that Eigen 3.4
/// could (it asks for a version of clang), and then one number after the other is converted.
template <class T, class S>
constexpr bool converts_packets() {
  if (std::is_void_v<typename StoredPacket<T, S>::type>) return false;
#if !defined(EIGEN_HAS_FP16_C) && !defined(EIGEN_HAS_ARM64_FP16_VECTOR_ARITHMETIC)
  if (std::is_same_v<S, Eigen::half>) return false;
#endif
  return bool(ei::type_casting_traits<S, T>::VectorizedCast);
}

/// The bits of a 16-bit number as those of a float; written so that compilers make vectors of it.
inline std::uint32_t float_bits(Eigen::bfloat16 x) {
  return std::uint32_t{Eigen::numext::bit_cast<std::uint16_t>(x)} << 16;
}
inline std::uint32_t float_bits(Eigen::half x) {
  const std::uint32_t bits = Eigen::numext::bit_cast<std::uint16_t>(x);
  const std::uint32_t magnitude = (bits & 0x7fffu) << 13;
  // The exponent's bias is 15, not 127; the product gives subnormal numbers theirs, too.
  const std::uint32_t scaled =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  const std::uint32_t not_finite = magnitude >= (0x7c00u << 13) ? 0x7f800000u : 0u;
  return scaled | not_finite | (bits & 0x8000u) << 16;
}

/// width<T> numbers of S, as T, exactly. (Compiled with -ffast-math, subnormal halves may be 0.)
template <class T, class S>
EIGEN_STRONG_INLINE Packet<T> load_as(const S* p) {
  constexpr std::size_t W{width<T>};
  if constexpr (std::is_same_v<S, T>) {
    return load(p);
  } else if constexpr (converts_packets<T, S>()) {
    using Stored = typename StoredPacket<T, S>::type;
    return ei::pcast<Stored, Packet<T>>(ei::ploadu<Stored>(p));
  } else if constexpr (sizeof(S) == 2 && std::is_same_v<T, float>) {
    std::array<std::uint32_t, W> bits;
    for (std::size_t l = 0; l < W; ++l) bits[l] = float_bits(p[l]);
    return load(std::bit_cast<std::array<float, W>>(bits).data());
  } else {
    std::array<T, W> lanes;
    for (std::size_t l = 0; l < W; ++l) lanes[l] = static_cast<T>(p[l]);
    return load(lanes.data());
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA::simd

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic pop
#endif

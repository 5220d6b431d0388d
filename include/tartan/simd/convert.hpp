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
/// could (it asks for a version of clang), and then one half after the other is converted.
template <class T, class S>
constexpr bool converts_packets() {
  if (std::is_void_v<typename StoredPacket<T, S>::type>) return false;
#if !defined(EIGEN_HAS_FP16_C) && !defined(EIGEN_HAS_ARM64_FP16_VECTOR_ARITHMETIC)
  if (std::is_same_v<S, Eigen::half>) return false;
#endif
  return bool(ei::type_casting_traits<S, T>::VectorizedCast);
}

template <class T, class S>
EIGEN_STRONG_INLINE Packet<T> convert_packet(const S* p) {
  using Stored = typename StoredPacket<T, S>::type;
  return ei::pcast<Stored, Packet<T>>(ei::ploadu<Stored>(p));
}

/// Floats whose upper halves are 16-bit numbers: those of Eigen::bfloat16.
template <class S>
EIGEN_STRONG_INLINE Packet<float> load_upper(const S* p) {
  static_assert(sizeof(S) == 2);
  if constexpr (converts_packets<float, Eigen::bfloat16>()) {
    return convert_packet<float>(reinterpret_cast<const Eigen::bfloat16*>(p));
  } else {
    std::array<std::uint32_t, std::size_t(width<float>)> bits;
    for (std::size_t l = 0; l < bits.size(); ++l) {
      bits[l] = std::uint32_t{Eigen::numext::bit_cast<std::uint16_t>(p[l])} << 16;
    }
    return load(std::bit_cast<std::array<float, std::size_t(width<float>)>>(bits).data());
  }
}

/// Floats from halves by their bits, where there are vectors: exponent and fraction move 3 to the
/// right, and a product makes the bias 127 of 15, also for subnormal numbers.
template <class T>
EIGEN_STRONG_INLINE Packet<T> load_halves(const Eigen::half* p) {
  using P = Packet<T>;
  using Bits = typename ei::unpacket_traits<P>::integer_packet;
  const auto bits = [](std::uint32_t x) { return broadcast(std::bit_cast<T>(x)); };
  const P raw = load_upper(p);
  const P sign = ei::pand(raw, bits(0x80000000u));
  const P magnitude = ei::preinterpret<P>(
      ei::plogical_shift_right<3>(ei::preinterpret<Bits>(ei::pand(raw, bits(0x7fff0000u)))));
  const P not_finite = ei::pcmp_le(bits(0x7c00u << 13), magnitude);
  const P value = ei::pmul(magnitude, broadcast(T(0x1p112f)));
  return ei::por(ei::por(value, sign), ei::pand(not_finite, bits(0x7f800000u)));
}

/// width<T> numbers of S, as T, exactly. (Compiled with -ffast-math, subnormal halves may be 0.)
template <class T, class S>
EIGEN_STRONG_INLINE Packet<T> load_as(const S* p) {
  if constexpr (std::is_same_v<S, T>) {
    return load(p);
  } else if constexpr (converts_packets<T, S>()) {
    return convert_packet<T>(p);
  } else if constexpr (std::is_same_v<S, Eigen::bfloat16> && std::is_same_v<T, float>) {
    return load_upper(p);
  } else if constexpr (std::is_same_v<S, Eigen::half> && std::is_same_v<T, float> && width<T> > 1) {
    return load_halves<T>(p);
  } else {
    std::array<T, std::size_t(width<T>)> lanes;
    for (std::size_t l = 0; l < lanes.size(); ++l) lanes[l] = static_cast<T>(p[l]);
    return load(lanes.data());
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA::simd

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic pop
#endif

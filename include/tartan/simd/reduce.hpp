// Reductions across the lanes of packets, several packets at once where that is cheaper. Layer:
// simd.
#pragma once

#include "packet.hpp"

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace tartan::detail::inline TARTAN_ISA::simd {

/// The sum of a packet's lanes, and the largest of them.
template <class T>
EIGEN_STRONG_INLINE T sum(const Packet<T>& a) {
  return ei::predux(a);
}
template <class T>
EIGEN_STRONG_INLINE T largest(const Packet<T>& a) {
  return ei::predux_max(a);
}

/// The packet that transposes best, with the sums of the lanes that fall on one of its own.
template <class T>
EIGEN_STRONG_INLINE auto folded(const Packet<T>& a) {
  using P = typename SquarePacket<T>::type;
  if constexpr (std::is_same_v<P, Packet<T>>) {
    return a;
  } else {
    T lanes[std::size_t(width<T>)];
    store(lanes, a);
    return ei::padd(ei::ploadu<P>(lanes), ei::ploadu<P>(lanes + square_size<T>));
  }
}

/// to[x] = the sum of the lanes of packet x, for square_size<T> packets: a transpose and vertical
/// additions, about 6 instructions a packet where each by itself takes 8 that wait for each other.
template <class T>
EIGEN_STRONG_INLINE void sum_each(const Packet<T> (&packets)[std::size_t(square_size<T>)], T* to) {
  using P = typename SquarePacket<T>::type;
  constexpr int N = square_size<T>;
  ei::PacketBlock<P, N> square;
#pragma GCC unroll 16
  for (int x = 0; x < N; ++x) square.packet[x] = folded<T>(packets[x]);
  if constexpr (N > 1) ei::ptranspose(square);
#pragma GCC unroll 4
  for (int half = N / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (int x = 0; x < half; ++x) {
      square.packet[x] = ei::padd(square.packet[x], square.packet[x + half]);
    }
  }
  ei::pstoreu<T>(to, square.packet[0]);
}

}  // namespace tartan::detail::inline TARTAN_ISA::simd

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic pop
#endif

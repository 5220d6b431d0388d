// The one wrapper over Eigen's packets: everything vectorised is written in these names, so
// whatever Eigen vectorises for is a target. No intrinsics, no knowledge of attention. Layer: simd.
#pragma once

#include <Eigen/Core>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

// Code that depends on the vector width sits in an inline namespace named for it, so that a linker
// does not mix the kernels of objects compiled with different -march flags. (Eigen's own matrices
// must not pass between such objects: their alignment differs.)
#if defined(EIGEN_DONT_VECTORIZE)
#define TARTAN_ISA isa_scalar
#elif defined(EIGEN_VECTORIZE_AVX512) && defined(__AVX512BF16__)
#define TARTAN_ISA isa_avx512_bf16
#elif defined(EIGEN_VECTORIZE_AVX512)
#define TARTAN_ISA isa_avx512
#elif defined(EIGEN_VECTORIZE_AVX2) && defined(EIGEN_VECTORIZE_FMA)
#define TARTAN_ISA isa_avx2_fma
#elif defined(EIGEN_VECTORIZE_AVX)
#define TARTAN_ISA isa_avx
#elif defined(EIGEN_VECTORIZE_SSE4_1)
#define TARTAN_ISA isa_sse4
#else
#define TARTAN_ISA isa_baseline
#endif

// Packets as template arguments lose their alignment attribute, which nothing here relies on.
#if EIGEN_COMP_GNUC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace tartan::detail::inline TARTAN_ISA::simd {

namespace ei = Eigen::internal;

template <class T>
using Packet = typename ei::packet_traits<T>::type;

/// The packet for transposing: half of 16 floats, since Eigen turns 8 × 8 with fewer shuffles a
/// number.
template <class T>
struct SquarePacket {
  using type = std::conditional_t<(ei::unpacket_traits<Packet<T>>::size > 8),
                                  typename ei::unpacket_traits<Packet<T>>::half, Packet<T>>;
};

/// Lanes of a packet of T; 1 where the target has no vectors for T.
template <class T>
inline constexpr int width = ei::unpacket_traits<Packet<T>>::size;

/// Vector registers of the target.
inline constexpr int registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;

template <class T>
EIGEN_STRONG_INLINE Packet<T> load(const T* p) {
  return ei::ploadu<Packet<T>>(p);
}
template <class T>
EIGEN_STRONG_INLINE void store(T* p, const Packet<T>& a) {
  ei::pstoreu<T>(p, a);
}
template <class T>
EIGEN_STRONG_INLINE Packet<T> broadcast(T x) {
  return ei::pset1<Packet<T>>(x);
}
using ei::padd;
using ei::pand;
using ei::pmadd;
using ei::pmax;
using ei::pmul;
using ei::psub;

/// True where the target multiplies vectors of complex numbers.
template <class T>
inline constexpr bool has_complex_product =
    bool(ei::packet_traits<std::complex<T>>::Vectorizable) && (width<T> > 1);

/// a * b, of complex numbers: their real parts in even lanes, the imaginary ones beside them.
template <class T>
EIGEN_STRONG_INLINE Packet<T> complex_product(const Packet<T>& a, const Packet<T>& b) {
  using P = typename ei::packet_traits<std::complex<T>>::type;
  return ei::pmul(P(a), P(b)).v;
}

/// A mask: true where lower <= x and x <= upper.
template <class P>
EIGEN_STRONG_INLINE P between(const P& lower, const P& x, const P& upper) {
  return ei::pand(ei::pcmp_le(lower, x), ei::pcmp_le(x, upper));
}
/// A mask: true in lanes 0 to `last`.
template <class T>
EIGEN_STRONG_INLINE Packet<T> lanes_up_to(T last) {
  return ei::pcmp_le(ei::plset<Packet<T>>(T(0)), ei::pset1<Packet<T>>(last));
}
/// A mask: true in lanes `first` to `last`.
template <class T>
EIGEN_STRONG_INLINE Packet<T> lanes_within(T first, T last) {
  return between(broadcast(first), ei::plset<Packet<T>>(T(0)), broadcast(last));
}
/// a where the mask is true, else b.
template <class P>
EIGEN_STRONG_INLINE P select(const P& mask, const P& a, const P& b) {
  return ei::pselect(mask, a, b);
}

/// A mask: true where x < limit.
template <class P>
EIGEN_STRONG_INLINE P below(const P& x, const P& limit) {
  return ei::pcmp_lt(x, limit);
}

/// True where a lane of x is above that of `limit`.
template <class P>
EIGEN_STRONG_INLINE bool any_above(const P& x, const P& limit) {
  return ei::predux_any(ei::pcmp_lt(limit, x));
}

/// 1 / x, and 0 where x is 0.
template <class T>
EIGEN_STRONG_INLINE Packet<T> inverse_or_zero(const Packet<T>& x) {
  const Packet<T> zero = broadcast(T(0));
  return ei::pselect(ei::pcmp_eq(x, zero), zero, ei::pdiv(broadcast(T(1)), x));
}

/// The numbers from p + N on, for N in [0, width), where `a` holds those from p on and `b` those
/// that follow: two vectors as long as a cache line are shifted, since one that crosses lines takes
/// two loads.
template <int N, class T>
EIGEN_STRONG_INLINE Packet<T> window(const Packet<T>& a, const Packet<T>& b, const T* p) {
#if EIGEN_COMP_GNUC && defined(EIGEN_VECTORIZE_AVX512) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
  return [&]<int... Lane>(std::integer_sequence<int, Lane...>) {
    return __builtin_shufflevector(a, b, (Lane + N)...);
  }
  (std::make_integer_sequence<int, width<T>>{});
#endif
#endif
  static_cast<void>(a), static_cast<void>(b);
  return load(p + N);
}

/// Brings the cache line at p nearer.
template <class T>
EIGEN_STRONG_INLINE void prefetch(const T* p) {
  ei::prefetch(p);
}

/// Hides from the compiler where `a` came from: it stays in a register, not to be read from memory
/// again in each instruction that uses it, nor to be simplified under -ffast-math.
template <class P>
EIGEN_STRONG_INLINE void opaque(P& a) {
#if EIGEN_COMP_GNUC && defined(EIGEN_VECTORIZE_AVX512)
  __asm__("" : "+v"(a));
#elif EIGEN_COMP_GNUC && defined(EIGEN_VECTORIZE_SSE)
  __asm__("" : "+x"(a));
#else
  EIGEN_OPTIMIZATION_BARRIER(a)
#endif
}

/// Rows and columns of the squares that transpose_square turns.
template <class T>
inline constexpr int square_size = ei::unpacket_traits<typename SquarePacket<T>::type>::size;

/// In place of a factor of 1, where bits are to be copied that may be no number.
struct Unchanged {};

/// to[c * to_stride + r] = from[r * from_stride + c] * factor, for square_size<T> rows and columns;
/// the factor is of type T, or Unchanged.
template <class T, class F>
EIGEN_STRONG_INLINE void transpose_square(const T* from, std::ptrdiff_t from_stride, T* to,
                                          std::ptrdiff_t to_stride, F factor) {
  using P = typename SquarePacket<T>::type;
  constexpr int N = square_size<T>;
  ei::PacketBlock<P, N> square;
#pragma GCC unroll 16
  for (int x = 0; x < N; ++x) {
    square.packet[x] = ei::ploadu<P>(from + x * from_stride);
    if constexpr (std::is_same_v<F, T>) {
      square.packet[x] = ei::pmul(square.packet[x], ei::pset1<P>(factor));
    }
  }
  if constexpr (N > 1) ei::ptranspose(square);
#pragma GCC unroll 16
  for (int x = 0; x < N; ++x) ei::pstoreu<T>(to + x * to_stride, square.packet[x]);
}

/// 2^x for x <= 0 or NaN, and exactly 0 for x <= -127 (float) or x <= -1000 (double).
/// Float: relative error below 1.9e-7, the polynomial's 9.2e-8 (minimax on [-1/2, 1/2], degree 5,
/// 2^0 exact) and rounding; half the multiply-adds of Eigen's exp. Double: Eigen's exp.
template <class T>
EIGEN_STRONG_INLINE Packet<T> exp2(const Packet<T>& exponent) {
  using P = Packet<T>;
  if constexpr (width<T> == 1) {
    return exponent <= (sizeof(T) == 4 ? T(-127) : T(-1000)) ? T(0) : std::exp2(exponent);
  } else if constexpr (std::is_same_v<T, float>) {
    using Bits = typename ei::unpacket_traits<P>::integer_packet;
    // Adding 1.5 * 2^23 rounds to an integer, and leaves it in the low bits; + 127 is the bias.
    const P round = broadcast(12582912.0f + 127.0f);
    const P x = ei::pmax(exponent, broadcast(-127.0f));
    P biased = ei::padd(x, round);
    opaque(biased);
    P whole = ei::psub(biased, round);
    opaque(whole);
    const P f = ei::psub(x, whole);
    P p = ei::pmadd(broadcast(1.3264744692066685e-3f), f, broadcast(9.671519015449265e-3f));
    p = ei::pmadd(p, f, broadcast(5.550733760238155e-2f));
    p = ei::pmadd(p, f, broadcast(2.4022241988941723e-1f));
    p = ei::pmadd(p, f, broadcast(6.931469775512051e-1f));
    p = ei::pmadd(p, f, broadcast(1.0f));
    const Bits power = ei::plogical_shift_left<23>(ei::preinterpret<Bits>(biased));
    return ei::pmul(p, ei::preinterpret<P>(power));
  } else {
    const P power = ei::pexp(ei::pmul(exponent, broadcast(T(0.69314718055994530942))));
    return ei::pselect(ei::pcmp_le(exponent, broadcast(T(-1000))), broadcast(T(0)), power);
  }
}

/// True where a number is NaN or infinite; by its bits, and so under -ffast-math too.
template <class T>
constexpr bool not_finite(T x) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits infinite = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  return (std::bit_cast<Bits>(x) & infinite) == infinite;
}

/// The bits of each number's exponent alone: a finite number from a finite one, infinity from NaN
/// and infinity.
template <class T>
EIGEN_STRONG_INLINE Packet<T> exponent(const Packet<T>& a) {
  return ei::pand(a, broadcast(std::numeric_limits<T>::infinity()));
}

/// True where one of the lanes is NaN or infinite.
template <class T>
bool any_not_finite(const Packet<T>& a) {
  T lanes[std::size_t(width<T>)];
  store(lanes, a);
  for (const T x : lanes) {
    if (not_finite(x)) return true;
  }
  return false;
}

}  // namespace tartan::detail::inline TARTAN_ISA::simd

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic pop
#endif

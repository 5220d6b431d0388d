// What a lane of the kernel's operands holds: one number, or a pair of bfloat16 numbers, which one
// instruction multiplies and adds up in float. The one place with intrinsics: Eigen has no packet
// of pairs. Layer: simd.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "packet.hpp"

#if defined(EIGEN_VECTORIZE_AVX512) && defined(__AVX512BF16__)
#define TARTAN_BFLOAT16_PAIRS
#include <immintrin.h>
#endif

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace tartan::detail::inline TARTAN_ISA::simd {

/// Each lane holds one number of type T.
template <class T>
struct Singles {
  static constexpr int size = 1;

  /// sum + a * b.
  static EIGEN_STRONG_INLINE Packet<T> madd(const Packet<T>& a, const Packet<T>& b,
                                            const Packet<T>& sum) {
    return ei::pmadd(a, b, sum);
  }
  /// The number in an element.
  static T number(T element, std::ptrdiff_t) { return element; }
};

/// Each lane's 32 bits are a pair of bfloat16 numbers, the first in the low half. They lie in
/// memory as floats do, and may be copied, broadcast and transposed as such: bits that nothing else
/// is to be computed with.
struct Bfloat16Pairs {
  static constexpr int size = 2;
  static constexpr int width = simd::width<float>;

  /// True where the target has instructions for pairs; elsewhere they are computed number by
  /// number, for tests only.
#ifdef TARTAN_BFLOAT16_PAIRS
  static constexpr bool fast = true;
#else
  static constexpr bool fast = false;
#endif

  static float pair(Eigen::bfloat16 first, Eigen::bfloat16 second) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(first.value) |
                                static_cast<std::uint32_t>(second.value) << 16);
  }
  /// A pair's first number (0) or second (1).
  static float number(float pair, std::ptrdiff_t which) {
    const auto bits = std::bit_cast<std::uint32_t>(pair);
    return std::bit_cast<float>(which == 0 ? bits << 16 : bits & 0xffff0000u);
  }

  /// sum + a.first * b.first + a.second * b.second, with numbers below 2^-126 taken for 0.
  static EIGEN_STRONG_INLINE Packet<float> madd(const Packet<float>& a, const Packet<float>& b,
                                                const Packet<float>& sum) {
#ifdef TARTAN_BFLOAT16_PAIRS
    return _mm512_dpbf16_ps(sum, std::bit_cast<__m512bh>(a), std::bit_cast<__m512bh>(b));
#else
    return by_lane(
        [](float x, float y, float z) {
          return z + number(x, 1) * number(y, 1) + number(x, 0) * number(y, 0);
        },
        a, b, sum);
#endif
  }

  /// The pairs of two vectors of numbers, rounded.
  static EIGEN_STRONG_INLINE Packet<float> rounded(const Packet<float>& first,
                                                   const Packet<float>& second) {
#ifdef TARTAN_BFLOAT16_PAIRS
    const auto halves = std::bit_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
    const __m512i lanes =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return std::bit_cast<Packet<float>>(_mm512_permutexvar_epi16(lanes, halves));
#else
    return by_lane(
        [](float x, float y, float) { return pair(Eigen::bfloat16(x), Eigen::bfloat16(y)); }, first,
        second, second);
#endif
  }

  /// to[i] = the pair of first[i] and second[i], for `width` numbers.
  static EIGEN_STRONG_INLINE void interleave(const Eigen::bfloat16* first,
                                             const Eigen::bfloat16* second, float* to) {
#ifdef TARTAN_BFLOAT16_PAIRS
    const auto load = [](const Eigen::bfloat16* x) {
      return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(x)));
    };
    const __m512i pairs = _mm512_or_si512(load(first), _mm512_slli_epi32(load(second), 16));
    store(to, std::bit_cast<Packet<float>>(pairs));
#else
    for (int i = 0; i < width; ++i) to[i] = pair(first[i], second[i]);
#endif
  }

 private:
#ifndef TARTAN_BFLOAT16_PAIRS
  static Packet<float> by_lane(auto&& f, const Packet<float>& a, const Packet<float>& b,
                               const Packet<float>& c) {
    std::array<float, std::size_t(width)> x, y, z;
    store(x.data(), a);
    store(y.data(), b);
    store(z.data(), c);
    for (std::size_t i = 0; i < x.size(); ++i) z[i] = f(x[i], y[i], z[i]);
    return load(z.data());
  }
#endif
};

}  // namespace tartan::detail::inline TARTAN_ISA::simd

#if EIGEN_COMP_GNUC
#pragma GCC diagnostic pop
#endif

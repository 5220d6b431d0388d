// Turning pairs of numbers, as they lie in memory. Layer: rotary.
#pragma once

#include <type_traits>

#include "../attention/scalars.hpp"  // Computed
#include "../lattice/index.hpp"
#include "../simd/packet.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Numbers that are turned at a time where they are not turned in place.
inline constexpr Index rotary_chunk = 64;

/// a, b = a * cos - b * sin, a * sin + b * cos.
template <class T>
void rotate_pairs(T* a, T* b, const T* cos, const T* sin, Index count) {
  using P = simd::Packet<T>;
  constexpr int W = simd::width<T>;
  Index x = 0;
  for (; x + W <= count; x += W) {
    const P u = simd::load(a + x), v = simd::load(b + x);
    const P c = simd::load(cos + x), s = simd::load(sin + x);
    simd::store(a + x, simd::psub(simd::pmul(u, c), simd::pmul(v, s)));
    simd::store(b + x, simd::pmadd(u, s, simd::pmul(v, c)));
  }
  for (; x < count; ++x) {
    const T u = a[x], v = b[x];
    a[x] = u * cos[x] - v * sin[x];
    b[x] = u * sin[x] + v * cos[x];
  }
}

/// rotate_pairs for neighbours: z[2x], z[2x + 1] are a pair, turn[2x] its cosine, turn[2x + 1] its
/// sine. Complex numbers, multiplied.
template <class T>
void rotate_neighbours(T* z, const T* turn, Index count) {
  constexpr int W = simd::width<T>;
  Index x = 0;
  if constexpr (simd::has_complex_product<T>) {
    for (; x + W <= 2 * count; x += W) {
      simd::store(z + x, simd::complex_product<T>(simd::load(z + x), simd::load(turn + x)));
    }
  }
  for (; x < 2 * count; x += 2) {
    const T u = z[x], v = z[x + 1];
    z[x] = u * turn[x] - v * turn[x + 1];
    z[x + 1] = u * turn[x + 1] + v * turn[x];
  }
}

/// `count` numbers of a matrix, `stride` apart, in the type that they are turned in, and back.
template <class T>
class RotaryRun {
 public:
  using Scalar = Computed<T>;

  RotaryRun(T* data, Index stride, Index count) : data_(data), stride_(stride), count_(count) {
    if (stride == 1) {
      buffer(count) = Eigen::Map<Eigen::Array<T, Dynamic, 1>>(data, count).template cast<Scalar>();
    } else {
      for (Index x = 0; x < count; ++x) buffer_[x] = static_cast<Scalar>(data[x * stride]);
    }
  }

  Scalar* numbers() { return buffer_; }

  void write_back() {
    if (stride_ == 1) {
      Eigen::Map<Eigen::Array<T, Dynamic, 1>>(data_, count_) = buffer(count_).template cast<T>();
    } else {
      for (Index x = 0; x < count_; ++x) data_[x * stride_] = static_cast<T>(buffer_[x]);
    }
  }

 private:
  Eigen::Map<Eigen::Array<Scalar, Dynamic, 1>> buffer(Index count) { return {buffer_, count}; }

  T* data_;
  Index stride_;
  Index count_;
  Scalar buffer_[2 * rotary_chunk];
};

/// rotate_pairs for numbers of any type, `stride` apart.
template <class T>
void rotate_runs(T* a, T* b, Index stride, const Computed<T>* cos, const Computed<T>* sin,
                 Index count) {
  if constexpr (std::is_same_v<T, Computed<T>>) {
    if (stride == 1) return rotate_pairs(a, b, cos, sin, count);
  }
  for (Index x = 0; x < count; x += rotary_chunk) {
    const Index size = min(rotary_chunk, count - x);
    RotaryRun<T> u(a + x * stride, stride, size), v(b + x * stride, stride, size);
    rotate_pairs(u.numbers(), v.numbers(), cos + x, sin + x, size);
    u.write_back();
    v.write_back();
  }
}

/// rotate_neighbours for numbers of any type.
template <class T>
void rotate_neighbour_runs(T* z, const Computed<T>* turn, Index count) {
  if constexpr (std::is_same_v<T, Computed<T>>) {
    rotate_neighbours(z, turn, count);
  } else {
    for (Index x = 0; x < count; x += rotary_chunk) {
      const Index size = min(rotary_chunk, count - x);
      RotaryRun<T> pairs(z + 2 * x, 1, 2 * size);
      rotate_neighbours(pairs.numbers(), turn + 2 * x, size);
      pairs.write_back();
    }
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

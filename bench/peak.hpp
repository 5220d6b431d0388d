// The ceiling that all figures are held against: what one core reaches on multiply-adds that never
// leave the registers, and how fast it reads memory. Part of the benchmark.
#pragma once

#include <Eigen/Core>
#include <utility>

#include "problem.hpp"

namespace bench {

/// `sizeof...(I)` independent accumulators, `rounds` multiply-adds each. Returns a value that
/// depends on all of them. The accumulators live in registers: the loop has no loads.
template <class T, std::size_t... I>
[[gnu::noinline]] T multiply_adds(Index rounds, T factor, T addend, std::index_sequence<I...>) {
  namespace ei = Eigen::internal;
  using Packet = typename ei::packet_traits<T>::type;
  const Packet b = ei::pset1<Packet>(factor);
  const Packet c = ei::pset1<Packet>(addend);
  Packet a[] = {ei::pset1<Packet>(T(I))...};
  for (Index r = 0; r < rounds; ++r) {
#ifdef EIGEN_HAS_SINGLE_INSTRUCTION_MADD
    ((a[I] = ei::pmadd(b, c, a[I])), ...);  // accumulates in place, as a kernel does
#else
    ((a[I] = ei::pmadd(a[I], b, c)), ...);  // in place, b * c would be taken out of the loop
#endif
  }
  return (ei::predux(a[I]) + ...);
}

/// The multiply-adds of one run: `accumulators` chains hide the latency of two to four units;
/// 12 fit into 16 registers, 20 into 32. The report takes the faster.
template <class T, std::size_t accumulators>
struct FmaPeak {
  static constexpr Index rounds = 1 << 18;
  static constexpr double flops() {
    constexpr int lanes = Eigen::internal::packet_traits<T>::size;
    return 2.0 * rounds * accumulators * lanes;
  }
  static T run() {
    return multiply_adds<T>(rounds, T(0.5), T(1), std::make_index_sequence<accumulators>{});
  }
};

/// Reading 128 MiB in order, more than most caches hold.
class MemoryRead {
 public:
  MemoryRead() : numbers_(Eigen::ArrayXf::Ones(Index{1} << 25)) {}
  double bytes() const { return static_cast<double>(numbers_.size()) * sizeof(float); }
  float run() const { return numbers_.maxCoeff(); }

 private:
  Eigen::ArrayXf numbers_;
};

}  // namespace bench

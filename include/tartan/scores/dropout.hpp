// Dropout: some of the attention weights left out, by chance. Layer: scores.
#pragma once

#include <cstdint>

#include "score_run.hpp"

namespace tartan::inline TARTAN_ISA {

/// Attention dropout: each weight is 0 with this probability, else 1 / (1 - probability) times what
/// it was; after the softmax, which the log-sum-exp does not see. Whether a pair is left out is a
/// hash of the seed and its place alone: the same in the backward pass, for any number of threads,
/// any machine and any scalar type.
struct Dropout {
  double probability = 0;  ///< in [0, 1); 0: none
  std::uint64_t seed = 0;  ///< another for each step of training and each layer

  explicit operator bool() const { return probability > 0; }

  /// False where the pair is left out. i, j: positions, of which the keys' lowest 32 bits count.
  /// sequence: its number in a batch.
  bool keeps(Index i, Index j, Index head = 0, Index sequence = 0) const {
    return hash(row_keys(i, head, sequence), static_cast<std::uint32_t>(j)) >= limit();
  }
  /// What the weights that stay are multiplied by.
  double factor() const { return 1 / (1 - probability); }

  /// Puts dropout to work on a run of weights.
  template <class T>
  void drop(const detail::ScoreRun<T>& run, Index sequence) const {
    constexpr int W = detail::simd::width<T>;
    std::uint32_t a[std::size_t(W)], b[std::size_t(W)], key[std::size_t(W)];
    for (Index l = 0; l < W; ++l) {
      const RowKeys keys = row_keys(run.i + l * run.i_step, run.head, sequence);
      a[l] = keys.first;
      b[l] = keys.second;
      key[l] = static_cast<std::uint32_t>(run.j + l * run.j_lane);
    }
    const std::uint32_t least = limit();
    const auto step = static_cast<std::uint32_t>(run.j_step);
    const auto wrap = static_cast<std::uint32_t>(run.wrap);
    const T stays = static_cast<T>(factor());
    for (Index e = 0; e < run.count; ++e) {
      T* weights = run.s + e * run.stride;
      for (Index l = 0; l < W; ++l) {
        const std::uint32_t h = hash({a[l], b[l]}, key[l] + (l > e ? wrap : 0));
        weights[l] = h >= least ? weights[l] * stays : T(0);
        key[l] += step;
      }
    }
  }

 private:
  struct RowKeys {
    std::uint32_t first, second;
  };

  /// A row's own two keys, by the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
  RowKeys row_keys(Index i, Index head, Index sequence) const {
    std::uint64_t x = seed;
    for (const Index part : {sequence, head, i}) {
      x += static_cast<std::uint64_t>(part) * 0x9e3779b97f4a7c15u + 0x9e3779b97f4a7c15u;
      x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
      x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
      x ^= x >> 31;
    }
    return {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(x >> 32)};
  }

  /// A bijective mix of 32 bits (lowbias32, found by the search of hash-prospector).
  static std::uint32_t mix(std::uint32_t x) {
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
  }
  static std::uint32_t hash(const RowKeys& row, std::uint32_t j) {
    return mix(mix(j + row.first) ^ row.second);
  }

  /// Hashes below it are left out.
  std::uint32_t limit() const { return static_cast<std::uint32_t>(probability * 0x1p32); }
};

}  // namespace tartan::inline TARTAN_ISA

// Random blocks from a seed, the same on every platform. Layer: layouts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "../lattice/index.hpp"

namespace tartan::detail {

/// Draws without replacement, for one head. std::mt19937_64 and std::seed_seq are the same in each
/// standard library; std::uniform_int_distribution and std::sample are not.
class RandomBlocks {
 public:
  RandomBlocks(std::uint64_t seed, Index head) {
    const auto h = static_cast<std::uint64_t>(head);
    std::seed_seq words{low(seed), low(seed >> 32), low(h), low(h >> 32)};
    engine_.seed(words);
  }

  /// `count` different numbers of [0, population), ascending; all of them where there are no more.
  /// Each choice is as likely as any other, to population / 2^64. Takes count^2 steps at most (R.
  /// W. Floyd, Communications of the ACM 30(9), 1987).
  std::vector<Index> draw(Index count, Index population) {
    std::vector<Index> drawn;
    for (Index top = population > count ? population - count : 0; top < population; ++top) {
      const auto x = static_cast<Index>(engine_() % static_cast<std::uint64_t>(top + 1));
      const auto at = std::lower_bound(drawn.begin(), drawn.end(), x);
      if (at == drawn.end() || *at != x) {
        drawn.insert(at, x);
      } else {
        drawn.push_back(top);  // above all that are drawn
      }
    }
    return drawn;
  }

 private:
  static constexpr std::uint32_t low(std::uint64_t bits) {
    return static_cast<std::uint32_t>(bits & 0xffffffffu);
  }

  std::mt19937_64 engine_;
};

}  // namespace tartan::detail

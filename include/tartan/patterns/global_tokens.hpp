// GlobalTokens: positions that see all keys, and that all queries see. Layer: patterns.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// i < G or j < G: the global tokens of Longformer (arXiv 2004.05150), at the sequence's start.
/// GlobalTokens<>::at({0, 7, 9}), with positions given at run time: i or j is one of them.
/// `GlobalTokens<1>`:
///
///     ■ ■ ■ ■ ■
///     ■ □ □ □ □
///     ■ □ □ □ □
///     ■ □ □ □ □
///     ■ □ □ □ □
template <Index G = Dynamic>
class GlobalTokens {
  static_assert(G >= 0, "tartan: GlobalTokens<G>: G must be >= 0 (the number of global tokens)");

 public:
  static constexpr Index static_tokens = G;

  constexpr GlobalTokens() = default;
  /// Throws std::invalid_argument where the value is not the static one.
  constexpr explicit GlobalTokens(Index tokens) {
    detail::Parameter<G>(tokens, 0, "GlobalTokens: tokens");
  }

  constexpr bool contains(Index i, Index j) const { return (i >= 0 && i < G) || j < G; }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), Lattice::range(0, G)});
    visit(Band{Lattice::range(0, G), Lattice::range(G, extent.key_end)});
  }
};

template <>
class GlobalTokens<Dynamic> {
 public:
  static constexpr Index static_tokens = Dynamic;

  /// The first `tokens` positions. Throws std::invalid_argument where `tokens` is negative.
  explicit GlobalTokens(Index tokens) {
    detail::Parameter<Dynamic>(tokens, 0, "GlobalTokens: tokens");
    runs_ = std::make_shared<std::vector<Run>>(tokens > 0 ? 1 : 0, Run{0, tokens});
  }
  /// These positions, in any order. Throws std::invalid_argument where one is negative or beyond
  /// 2^60.
  static GlobalTokens at(std::vector<Index> positions) {
    std::sort(positions.begin(), positions.end());
    std::vector<Run> runs;
    for (const Index p : positions) {
      detail::Parameter<Dynamic>(p, 0, "GlobalTokens: a position", detail::largest_position);
      if (runs.empty() || runs.back().end < p) {
        runs.push_back({p, p + 1});
      } else {
        runs.back().end = p + 1;
      }
    }
    GlobalTokens tokens(0);
    tokens.runs_ = std::make_shared<std::vector<Run>>(std::move(runs));
    return tokens;
  }

  bool contains(Index i, Index j) const { return is_global(i) || is_global(j); }

  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    for (const Run& run : *runs_) visit(Band{extent.rows(), Lattice::range(run.begin, run.end)});
    for (const Run& run : *runs_) {
      const Lattice rows = Lattice::range(run.begin, run.end);
      if (run.end <= extent.row_begin || extent.row_end <= run.begin) continue;
      Index begin = 0;
      for (const Run& other : *runs_) {
        visit(Band{rows, Lattice::range(begin, other.begin)});
        begin = other.end;
      }
      visit(Band{rows, Lattice::range(begin, extent.key_end)});
    }
  }

 private:
  /// Neighbouring positions [begin, end).
  struct Run {
    Index begin, end;
  };

  bool is_global(Index p) const {
    const auto after = std::upper_bound(runs_->begin(), runs_->end(), p,
                                        [](Index x, const Run& run) { return x < run.begin; });
    return after != runs_->begin() && p < std::prev(after)->end;
  }

  std::shared_ptr<const std::vector<Run>> runs_;  // shared: filters copy patterns
};

GlobalTokens(Index)->GlobalTokens<Dynamic>;

}  // namespace tartan

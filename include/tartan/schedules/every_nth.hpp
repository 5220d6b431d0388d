// EveryNth: one pattern in every n-th layer, another in all others. Layer: schedules.
#pragma once

#include "../patterns/parameter.hpp"
#include "schedule.hpp"

namespace tartan {

/// Layers n - 1, 2 n - 1, 3 n - 1, ... (the n-th, when counted from 1) have the pattern Nth, all
/// others the pattern Usual: Phi-3-small has dense attention in every second layer
/// (arXiv 2404.14219).
///
///     constexpr EveryNth layers{4, Causal{}, Causal{} & Local<512>{}};
template <Pattern Nth, Pattern Usual>
class EveryNth {
 public:
  /// Throws std::invalid_argument where n is below 1.
  constexpr EveryNth(Index n, const Nth& nth, const Usual& usual)
      : n_(n, 1, "EveryNth: n"), nth_(nth), usual_(usual) {}

  constexpr Index n() const { return n_.value(); }

  template <class Visit>
  constexpr decltype(auto) with_pattern(Index which, Visit&& visit) const {
    if (which % n() == n() - 1) return visit(nth_);
    return visit(usual_);
  }

 private:
  detail::Parameter<Dynamic> n_;
  [[no_unique_address]] Nth nth_;
  [[no_unique_address]] Usual usual_;
};

}  // namespace tartan

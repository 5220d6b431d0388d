// Derivatives of modifiers: how much a modified score changes with what came in, and with the
// numbers that a modifier holds. Layer: scores.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "modify.hpp"

namespace tartan {

/// What the loss changes by with the numbers that each modifier of a Score holds: a matrix for each
/// modifier, shaped as its numbers are, and 0×0 for one that has none.
using ScoreGradients = std::vector<Eigen::MatrixXd>;

}  // namespace tartan

namespace tartan::detail::inline TARTAN_ISA {

/// A modifier whose slope is 1: it adds something to the score that does not depend on it.
template <class F>
concept AddsToScores = F::adds_to_scores;
/// A callable that comes with its derivative with respect to the score.
template <class F, class T>
concept HasDerivative = requires(const F& f, const ScoreArray<T>& s) {
  { f.derivative(s, s, s) } -> std::convertible_to<ScoreArray<T>>;
};
template <class F, class T>
concept HasDerivativeByHead = requires(const F& f, const ScoreArray<T>& s) {
  { f.derivative(s, s, s, Index{}) } -> std::convertible_to<ScoreArray<T>>;
};

/// The slope of a callable that does not say it: four differences, in double, over steps of 2^-10
/// (of 2^-20 of the score, where that is more), whose error is about 1e-12 of its values where it
/// is smooth over such steps. Where they are not finite, much shorter steps are tried; 0 where none
/// will do, as of pairs masked out.
template <class F>
ScoreArray<double> measured_slope(const F& f, const ScoreArray<double>& s,
                                  const ScorePlace<double>& place) {
  const CallableOn<double, F> on{f};
  const auto slope_over = [&](double step) {
    const ScoreArray<double> h = (s.abs() * 0x1p-10).max(1.0) * step;
    const auto difference = [&](double steps) -> ScoreArray<double> {
      const ScoreArray<double> above = s + steps * h, below = s - steps * h;
      const ScoreArray<double> high = on.at(above, place), low = on.at(below, place);
      return (high - low) / (above - below);
    };
    return ScoreArray<double>((4.0 * difference(1) - difference(2)) / 3.0);
  };
  const auto all_finite = [](const ScoreArray<double>& x) {
    return std::none_of(x.begin(), x.end(), [](double y) { return simd::not_finite(y); });
  };
  ScoreArray<double> slope = slope_over(0x1p-10);
  for (const double step : {0x1p-20, 0x1p-30}) {
    if (all_finite(slope)) return slope;
    const ScoreArray<double> shorter = slope_over(step);
    for (Index l = 0; l < slope.size(); ++l) {
      if (simd::not_finite(slope(l))) slope(l) = shorter(l);
    }
  }
  for (double& x : slope) x = simd::not_finite(x) ? 0.0 : x;
  return slope;
}

/// The slope of modifier `f` at scores s, which it turned into `after`.
template <class T, class F>
ScoreArray<T> slope_of(const F& f, const ScoreArray<T>& s, const ScoreArray<T>& after,
                       const ScorePlace<T>& place) {
  if constexpr (AddsToScores<F>) {
    return ScoreArray<T>::Ones();
  } else if constexpr (ModifiesScoresAt<F, T>) {
    return f.slope(s, after);
  } else if constexpr (HasDerivative<F, T>) {
    return f.derivative(s, place.i, place.j);
  } else if constexpr (HasDerivativeByHead<F, T>) {
    return f.derivative(s, place.i, place.j, place.head);
  } else if constexpr (std::is_same_v<T, double>) {
    return measured_slope(f, s, place);
  } else {
    constexpr int wide = simd::width<double>, parts = simd::width<T> / wide;
    static_assert(parts * wide == simd::width<T>);
    ScoreArray<T> slope;
    const auto part = [&](const ScoreArray<T>& x, int p) -> ScoreArray<double> {
      return x.template segment<wide>(p * wide).template cast<double>();
    };
    for (int p = 0; p < parts; ++p) {
      const ScorePlace<double> here{part(place.i, p), part(place.j, p), part(place.distance, p),
                                    place.head, place.vector};
      slope.template segment<wide>(p * wide) =
          measured_slope(f, part(s, p), here).template cast<T>();
    }
    return slope;
  }
}

/// What each modifier of a chain makes of a vector of scores, from the scores that come in on; and
/// the chain's slopes: how much the last changes with each.
template <class T, std::size_t N>
struct ScoreChain {
  ScoreArray<T> scores[N + 1];
  ScoreArray<T> slopes[N + 1];
};

/// Puts the vectors of a run without wrapped keys through the modifiers, and calls
/// visit(chain, e) with each vector e.
template <class T, class Visit, class... F>
void follow(const ScoreRun<T>& run, const std::tuple<F...>& modifiers, Visit&& visit) {
  constexpr std::size_t N = sizeof...(F);
  for (Index e = 0; e < run.count; ++e) {
    ScoreRun<T> one = run;
    one.s += e * run.stride;
    one.j += e * run.j_step;
    one.count = 1;
    const ScorePlace<T> at = first_place(one);
    ScoreChain<T, N> chain;
    chain.scores[0] = Eigen::Map<const ScoreArray<T>>(one.s);
    const auto step = [&]<std::size_t X>(std::integral_constant<std::size_t, X>) {
      const auto& f = std::get<X>(modifiers);
      const OnRun<T, std::tuple_element_t<X, std::tuple<F...>>> on = bind<T>(f, one);
      chain.scores[X + 1] = on.at(chain.scores[X], at);
      chain.slopes[X] = slope_of<T>(f, chain.scores[X], chain.scores[X + 1], at);
    };
    [&]<std::size_t... X>(std::index_sequence<X...>) {
      (step(std::integral_constant<std::size_t, X>{}), ...);
    }
    (std::index_sequence_for<F...>{});
    chain.slopes[N] = ScoreArray<T>::Ones();
    for (std::size_t x = N; x-- > 0;) chain.slopes[x] *= chain.slopes[x + 1];
    visit(chain, e);
  }
}

/// As modify(); and into `slopes`, as the scores lie, how much each changes with what came in.
template <class T, class... F>
void differentiate(const ScoreRun<T>& run, T* slopes, const std::tuple<F...>& modifiers) {
  constexpr std::size_t N = sizeof...(F);
  follow<T>(run, modifiers, [&](const ScoreChain<T, N>& chain, Index e) {
    Eigen::Map<ScoreArray<T>>(run.s + e * run.stride) = chain.scores[N] * std::numbers::log2e_v<T>;
    Eigen::Map<ScoreArray<T>>(slopes + e * run.stride) = chain.slopes[0];
  });
}

/// A modifier with numbers that can be learned: add_gradient adds to theirs what a pair's modified
/// score changes the loss by.
template <class F>
concept HasNumbers = requires(const F& f, Eigen::MatrixXd& into) {
  { f.number_shape() } -> std::convertible_to<std::pair<Index, Index>>;
  f.add_gradient(into, Index{}, Index{}, Index{}, double{});
};

template <class F>
std::pair<Index, Index> number_shape(const F& f) {
  if constexpr (HasNumbers<F>) {
    return f.number_shape();
  } else {
    return {0, 0};
  }
}

/// Adds to the gradients of each modifier's numbers, of the first `lanes` lanes of a run whose
/// modified scores change the loss by `gradients`.
template <class T, class... F>
void collect(const ScoreRun<T>& run, const T* gradients, Index lanes,
             const std::tuple<F...>& modifiers, ScoreGradients& into) {
  constexpr std::size_t N = sizeof...(F);
  if constexpr (!(HasNumbers<F> || ...)) return;
  follow<T>(run, modifiers, [&](const ScoreChain<T, N>& chain, Index e) {
    const auto add = [&]<std::size_t X>(std::integral_constant<std::size_t, X>) {
      const auto& f = std::get<X>(modifiers);
      if constexpr (HasNumbers<std::tuple_element_t<X, std::tuple<F...>>>) {
        for (Index l = 0; l < lanes; ++l) {
          const T gradient = gradients[e * run.stride + l];
          if (gradient == T(0)) continue;  // not attended, perhaps: may be beyond what f holds
          f.add_gradient(into[X], run.i + l * run.i_step, run.j + l * run.j_lane + e * run.j_step,
                         run.head, double(gradient) * double(chain.slopes[X + 1](l)));
        }
      }
    };
    [&]<std::size_t... X>(std::index_sequence<X...>) {
      (add(std::integral_constant<std::size_t, X>{}), ...);
    }
    (std::index_sequence_for<F...>{});
  });
}

}  // namespace tartan::detail::inline TARTAN_ISA

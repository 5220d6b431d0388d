// Modifiers put to work on runs of scores. Layer: scores.
#pragma once

#include <algorithm>
#include <concepts>
#include <numbers>
#include <tuple>
#include <utility>

#include "score_run.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// A modifier of this library: on(run) is what the loop over a run is to have at hand, and its
/// at(s, place) modifies a vector.
template <class F, class T>
concept ModifiesScoresAt = requires(const F& f, const ScoreRun<T>& run, const ScoreArray<T>& s,
                                    const ScorePlace<T>& at) {
  { f.on(run).at(s, at) } -> std::convertible_to<ScoreArray<T>>;
};
template <class F, class T>
concept ModifiesScoresByHead = requires(const F& f, const ScoreArray<T>& s) {
  { f(s, s, s, Index{}) } -> std::convertible_to<ScoreArray<T>>;
};
template <class F, class T>
concept ModifiesScores = requires(const F& f, const ScoreArray<T>& s) {
  { f(s, s, s) } -> std::convertible_to<ScoreArray<T>>;
};
template <class F, class T>
concept ScoreModifierOf =
    ModifiesScoresAt<F, T> || ModifiesScoresByHead<F, T> || ModifiesScores<F, T>;

/// A callable, as a modifier of this library is.
template <class T, class F>
struct CallableOn {
  const F& f;

  ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>& place) const {
    if constexpr (ModifiesScoresByHead<F, T>) {
      return f(s, place.i, place.j, place.head);
    } else {
      return f(s, place.i, place.j);
    }
  }
};

/// What `f` has at hand in a run.
template <class T, class F>
auto bind(const F& f, const ScoreRun<T>& run) {
  if constexpr (ModifiesScoresAt<F, T>) {
    return f.on(run);
  } else {
    return CallableOn<T, F>{f};
  }
}
template <class T, class F>
using OnRun = decltype(bind<T, F>(std::declval<const F&>(), std::declval<const ScoreRun<T>&>()));

/// Becomes that where it is to stay: it may hold many numbers.
template <class T, class F>
struct ToBind {
  const F& f;
  const ScoreRun<T>& run;
  operator OnRun<T, F>() const { return bind<T, F>(f, run); }
};

/// The pairs of a run's first vector.
template <class T>
ScorePlace<T> first_place(const ScoreRun<T>& run) {
  const auto lane = ScoreArray<T>::LinSpaced(T(0), static_cast<T>(simd::width<T> - 1)).eval();
  const auto from = [&](Index first, Index step) -> ScoreArray<T> {
    return static_cast<T>(first) + static_cast<T>(step) * lane;
  };
  return {from(run.i, run.i_step), from(run.j, run.j_lane),
          from(run.i - run.j, run.i_step - run.j_lane), run.head, 0};
}

/// Puts `modifiers` to work on a run without wrapped keys, of at most ScoreRun::most vectors.
template <class T, class... F>
void modify_some(const ScoreRun<T>& run, const std::tuple<F...>& modifiers) {
  const auto here = std::apply(
      [&](const F&... f) {
        return std::tuple<OnRun<T, F>...>(ToBind<T, F>{f, run}...);
      },
      modifiers);
  ScorePlace<T> at = first_place(run);
  const auto step = static_cast<T>(run.j_step);
  T* place = run.s;
  for (const Index count = run.count, stride = run.stride; at.vector < count; ++at.vector) {
    ScoreArray<T> s = Eigen::Map<ScoreArray<T>>(place);
    std::apply([&](const auto&... f) { ((s = f.at(s, at)), ...); }, here);
    Eigen::Map<ScoreArray<T>>{place} = s * std::numbers::log2e_v<T>;
    at.j += step;
    at.distance -= step;
    place += stride;
  }
}

/// Puts `modifiers` to work on a run, one after the other; what comes out is in base 2.
template <class T, class... F>
void modify(ScoreRun<T> run, const std::tuple<F...>& modifiers) {
  constexpr Index W = simd::width<T>;
  if (run.wrap != 0) {  // at most as many vectors as lanes: both near and far, then what is right
    T far[std::size_t(W * W)];
    ScoreRun<T> of_far{far,        W,          run.count, run.i, run.i_step, run.j + run.wrap,
                       run.j_lane, run.j_step, run.head};
    for (Index e = 0; e < run.count; ++e)
      simd::store(far + e * W, simd::load(run.s + e * run.stride));
    modify_some(of_far, modifiers);
    modify_some(run, modifiers);
    for (Index e = 0; e < run.count; ++e) {
      T* near = run.s + e * run.stride;
      simd::store(near, simd::select(simd::lanes_up_to<T>(static_cast<T>(e)), simd::load(near),
                                     simd::load(far + e * W)));
    }
    return;
  }
  for (Index left = run.count; left > 0; left -= run.count) {
    run.count = std::min(left, ScoreRun<T>::most);
    modify_some(run, modifiers);
    run.s += run.count * run.stride;
    run.j += run.count * run.j_step;
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

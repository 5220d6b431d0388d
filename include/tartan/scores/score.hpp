// Score modifiers: what is done to the scaled scores before the softmax. Layer: scores.
#pragma once

#include <memory>
#include <numbers>
#include <tuple>
#include <type_traits>

#include "../lattice/band.hpp"
#include "../simd/packet.hpp"

namespace tartan::inline TARTAN_ISA {

/// A vector of scores, or of numbers that belong to them.
template <class T>
using ScoreArray = Eigen::Array<T, detail::simd::width<T>, 1>;

/// The pairs of a vector of scores.
template <class T>
struct ScorePlace {
  ScoreArray<T> i, j;      ///< positions of queries and keys; as T, a float is exact up to 2^24
  ScoreArray<T> distance;  ///< i - j; rounded once
  Index head;              ///< which query head

  // For tables, which are read where the pairs lie:
  const Index* rows;  ///< i of each lane
  const Index* keys;  ///< j of each lane, but for what key() adds
  Index key_shift;
  Index near_lanes;  ///< lanes from here on have keys that are `wrap` further
  Index wrap;
  bool one_key;    ///< all lanes have the same j, and i ascends by 1
  bool one_query;  ///< all lanes have the same i, and j ascends by 1

  Index key(Index lane) const { return keys[lane] + key_shift + (lane < near_lanes ? 0 : wrap); }
};

}  // namespace tartan::inline TARTAN_ISA

namespace tartan::detail::inline TARTAN_ISA {

template <class F, class T>
concept ModifiesScoresAt = requires(const F& f, const ScoreArray<T>& s, const ScorePlace<T>& at) {
  { f.at(s, at) } -> std::convertible_to<ScoreArray<T>>;
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

/// Scores that stand `stride` apart, a vector of them at each place: vector e holds those of the
/// queries i[lane] and the keys j[lane] + e * j_step.
template <class T>
struct ScoreRun {
  T* s;
  Index stride;
  Index count;
  const Index* i;  ///< one a lane
  const Index* j;  ///< one a lane
  Index j_step;
  Index head;
  Index wrap = 0;  ///< in vector e the keys of the lanes beyond e are so much further
};

template <class T, class F>
ScoreArray<T> modified(const F& f, const ScoreArray<T>& s, const ScorePlace<T>& at) {
  if constexpr (ModifiesScoresAt<F, T>) {
    return f.at(s, at);
  } else if constexpr (ModifiesScoresByHead<F, T>) {
    return f(s, at.i, at.j, at.head);
  } else {
    return f(s, at.i, at.j);
  }
}

/// Puts `modifiers` to work on a run, one after the other; what comes out is in base 2.
template <class T, class... F>
void modify(const ScoreRun<T>& run, const std::tuple<F...>& modifiers) {
  constexpr Index W = simd::width<T>;
  ScorePlace<T> at{{}, {}, {}, run.head, run.i, run.j, 0, W, run.wrap, false, false};
  bool same_key = true, same_query = true, next_key = true, next_query = true;
  for (Index l = 0; l < W; ++l) {
    at.i(l) = static_cast<T>(run.i[l]);
    at.j(l) = static_cast<T>(run.j[l]);
    at.distance(l) = static_cast<T>(run.i[l] - run.j[l]);
    same_key &= run.j[l] == run.j[0];
    same_query &= run.i[l] == run.i[0];
    next_key &= run.j[l] == run.j[0] + l;
    next_query &= run.i[l] == run.i[0] + l;
  }
  at.one_key = same_key && next_query && run.wrap == 0;
  at.one_query = same_query && next_key && run.wrap == 0;
  const auto step = static_cast<T>(run.j_step);
  const auto modify_vector = [&](Index e) {
    Eigen::Map<ScoreArray<T>> place(run.s + e * run.stride);
    ScoreArray<T> s = place;
    std::apply([&](const F&... f) { ((s = modified<T>(f, s, at)), ...); }, modifiers);
    place = s * std::numbers::log2e_v<T>;
  };
  if (run.wrap == 0) {
    for (Index e = 0; e < run.count; ++e) {
      modify_vector(e);
      at.j += step;
      at.distance -= step;
      at.key_shift += run.j_step;
    }
    return;
  }
  const auto near = simd::broadcast(T(0)), far = simd::broadcast(static_cast<T>(run.wrap));
  const ScoreArray<T> near_j = at.j, near_distance = at.distance;
  for (Index e = 0; e < run.count; ++e) {
    ScoreArray<T> on;
    simd::store(on.data(), simd::select(simd::lanes_up_to<T>(static_cast<T>(e)), near, far));
    on += static_cast<T>(e) * step;
    at.j = near_j + on;
    at.distance = near_distance - on;
    at.near_lanes = e + 1;
    modify_vector(e);
    at.key_shift += run.j_step;
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

namespace tartan::inline TARTAN_ISA {

template <class F>
concept ScoreModifier = std::copy_constructible<F> && detail::ScoreModifierOf<F, float> &&
    detail::ScoreModifierOf<F, double>;

/// What is done to each scaled score scale * q_i · k_j before the softmax: nothing, or modifiers,
/// one after the other. A modifier is Softcap, Alibi, RelativeBias, ScoreBias, or anything callable
/// as f(s, i, j), or f(s, i, j, head), with vectors: `s` scores, `i` and `j` the positions of their
/// queries and keys, each a ScoreArray<T> (an Eigen array) of T = float and of T = double. It
/// returns the new scores as an array, or as an expression of its arguments.
///
///     Options{.score = {Softcap{50}, [](const auto& s, const auto& i, const auto& j) {
///       return s - 0.01f * (i - j).abs().sqrt();
///     }}};
class Score {
 public:
  Score() = default;
  template <class... F>
  requires(sizeof...(F) > 0 && (!std::same_as<F, Score> && ...)) Score(F... modifiers)
      : work_(std::make_shared<const Of<F...>>(std::move(modifiers)...)) {
    static_assert((ScoreModifier<F> && ...),
                  "tartan: Score: a modifier must be callable as f(s, i, j) or f(s, i, j, head) "
                  "with ScoreArray<float> and with ScoreArray<double>, and return such an array");
  }

  /// True where there is a modifier.
  explicit operator bool() const { return work_ != nullptr; }

  /// The modified score of one pair, by itself. Precondition: there is a modifier.
  double operator()(double s, Index i, Index j, Index head = 0) const {
    constexpr std::size_t W = detail::simd::width<double>;
    double lanes[W];
    Index rows[W], keys[W];
    std::fill_n(lanes, W, s);
    std::fill_n(rows, W, i);
    std::fill_n(keys, W, j);
    modify(detail::ScoreRun<double>{lanes, 0, 1, rows, keys, 0, head});
    return lanes[0] * std::numbers::ln2;
  }

  /// Modifies a run of scores, and takes them to base 2. Precondition: there is a modifier.
  void modify(const detail::ScoreRun<float>& run) const { work_->modify(run); }
  void modify(const detail::ScoreRun<double>& run) const { work_->modify(run); }

  /// Throws std::invalid_argument where a modifier does not hold what the rows, keys or heads need.
  void check(const Extent& extent, Index heads) const {
    if (work_) work_->check(extent, heads);
  }

 private:
  struct Work {
    virtual ~Work() = default;
    virtual void modify(const detail::ScoreRun<float>& run) const = 0;
    virtual void modify(const detail::ScoreRun<double>& run) const = 0;
    virtual void check(const Extent& extent, Index heads) const = 0;
  };

  template <class... F>
  struct Of final : Work {
    explicit Of(F... f) : modifiers(std::move(f)...) {}
    void modify(const detail::ScoreRun<float>& run) const override {
      detail::modify(run, modifiers);
    }
    void modify(const detail::ScoreRun<double>& run) const override {
      detail::modify(run, modifiers);
    }
    void check(const Extent& extent, Index heads) const override {
      const auto one = [&](const auto& f) {
        if constexpr (requires { f.check(extent, heads); }) f.check(extent, heads);
      };
      std::apply([&](const F&... f) { (one(f), ...); }, modifiers);
    }
    std::tuple<F...> modifiers;
  };

  std::shared_ptr<const Work> work_;
};

}  // namespace tartan::inline TARTAN_ISA

// Score modifiers: what is done to the scaled scores before the softmax. Layer: scores.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <numbers>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../kernel/ahead.hpp"
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
  ScoreArray<T> distance;  ///< i - j; exact up to 2^24, wherever the two are
  Index head;              ///< which query head
  Index vector;            ///< which one of a run it is
};

}  // namespace tartan::inline TARTAN_ISA

namespace tartan::detail::inline TARTAN_ISA {

/// Scores that stand `stride` apart, a vector of them at each place: in vector e, lane l is that of
/// the query i + l * i_step and the key j + l * j_lane + e * j_step.
template <class T>
struct ScoreRun {
  T* s;
  Index stride;
  Index count;
  Index i, i_step;
  Index j, j_lane, j_step;
  Index head;
  Index wrap = 0;  ///< in vector e the keys of the lanes beyond e are so much further

  static constexpr Index most = 32;  ///< vectors of a run that a modifier is given, and numbers
  static constexpr Index numbers = most * simd::width<T>;  ///< in them
};

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

/// Adds numbers to a run's scores; those of a vector stand beside each other. Where `Any`, they may
/// be -infinity, or the lowest number, as masks have it: times log2(e) it is to stay above that.
template <class T, bool Any = false>
struct AddNumbers {
  const T* there = nullptr;  ///< null: they are in `copied`
  Index first = 0;           ///< where the first vector's are
  Index move = 0;            ///< from there to the next vector's
  T copied[std::size_t(ScoreRun<T>::numbers)];

  ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>& place) const {
    const T* numbers = (there ? there : copied) + first + place.vector * move;
    if constexpr (Any) {
      const auto sum = simd::padd(simd::load(s.data()), simd::load(numbers));
      const auto low = simd::broadcast(T(0.6) * std::numeric_limits<T>::lowest());
      const auto none = simd::broadcast(std::numeric_limits<T>::lowest());
      ScoreArray<T> added;
      simd::store(added.data(), simd::select(simd::below(sum, none), sum, simd::pmax(sum, low)));
      return added;
    } else {
      return s + Eigen::Map<const ScoreArray<T>>(numbers);
    }
  }
};

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

/// Puts `modifiers` to work on a run without wrapped keys, of at most ScoreRun::most vectors.
template <class T, class... F>
void modify_some(const ScoreRun<T>& run, const std::tuple<F...>& modifiers) {
  const auto here = std::apply(
      [&](const F&... f) {
        return std::tuple<OnRun<T, F>...>(ToBind<T, F>{f, run}...);
      },
      modifiers);
  const auto lane = ScoreArray<T>::LinSpaced(T(0), static_cast<T>(simd::width<T> - 1)).eval();
  const auto from = [&](Index first, Index step) -> ScoreArray<T> {
    return static_cast<T>(first) + static_cast<T>(step) * lane;
  };
  ScorePlace<T> at{from(run.i, run.i_step), from(run.j, run.j_lane),
                   from(run.i - run.j, run.i_step - run.j_lane), run.head, 0};
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
    double lanes[std::size_t(detail::simd::width<double>)];
    std::fill_n(lanes, std::size(lanes), s);
    modify(detail::ScoreRun<double>{lanes, 0, 1, i, 0, j, 0, 0, head});
    return lanes[0] * std::numbers::ln2;
  }

  /// Modifies a run of scores, and takes them to base 2. Precondition: there is a modifier.
  void modify(const detail::ScoreRun<float>& run) const { work_->modify(run); }
  void modify(const detail::ScoreRun<double>& run) const { work_->modify(run); }

  /// Has what modifiers will read for the pairs of `rows` and `keys` brought nearer.
  template <class T>
  void look_ahead(const Lattice& rows, const Lattice& keys, detail::Ahead<T>& ahead) const {
    if (work_) work_->look_ahead(rows, keys, ahead);
  }

  /// Throws std::invalid_argument where a modifier does not hold what the rows, keys or heads need.
  void check(const Extent& extent, Index heads) const {
    if (work_) work_->check(extent, heads);
  }

 private:
  struct Work {
    virtual ~Work() = default;
    virtual void modify(const detail::ScoreRun<float>& run) const = 0;
    virtual void modify(const detail::ScoreRun<double>& run) const = 0;
    virtual void look_ahead(const Lattice&, const Lattice&, detail::Ahead<float>&) const = 0;
    virtual void look_ahead(const Lattice&, const Lattice&, detail::Ahead<double>&) const = 0;
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
    template <class T>
    void ask(const Lattice& rows, const Lattice& keys, detail::Ahead<T>& ahead) const {
      const auto one = [&](const auto& f) {
        if constexpr (requires { f.look_ahead(rows, keys, ahead); }) {
          f.look_ahead(rows, keys, ahead);
        }
      };
      std::apply([&](const F&... f) { (one(f), ...); }, modifiers);
    }
    void look_ahead(const Lattice& rows, const Lattice& keys,
                    detail::Ahead<float>& ahead) const override {
      ask(rows, keys, ahead);
    }
    void look_ahead(const Lattice& rows, const Lattice& keys,
                    detail::Ahead<double>& ahead) const override {
      ask(rows, keys, ahead);
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

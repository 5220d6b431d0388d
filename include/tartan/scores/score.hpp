// Score modifiers: what is done to the scaled scores before the softmax. Layer: scores.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "../kernel/ahead.hpp"
#include "../lattice/band.hpp"
#include "differentiate.hpp"

namespace tartan::inline TARTAN_ISA {

template <class F>
concept ScoreModifier = std::copy_constructible<F> && detail::ScoreModifierOf<F, float> &&
    detail::ScoreModifierOf<F, double>;

/// What is done to each scaled score scale * q_i · k_j before the softmax: nothing, or modifiers,
/// one after the other. A modifier is Softcap, Alibi, RelativeBias, ScoreBias, or anything callable
/// as f(s, i, j), or f(s, i, j, head), with vectors: `s` scores, `i` and `j` the positions of their
/// queries and keys, each a ScoreArray<T> (an Eigen array) of T = float and of T = double. It
/// returns the new scores as an array, or as an expression of its arguments. Gradients need its
/// derivative with respect to s: f.derivative(s, i, j), or (s, i, j, head), where it has that, else
/// measured from four differences in double, which takes longer.
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

  /// As modify(); and into `slopes`, as the run lies, how much each score changes with what came
  /// in.
  void differentiate(const detail::ScoreRun<float>& run, float* slopes) const {
    work_->differentiate(run, slopes);
  }
  void differentiate(const detail::ScoreRun<double>& run, double* slopes) const {
    work_->differentiate(run, slopes);
  }

  /// Zeros, for gradients of the modifiers' numbers: Alibi's slopes (a column), RelativeBias's
  /// table (or T5's weights), ScoreBias's matrix.
  ScoreGradients no_gradients() const {
    ScoreGradients zeros;
    for (const auto& [rows, cols] : number_shapes()) {
      zeros.emplace_back().setZero(rows, cols);
    }
    return zeros;
  }
  /// Rows and columns of each of them.
  std::vector<std::pair<Index, Index>> number_shapes() const {
    if (!work_) return {};
    return work_->number_shapes();
  }

  /// How much the modified score of a pair changes with the score that comes in.
  double slope(double s, Index i, Index j, Index head = 0) const {
    double lanes[std::size_t(detail::simd::width<double>)], slopes[std::size(lanes)];
    if (!work_) return 1;
    std::fill_n(lanes, std::size(lanes), s);
    differentiate(detail::ScoreRun<double>{lanes, 0, 1, i, 0, j, 0, 0, head}, slopes);
    return slopes[0];
  }

  /// Adds to the gradients of the modifiers' numbers, of the first `lanes` lanes of a run of scores
  /// that are not modified yet. `gradients`, as the run lies: what the loss changes by with each
  /// modified score.
  void collect(const detail::ScoreRun<float>& run, const float* gradients, Index lanes,
               ScoreGradients& into) const {
    work_->collect(run, gradients, lanes, into);
  }
  void collect(const detail::ScoreRun<double>& run, const double* gradients, Index lanes,
               ScoreGradients& into) const {
    work_->collect(run, gradients, lanes, into);
  }

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
    virtual void differentiate(const detail::ScoreRun<float>& run, float* slopes) const = 0;
    virtual void differentiate(const detail::ScoreRun<double>& run, double* slopes) const = 0;
    virtual void collect(const detail::ScoreRun<float>& run, const float* gradients, Index lanes,
                         ScoreGradients& into) const = 0;
    virtual void collect(const detail::ScoreRun<double>& run, const double* gradients, Index lanes,
                         ScoreGradients& into) const = 0;
    virtual std::vector<std::pair<Index, Index>> number_shapes() const = 0;
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
    void differentiate(const detail::ScoreRun<float>& run, float* slopes) const override {
      detail::differentiate(run, slopes, modifiers);
    }
    void differentiate(const detail::ScoreRun<double>& run, double* slopes) const override {
      detail::differentiate(run, slopes, modifiers);
    }
    void collect(const detail::ScoreRun<float>& run, const float* gradients, Index lanes,
                 ScoreGradients& into) const override {
      detail::collect(run, gradients, lanes, modifiers, into);
    }
    void collect(const detail::ScoreRun<double>& run, const double* gradients, Index lanes,
                 ScoreGradients& into) const override {
      detail::collect(run, gradients, lanes, modifiers, into);
    }
    std::vector<std::pair<Index, Index>> number_shapes() const override {
      return std::apply(
          [](const F&... f) {
            return std::vector<std::pair<Index, Index>>{detail::number_shape(f)...};
          },
          modifiers);
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

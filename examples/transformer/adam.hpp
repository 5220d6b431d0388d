// Adam, gradient clipping, and how the learning rate changes.
#pragma once

#include <numbers>

#include "layers.hpp"

namespace transformer {

/// The norm of all gradients together; where it is above `most`, they are scaled down to it.
template <class T>
double clip_gradients(const Parameters<T>& parameters, double most) {
  double squares = 0;
  for (const Parameter<T>* p : parameters) squares += double(p->gradient.squaredNorm());
  const double norm = std::sqrt(squares);
  if (norm > most) {
    for (Parameter<T>* p : parameters) p->gradient *= static_cast<T>(most / norm);
  }
  return norm;
}

/// The learning rate of step `step` of `steps`, counted from 1: linear up to `highest` in the first
/// `warmup` steps, then along half a cosine down to a tenth of it.
inline double learning_rate(double highest, Index step, Index steps, Index warmup) {
  if (step <= warmup) return highest * double(step) / double(warmup);
  const double done = double(step - warmup) / double(std::max<Index>(steps - warmup, 1));
  return highest * (0.55 + 0.45 * std::cos(std::numbers::pi * std::min(done, 1.0)));
}

/// Adam (arXiv 1412.6980): running means m of the gradient and v of its square, each divided by
/// what it lacks for having started at 0.
template <class T>
class Adam {
 public:
  explicit Adam(const Parameters<T>& parameters) : parameters_(parameters) {
    for (const Parameter<T>* p : parameters_) {
      first_.push_back(Matrix<T>::Zero(p->value.rows(), p->value.cols()));
      second_.push_back(first_.back());
    }
  }

  /// Step `step`, counted from 1.
  void update(double rate, Index step) {
    const T m_part = T(1 - std::pow(beta1, double(step)));
    const T v_part = T(1 - std::pow(beta2, double(step)));
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const auto g = parameters_[i]->gradient.array();
      auto m = first_[i].array(), v = second_[i].array();
      m += T(1 - beta1) * (g - m);
      v += T(1 - beta2) * (g.square() - v);
      parameters_[i]->value.array() -= T(rate) * (m / m_part) / ((v / v_part).sqrt() + T(1e-8));
    }
  }

  const Parameters<T>& parameters() const { return parameters_; }
  /// The moments of parameter i.
  Matrix<T>& first(std::size_t i) { return first_[i]; }
  Matrix<T>& second(std::size_t i) { return second_[i]; }

 private:
  static constexpr double beta1 = 0.9, beta2 = 0.99;
  Parameters<T> parameters_;
  std::vector<Matrix<T>> first_, second_;
};

}  // namespace transformer

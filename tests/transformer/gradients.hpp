// Gradients against finite differences, in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../examples/transformer/layers.hpp"
#include "support/catch.hpp"

namespace transformer::test {

inline const OpenMP threads{2};

inline Matrix<double> random_matrix(Index rows, Index cols, unsigned seed) {
  Random random(seed);
  return normal<double>(rows, cols, 1, random);
}

/// How far `gradient` is from the differences of loss() as each number of `x` is moved, against the
/// largest of the gradient's; infinite where something is not finite. At most `most` numbers are
/// moved, evenly spaced.
template <class Loss>
double gradient_error(Matrix<double>& x, const Matrix<double>& gradient, const Loss& loss,
                      Index most = 60) {
  constexpr double step = 1e-4;
  const Index stride = std::max<Index>(1, x.size() / most);
  double error = 0, largest = 1e-3;
  for (Index i = 0; i < x.size(); i += stride) {
    const double there = x.data()[i];
    // the five-point formula, whose error is of the fourth power of the step
    const auto at = [&](double steps) {
      x.data()[i] = there + steps * step;
      return loss();
    };
    const double difference = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
    x.data()[i] = there;
    const double d = std::abs(difference - gradient.data()[i]);
    error = std::isfinite(d) ? std::max(error, d) : std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(difference));
  }
  return error / largest;
}

/// Holds a layer's gradients against the differences of sum(weights ∘ forward(x)): that of its
/// input and those of all its parameters.
template <class Layer, class Forward, class Backward>
void check_layer(Layer& layer, Matrix<double> x, const Forward& forward, const Backward& backward) {
  const Matrix<double> y = forward(x);
  const Matrix<double> weights = random_matrix(y.rows(), y.cols(), 77);
  const auto loss = [&] { return forward(x).cwiseProduct(weights).sum(); };
  Parameters<double> parameters;
  if constexpr (requires { layer.add_to(parameters); }) layer.add_to(parameters);
  for (Parameter<double>* p : parameters) p->gradient.setZero();
  forward(x);
  const Matrix<double> dx = backward(weights);
  CHECK(gradient_error(x, dx, loss) < 1e-8);
  for (Parameter<double>* p : parameters) {
    CAPTURE(p->name);
    const Matrix<double> gradient = p->gradient;
    CHECK(gradient_error(p->value, gradient, loss) < 1e-8);
  }
}

}  // namespace transformer::test

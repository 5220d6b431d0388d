// The backward pass against the reference in double, as checks that many tests run.
#pragma once

#include "compare.hpp"
#include "problem.hpp"

/// What one call gives, as if it was of many heads.
template <class M>
struct Differentiated {
  M out;
  Eigen::Matrix<tartan::detail::Computed<typename M::Scalar>, Eigen::Dynamic, Eigen::Dynamic> lse;
  M dout, dq, dk, dv;
};

template <class M, class P, class E = tartan::Serial>
Differentiated<M> differentiated(const Problem<M>& p, const P& pattern, unsigned seed = 90,
                                 const E& executor = {}) {
  const auto forward = attention_with_lse(p.q, p.k, p.v, pattern, p.options, executor);
  const M dout = random_matrix<M>(p.q.rows(), p.v.cols(), seed);
  const auto g = attention_backward(p.q, p.k, p.v, forward.out, forward.lse, dout, pattern,
                                    p.options, executor);
  return {forward.out, forward.lse, dout, g.dq, g.dk, g.dv};
}

/// Four times what the reference is off when it is computed in T, and never less than a few
/// roundings of the largest gradient, or of numbers about 1 of which as many are added as there are
/// rows: they may cancel in the reference, which takes all products in one order.
template <class T>
double allowed_gradient_error(const Eigen::MatrixXd& exact,
                              const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>& rounded,
                              tartan::Index rows) {
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  const double size = exact.size() > 0 ? exact.cwiseAbs().maxCoeff() : 1.0;
  const double sum = std::max(1.0, std::sqrt(static_cast<double>(rows)) / 4);
  return std::max(4 * difference(rounded, exact), 32 * epsilon * std::max(size, sum));
}

/// True where the gradients of q, k and v are those of the reference, to rounding, or a few times
/// that.
template <class M, class P>
bool gradients_are_exact(const Problem<M>& p, const P& pattern, double times = 1) {
  using T = typename M::Scalar;
  const Differentiated<M> g = differentiated(p, pattern);
  const auto exact =
      tartan::reference::attention_backward(p.q, p.k, p.v, g.dout, pattern, p.options);
  const auto rounded =
      tartan::reference::attention_backward<T>(p.q, p.k, p.v, g.dout, pattern, p.options);
  return difference(g.dq, exact.dq) <=
             allowed_gradient_error<T>(exact.dq, rounded.dq, p.q.rows()) &&
         difference(g.dk, exact.dk) <=
             allowed_gradient_error<T>(exact.dk, rounded.dk, p.q.rows()) &&
         difference(g.dv, exact.dv) <=
             times * allowed_gradient_error<T>(exact.dv, rounded.dv, p.q.rows());
}

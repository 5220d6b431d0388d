// How far a result may be from the reference: a small multiple of what an honest baseline, the
// textbook form computed in the same precision, is off itself. NaN in either never passes
// unnoticed.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <tartan/tartan.hpp>

/// The largest difference of two matrices; infinite where one is NaN or infinite and the other is
/// not the same, or where shapes differ.
template <class A, class B>
double difference(const Eigen::MatrixBase<A>& a, const Eigen::MatrixBase<B>& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (tartan::Index r = 0; r < a.rows(); ++r) {
    for (tartan::Index c = 0; c < a.cols(); ++c) {
      const double x = static_cast<double>(a(r, c)), y = static_cast<double>(b(r, c));
      if (x == y) continue;
      const double d = std::abs(x - y);
      worst = std::isfinite(d) ? std::max(worst, d) : std::numeric_limits<double>::infinity();
    }
  }
  return worst;
}

/// Masked attention in the scalar type of q, row by row, as it is usually written.
template <class M, class P>
M textbook(const M& q, const M& k, const M& v, const P& pattern, const tartan::Options& options) {
  using T = typename M::Scalar;
  const T scale = static_cast<T>(options.scale_for(q.cols()));
  M out = M::Zero(q.rows(), v.cols());
  for (tartan::Index r = 0; r < q.rows(); ++r) {
    T row_max = std::numeric_limits<T>::lowest(), row_sum = 0;
    const auto score = [&](tartan::Index j) { return scale * q.row(r).dot(k.row(j)); };
    const auto attends = [&](tartan::Index j) {
      return pattern.contains(options.query_offset + r, j);
    };
    for (tartan::Index j = 0; j < k.rows(); ++j) {
      if (attends(j)) row_max = std::max(row_max, score(j));
    }
    for (tartan::Index j = 0; j < k.rows(); ++j) {
      if (!attends(j)) continue;
      const T weight = std::exp(score(j) - row_max);
      row_sum += weight;
      out.row(r) += weight * v.row(j);
    }
    if (row_sum > 0) out.row(r) /= row_sum;
  }
  return out;
}

/// The error allowed against the reference: four times the textbook form's own, and never less than
/// a few roundings of the largest number there.
template <class M, class P>
double allowed_error(const M& q, const M& k, const M& v, const P& pattern,
                     const tartan::Options& options, const Eigen::MatrixXd& exact) {
  const double epsilon = static_cast<double>(std::numeric_limits<typename M::Scalar>::epsilon());
  const double size = exact.size() > 0 ? std::max(1.0, exact.cwiseAbs().maxCoeff()) : 1.0;
  return std::max(4 * difference(textbook(q, k, v, pattern, options), exact), 16 * epsilon * size);
}

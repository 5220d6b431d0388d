// The share of dense attention's weight that a pattern keeps: what a mask leaves out, measured.
// Layer: attention.
#pragma once

#include <cmath>

#include "../algebra/intersection.hpp"
#include "../patterns/dense.hpp"
#include "attention.hpp"
#include "no_key.hpp"

namespace tartan::inline TARTAN_ISA {

/// What captured_mass returns. rows: n, each row's share in [0, 1]; mean: their average, 1 where
/// there are no rows.
template <class Scalar>
struct CapturedMass {
  Eigen::Matrix<Scalar, Dynamic, 1> rows;
  double mean;
};

/// For each row the weight, under attention with the pattern `of`, of the keys that `pattern` has
/// too: 1 where the pattern leaves nothing out, 0 where it leaves out all that mattered; 1 where
/// `of` has no key; NaN where the row's scores are. A causal model's mask is to be held against
/// Causal. q: n×d, k: m×d, as for attention(). Cost: the scores of `of` and of `pattern & of`; no
/// values; memory for a few tiles a thread and two numbers a row. Sinks are left out. Throws as
/// attention() does.
///
///     auto kept = captured_mass(q, k, Causal{} & Local<256>{}, Causal{});
///     std::cout << kept.mean << ", at worst " << kept.rows.minCoeff();
template <class Q, class K, Pattern P, Pattern Of = Dense, Executor E = DefaultExecutor>
auto captured_mass(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k, const P& pattern,
                   const Of& of = {}, const Options& options = {}, const E& executor = {}) {
  using T = typename detail::CommonScalar<Q, K>::type;
  const Eigen::Matrix<T, Dynamic, Dynamic> no_values(k.rows(), 0);
  Options without_sinks = options;  // which are keys of both
  without_sinks.sinks.clear();
  const auto lse = [&](const auto& mask) {
    return tartan::attention_with_lse(q, k, no_values, mask, without_sinks, executor).lse;
  };
  const Eigen::Matrix<T, Dynamic, 1> all = lse(of), kept = lse(pattern & of);
  CapturedMass<T> mass{Eigen::Matrix<T, Dynamic, 1>(q.rows()), 1.0};
  double sum = 0;
  for (Index r = 0; r < q.rows(); ++r) {
    const T share = std::exp(kept(r) - all(r));
    mass.rows(r) = detail::of_no_key(all(r))    ? T(1)
                   : detail::of_no_key(kept(r)) ? T(0)
                   : share > T(1)               ? T(1)
                                                : share;  // NaN stays NaN
    sum += static_cast<double>(mass.rows(r));
  }
  if (q.rows() > 0) mass.mean = sum / static_cast<double>(q.rows());
  return mass;
}

}  // namespace tartan::inline TARTAN_ISA

// The backward pass, beside the forward one. Part of the benchmark.
#pragma once

#include "plan.hpp"

namespace bench {

/// A problem with what the forward pass left, and room for gradients.
struct TrainingProblem : Problem<float> {
  Eigen::VectorXf lse;
  RowMajor<float> result, dout, dq, dk, dv;

  TrainingProblem(Index n, Index d)
      : Problem<float>(n, d), dout(RowMajor<float>::Random(n, d)), dq(n, d), dk(n, d), dv(n, d) {}
};

/// The gradients of a few keys, added up row by row in double from the forward pass's results.
template <class P>
void check_keys(const std::string& name, const TrainingProblem& p, const P& pattern) {
  const Index n = p.tokens(), d = p.head_dim();
  const double scale = tartan::Options{}.scale_for(d);
  for (const Index j : {Index{0}, n / 3, n - 1}) {
    Eigen::RowVectorXd dk = Eigen::RowVectorXd::Zero(d), dv = dk;
    for (Index i = 0; i < n; ++i) {
      if (!pattern.contains(i, j)) continue;
      const auto row = [&](const RowMajor<float>& x, Index r) -> Eigen::RowVectorXd {
        return x.row(r).cast<double>();
      };
      const double weight =
          std::exp(scale * row(p.q, i).dot(row(p.k, j)) - static_cast<double>(p.lse(i)));
      const double gradient = row(p.dout, i).dot(row(p.v, j) - row(p.result, i));
      dk += scale * weight * gradient * row(p.q, i);
      dv += weight * row(p.dout, i);
    }
    const double error = std::max((p.dk.row(j).cast<double>() - dk).cwiseAbs().maxCoeff(),
                                  (p.dv.row(j).cast<double>() - dv).cwiseAbs().maxCoeff());
    const double size = std::max({1.0, dk.cwiseAbs().maxCoeff(), dv.cwiseAbs().maxCoeff()});
    if (!(error <= 1e-4 * size)) throw std::runtime_error(name + ": wrong gradients of keys");
  }
}

/// The gradients of a few queries, by the reference.
template <class P>
void check_queries(const std::string& name, const TrainingProblem& p, const P& pattern) {
  for (const Index first : {Index{0}, p.tokens() / 2, p.tokens() - 4}) {
    const auto exact = tartan::reference::attention_backward(
        p.q.middleRows(first, 4), p.k, p.v, p.dout.middleRows(first, 4), pattern,
        tartan::Options{.query_offset = first});
    const double error =
        (p.dq.middleRows(first, 4).template cast<double>() - exact.dq).cwiseAbs().maxCoeff();
    if (!(error <= 1e-4)) throw std::runtime_error(name + ": wrong gradients of queries");
  }
}

template <tartan::Pattern P>
void add_training(Plan& plan, const std::string& name, std::shared_ptr<TrainingProblem> p,
                  const P& pattern, const std::vector<int>& threads) {
  const double pairs = static_cast<double>(tartan::count(pattern, p->tokens(), p->tokens()));
  const auto add = [&](const std::string& who, int t, double products, const auto& run) {
    plan.add(Measurement{.name = who + "/" + name,
                         .scalar = "float",
                         .n = p->tokens(),
                         .d = p->head_dim(),
                         .threads = t,
                         .pairs = pairs,
                         .flops = 2 * products * pairs * static_cast<double>(p->head_dim()),
                         .first_run = seconds_of(run),
                         .run = run});
  };
  // Each case has a result of its own to go back from.
  const auto left = std::make_shared<const tartan::Attention<float, Eigen::RowMajor>>(
      tartan::attention_with_lse(p->q, p->k, p->v, pattern));
  p->lse = left->lse;
  p->result = left->out;
  for (const int t : threads) {
    const auto run = [=] {
      tartan::attention_backward_into(p->dq, p->dk, p->dv, p->q, p->k, p->v, left->out, left->lse,
                                      p->dout, pattern, tartan::Options{}, Threads{t});
    };
    run();
    check_queries(name, *p, pattern);
    check_keys(name, *p, pattern);
    add("forward", t, 2, [=] {
      tartan::attention_into(p->out, p->q, p->k, p->v, pattern, tartan::Options{}, Threads{t});
    });
    add("backward", t, 5, run);
  }
}

/// Forward and backward, on one thread and on all.
inline void add_training(Plan& plan, Index n, const std::vector<int>& threads) {
  using namespace tartan;
  const auto p = std::make_shared<TrainingProblem>(n, 64);
  const Local local{square_root(n)};
  const Strided strided{square_root(n)};
  const Columns columns{square_root(n)};
  add_training(plan, "Dense", p, Dense{}, threads);
  add_training(plan, "Causal", p, Causal{}, threads);
  add_training(plan, "Local<W>", p, local, threads);
  add_training(plan, "Strided<S>", p, strided, threads);
  add_training(plan, "Columns<S>", p, columns, threads);
  add_training(plan, "Local<W> | Strided<S>", p, local | strided, threads);
  add_training(plan, "Local<W> | (Causal & Columns<S>)", p, local | (Causal{} & columns), threads);
  add_training(plan, "Causal & (Local<W> | Strided<S>)", p, Causal{} & (local | strided), threads);
}

}  // namespace bench

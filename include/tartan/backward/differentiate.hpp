// From a public call of the backward pass to what its driver runs. Layer: backward.
#pragma once

#include "gradient_driver.hpp"
#include "row_sums.hpp"
#include "sink_gradients.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The jobs of a call: one for each sequence and key/value head. Their plans are made in `plans`.
template <class S, class P>
auto gradient_jobs(const GradientRequest<S>& r, const std::vector<Sequence>& sequences,
                   const P& pattern, const Options& options, const RowViews<Computed<S>>& weights,
                   const View<Computed<S>> (&sums)[3], Plans& plans) {
  using T = Computed<S>;
  const Index d = r.head_dim(), dv = r.value_dim(), group = r.heads.group();
  std::vector<GradientJob<T, S>> jobs;
  for (const Sequence& s : sequences) {
    if (s.queries() == 0) continue;
    const Extent extent{s.first_position, s.first_position + s.queries(), s.keys()};
    for (Index kv = 0; kv < r.heads.kv_heads(); ++kv) {
      const Index head = kv * group;
      const auto queries = [&](const auto& x, Index cols) {
        return x.part(s.query_begin, s.queries(), head * cols, cols);
      };
      const auto keys = [&](const auto& x, Index cols) {
        return x.part(s.key_begin, s.keys(), kv * cols, cols);
      };
      GradientCall<T, S> call{queries(r.q, d),
                              keys(r.k, d),
                              keys(r.v, dv),
                              queries(r.out, dv),
                              queries(r.dout, dv),
                              queries(sums[0], d),
                              keys(sums[1], d),
                              keys(sums[2], dv),
                              queries(weights.lse, 1),
                              queries(weights.row_sum, 1),
                              static_cast<T>(options.scale_for(d))};
      call.first_head = head;
      call.sequence = s.number;
      if (options.score) call.score = &options.score;
      if (options.dropout) call.dropout = &options.dropout;
      jobs.push_back({call, {}});
      const Index step = Pattern<P> ? group : 1;
      for (Index h = 0; h < group; h += step) {
        const std::size_t of = Pattern<P> ? 0 : static_cast<std::size_t>(head + h);
        jobs.back().members.push_back({h, step, with_pattern(pattern, head + h, [&](const auto& p) {
                                         return plans.plan(p, of, extent);
                                       })});
      }
    }
  }
  return jobs;
}

/// Where the gradients of the score's numbers are summed. Each job has its own, where they are
/// small; else all add to one, in turn.
template <class T, class S>
bool share_dscore(std::vector<GradientJob<T, S>>& jobs, ScoreGradients& into) {
  constexpr Index small = Index{1} << 20;  // numbers in all
  Index numbers = 0;
  for (const Eigen::MatrixXd& x : into) numbers += x.size();
  const bool shared = numbers * static_cast<Index>(jobs.size()) > small;
  for (auto& job : jobs) {
    if (!shared) {
      for (const Eigen::MatrixXd& x : into) {
        job.dscore.push_back(Eigen::MatrixXd::Zero(x.rows(), x.cols()));
      }
    }
    job.call.dscore = shared ? &into : &job.dscore;
  }
  return shared;
}

/// Runs a call of the backward pass. Precondition: shapes agree and gradients overlap nothing.
/// Nothing is written before the options are found right.
template <class S, class P, Executor E>
void differentiate(const GradientRequest<S>& r, const P& pattern, const Options& options,
                   const GradientOptions& into, const E& executor) {
  using T = Computed<S>;
  const std::vector<Sequence> sequences = sequences_of(r.batch, r.q.rows, r.k.rows, options);
  check_call(sequences, options, r.heads.query);
  check_gradient_options(into, options);
  Target<T, S> dq(r.dq), dk(r.dk), dv(r.dv);
  RowSums<T> rows;
  if (large_scores(r)) rows.compute(r, pattern, options, executor);
  Plans plans(Pattern<P> ? 1 : r.heads.query);
  auto jobs = gradient_jobs<S>(r, sequences, pattern, options, rows.views(r),
                               {dq.sums(), dk.sums(), dv.sums()}, plans);
  ScoreGradients zeros;
  if (into.dscore && !into.accumulate) zeros = options.score.no_gradients();
  ScoreGradients& dscore = into.dscore && into.accumulate ? *into.dscore : zeros;
  const bool chain = into.dscore && share_dscore(jobs, dscore);
  for (const Sequence& s : sequences) {
    if (s.queries() > 0 || into.accumulate) continue;  // there is no job
    for (const Target<T, S>* target : {&dk, &dv}) {
      clear_rows(target->sums(), Lattice::range(s.key_begin, s.key_end));
    }
  }
  std::vector<double> dsinks;
  if (into.dsinks && !options.sinks.empty()) {
    dsinks = sink_gradients(r, rows.views(r), options, executor);
  }
  run_gradients<T, S>(jobs, into.accumulate, chain, executor);
  for (Target<T, S>* target : {&dq, &dk, &dv}) target->write(into.accumulate, executor);
  if (into.dsinks) {
    const bool one = options.sinks.size() == 1;
    if (!into.accumulate) into.dsinks->assign(options.sinks.size(), 0.0);
    for (std::size_t h = 0; h < dsinks.size(); ++h) (*into.dsinks)[one ? 0 : h] += dsinks[h];
  }
  if (into.dscore) {
    for (const auto& job : jobs) {
      for (std::size_t x = 0; x < job.dscore.size(); ++x) dscore[x] += job.dscore[x];
    }
    if (!into.accumulate) *into.dscore = std::move(zeros);
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

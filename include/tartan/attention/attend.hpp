// From a public call to what the driver runs: a plan for each pattern and length, and a problem for
// each sequence and key/value head. Layer: attention.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "../schedules/schedule.hpp"
#include "check.hpp"
#include "driver.hpp"
#include "heads.hpp"
#include "options.hpp"
#include "scalars.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The sequences of matrices of n queries and m keys: those of the batch, or one.
inline std::vector<Sequence> sequences_of(const Batch* batch, Index n, Index m,
                                          const Options& options) {
  if (!batch) return {{0, n, 0, m, options.query_offset, 0}};
  std::vector<Sequence> all;
  for (std::size_t b = 0; b + 1 < batch->query_offsets.size(); ++b) {
    all.push_back(
        {batch->query_offsets[b], batch->query_offsets[b + 1], batch->keys()[b],
         batch->keys()[b + 1],
         batch->first_positions.empty() ? options.query_offset : batch->first_positions[b],
         static_cast<Index>(b)});
  }
  return all;
}

/// Throws std::invalid_argument where a sequence's positions, or what a score modifier holds, do
/// not fit; or another option.
inline void check_call(const std::vector<Sequence>& sequences, const Options& options,
                       Index heads) {
  check_options(options, heads);
  for (const Sequence& s : sequences) {
    check_query_offset(s.first_position);
    options.score.check({s.first_position, s.first_position + s.queries(), s.keys()}, heads);
  }
}

/// One public call: its matrices, all heads beside each other and all sequences below each other.
template <class S>
struct Request {
  using T = Computed<S>;
  View<const S> q, k, v;
  View<S> out;
  T* lse;  ///< rows of q × query heads, column-major, or null
  Heads heads = {};
  const Batch* batch = nullptr;  ///< null: one sequence
  T* row_sum = nullptr;          ///< see Call; as lse

  Index head_dim() const { return q.cols / heads.query; }
  Index value_dim() const { return v.cols / heads.kv_heads(); }

  /// Query heads [head, head + count), which share a key/value head, in one sequence.
  Call<T, S> call(const Sequence& s, Index head, Index count, const Options& options) const {
    const Index d = head_dim(), dv = value_dim(), kv = head / heads.group();
    Call<T, S> c{q.part(s.query_begin, s.queries(), head * d, d),
                 k.part(s.key_begin, s.keys(), kv * d, d),
                 v.part(s.key_begin, s.keys(), kv * dv, dv),
                 out.part(s.query_begin, s.queries(), head * dv, dv),
                 lse ? lse + head * q.rows + s.query_begin : nullptr,
                 static_cast<T>(options.scale_for(d))};
    c.heads = count;
    c.lse_stride = q.rows;
    c.first_head = head;
    if (row_sum) c.row_sum = row_sum + (c.lse - lse);
    if (options.score) c.score = &options.score;
    if (options.dropout) c.dropout = &options.dropout;
    c.sequence = s.number;
    return c;
  }
};

/// The plans of one call: one for each of a schedule's heads and for each extent.
class Plans {
 public:
  explicit Plans(Index heads) : last_(static_cast<std::size_t>(heads), nullptr) {}

  /// The plan of a pattern, which is that of `head`. One that was asked for last is made only once.
  template <Pattern P>
  const Plan* plan(const P& pattern, std::size_t head, const Extent& extent) {
    if (!last_[head] || last_[head]->extent() != extent) {
      plans_.push_back(std::make_unique<const Plan>(pattern, extent));
      last_[head] = plans_.back().get();
    }
    return last_[head];
  }

 private:
  std::vector<std::unique_ptr<const Plan>> plans_;
  std::vector<const Plan*> last_;  // of each head
};

/// The sink logits of all heads; none where there are none.
template <class T>
std::vector<T> sinks_of(const Options& options, Index heads) {
  std::vector<T> sinks;
  for (Index h = 0; h < heads && !options.sinks.empty(); ++h) {
    sinks.push_back(static_cast<T>(options.sink(h)));
  }
  return sinks;
}

/// Runs a call. Precondition: shapes agree and out overlaps no input; nothing is written before the
/// options are found right.
template <class S, class P, Executor E>
void attend(const Request<S>& request, const P& pattern, const Options& options,
            const E& executor) {
  using T = Computed<S>;
  const Heads& heads = request.heads;
  const std::vector<Sequence> sequences =
      sequences_of(request.batch, request.q.rows, request.k.rows, options);
  check_call(sequences, options, heads.query);
  const std::vector<T> sinks = sinks_of<T>(options, heads.query);
  // Heads that are worked on together: those of a group, where they have the same pattern.
  const Index group = Pattern<P> ? heads.group() : 1;
  Plans plans(Pattern<P> ? 1 : heads.query);
  std::vector<Problem<T, S>> problems;
  for (const Sequence& s : sequences) {
    if (s.queries() == 0) continue;
    const Extent extent{s.first_position, s.first_position + s.queries(), s.keys()};
    for (Index head = 0; head < heads.query; head += group) {
      const std::size_t of = Pattern<P> ? 0 : static_cast<std::size_t>(head);
      const Plan* plan =
          with_pattern(pattern, head, [&](const auto& p) { return plans.plan(p, of, extent); });
      problems.push_back({request.call(s, head, group, options), plan});
      if (!sinks.empty()) problems.back().call.sinks = sinks.data() + head;
    }
  }
  if (!problems.empty()) run_attention<T, S>(problems, executor);
}

}  // namespace tartan::detail::inline TARTAN_ISA

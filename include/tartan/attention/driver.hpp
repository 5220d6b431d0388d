// The driver: walks plans' bands and feeds tiles to the kernel. One pass over the rows for each row
// step of a plan; between passes each row's softmax state is carried. Layer: attention.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "../parallel/executor.hpp"
#include "plan.hpp"
#include "unit.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// How many tasks to cut `units` units of work into: enough for the executor's threads to share
/// them evenly, few enough that neighbouring units mostly run in turn on one thread.
template <Executor E>
Index task_count(const E& executor, Index units) {
  if constexpr (requires { executor.concurrency(); }) {
    const Index threads = executor.concurrency();
    return threads <= 1 ? min(units, 1) : min(units, 16 * threads);
  } else {
    return units;
  }
}

/// A call and its plan. Precondition: shapes agree and out overlaps no input.
template <class T, class S = T>
struct Problem {
  Call<T, S> call;
  const Plan* plan;
};

/// What several passes leave to each other: each row's maximum and sum; and its outputs, where they
/// are of another type than out, and so cannot wait there.
template <class T, class S>
class Carried {
 public:
  explicit Carried(std::span<const Problem<T, S>> problems) {
    std::size_t rows = 0, numbers = 0;
    for (const auto& [call, plan] : problems) {
      const auto of_call = static_cast<std::size_t>(call.q.rows * call.heads);
      const bool several = plan->steps().size() > 1;
      first_row_.push_back(rows);
      first_number_.push_back(numbers);
      if (several) rows += of_call;
      if (several && !std::is_same_v<T, S>) numbers += of_call * std::size_t(call.v.cols);
    }
    row_max_.resize(rows);
    row_sum_.resize(rows);
    outputs_.resize(numbers);
  }

  Pass<T, S> pass(const Problem<T, S>& problem, std::size_t index, std::size_t p) {
    const std::vector<Index>& steps = problem.plan->steps();
    return {problem.call,
            *problem.plan,
            steps[p],
            p > 0,
            p + 1 < steps.size(),
            row_max_.data() + first_row_[index],
            row_sum_.data() + first_row_[index],
            state(problem.call, outputs_.data() + first_number_[index])};
  }

 private:
  static View<T> state(const Call<T, S>& call, T* outputs) {
    if constexpr (std::is_same_v<T, S>) {
      return call.out;
    } else {
      return {outputs, call.q.rows, call.v.cols, call.heads * call.v.cols, 1};
    }
  }

  std::vector<T> row_max_, row_sum_, outputs_;
  std::vector<std::size_t> first_row_, first_number_;  // of each problem
};

/// Runs some calls: all that they have to do in a pass is shared out together.
template <class T, class S, Executor E>
void run_together(std::span<const Problem<T, S>> problems, const E& executor) {
  Carried<T, S> carried(problems);
  std::size_t passes = 0;
  for (const auto& problem : problems) passes = std::max(passes, problem.plan->steps().size());
  std::vector<Pass<T, S>> active;
  std::vector<Index> ends;  // of the active passes' runs, when counted through
  for (std::size_t p = 0; p < passes; ++p) {
    active.clear();
    ends.clear();
    for (std::size_t x = 0; x < problems.size(); ++x) {
      if (p >= problems[x].plan->steps().size()) continue;
      active.push_back(carried.pass(problems[x], x, p));
      ends.push_back((ends.empty() ? 0 : ends.back()) + active.back().runs());
    }
    const Index runs = ends.back();
    const Index tasks = task_count(executor, runs);
    run_tasks(executor, tasks, [&](Index task) {
      Index at = runs * task / tasks;
      const Index end = runs * (task + 1) / tasks;
      auto x =
          static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), at) - ends.begin());
      for (; at < end; at = min(end, ends[x]), ++x) {
        const Index first = x == 0 ? 0 : ends[x - 1];
        const auto run = [&](auto&& runner) {
          for (Index r = at; r < min(end, ends[x]); ++r) runner.run(r - first);
        };
        if (active[x].call.dropout || active[x].call.row_sum) {  // which know no pairs
          run(UnitRunner<T, S, simd::Singles<T>>(active[x]));
        } else {
          run(UnitRunner<T, S>(active[x]));
        }
      }
    });
  }
}

/// Runs the calls, as many together as give every thread enough to do: what one pass of them leaves
/// is then in the cache for the next.
template <class T, class S, Executor E>
void run_attention(std::span<const Problem<T, S>> problems, const E& executor) {
  constexpr Index rows = 128;  // of a unit, about
  while (!problems.empty()) {
    std::size_t count = 0;
    Index units = 0;
    do {
      const Call<T, S>& call = problems[count++].call;
      units += ceil_div(call.q.rows, rows) * call.heads;
    } while (count < problems.size() && task_count(executor, units + 1) > units);
    run_together(problems.first(count), executor);
    problems = problems.subspan(count);
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

// The driver: walks a plan's bands and feeds tiles to the kernel. One pass over the rows for each
// row step of the plan; between passes each row's softmax state is carried. Layer: attention.
#pragma once

#include <numbers>
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
    return threads <= 1 ? 1 : min(units, 16 * threads);
  } else {
    return units;
  }
}

/// Runs one call. Precondition: shapes agree and out overlaps no input.
template <class T, Executor E>
void run_attention(const Call<T>& call, const Plan& plan, const E& executor) {
  const std::vector<Index>& steps = plan.steps();
  std::vector<T> carried(steps.size() > 1 ? 2 * static_cast<std::size_t>(call.q.rows) : 0);
  for (std::size_t p = 0; p < steps.size(); ++p) {
    const Pass<T> pass{call,
                       plan,
                       steps[p],
                       p > 0,
                       p + 1 < steps.size(),
                       carried.data(),
                       carried.data() + carried.size() / 2};
    const Index units = pass.units();
    const Index tasks = task_count(executor, units);
    run_tasks(executor, tasks, [&](Index task) {
      UnitRunner<T> runner(pass);
      for (Index u = units * task / tasks; u < units * (task + 1) / tasks; ++u) runner.run(u);
    });
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

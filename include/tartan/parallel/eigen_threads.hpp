// The executor over an Eigen::ThreadPool, or any pool with its NumThreads() and Schedule(). The
// pool's header is the user's to include (Eigen 3.4: <unsupported/Eigen/CXX11/ThreadPool>; Eigen 5:
// <Eigen/ThreadPool>), so that including tartan stays cheap. Layer: parallel.
#pragma once

#include <atomic>
#include <memory>

#include "executor.hpp"

namespace tartan {

/// The caller works too, and waits; do not call from inside a task of the same pool.
template <class Pool>
class EigenThreads {
 public:
  explicit EigenThreads(Pool& pool) : pool_(&pool) {}

  Index concurrency() const { return pool_->NumThreads() + 1; }

  void operator()(Index count, Task task) const {
    struct Shared {
      std::atomic<Index> next = 0;
      std::atomic<Index> running;
    };
    const Index helpers = detail::min(count, concurrency()) - 1;
    // Shared by the helpers too: the last of them may still be notifying when the caller goes on.
    const auto shared = std::make_shared<Shared>();
    shared->running = helpers;
    const auto work = [count, task](Shared& s) {
      for (Index t = s.next.fetch_add(1); t < count; t = s.next.fetch_add(1)) task(t);
    };
    for (Index h = 0; h < helpers; ++h) {
      pool_->Schedule([shared, work] {
        work(*shared);
        if (shared->running.fetch_sub(1) == 1) shared->running.notify_one();
      });
    }
    work(*shared);
    for (Index left = shared->running; left > 0; left = shared->running) shared->running.wait(left);
  }

 private:
  Pool* pool_;
};

template <class Pool>
EigenThreads(Pool&) -> EigenThreads<Pool>;

}  // namespace tartan

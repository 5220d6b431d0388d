#include "support/eigen_thread_pool.hpp"

#include <tartan/parallel/eigen_threads.hpp>
#include <tartan/parallel/serial.hpp>

#include "support/executors.hpp"

#include <functional>

using namespace tartan;
using namespace tartan::test;

static_assert(Executor<EigenThreads<Eigen::ThreadPool>>);

namespace {

/// A user's pool: what is scheduled runs on a thread of its own, or at once on the caller's.
struct OwnPool {
  bool at_once;

  int NumThreads() const { return 3; }
  void Schedule(std::function<void()> function) {
    if (at_once) {
      function();
    } else {
      std::thread(function).detach();
    }
  }
};

}  // namespace

TEST_CASE("EigenThreads keeps the laws of executors, with any number of threads") {
  for (const int threads : {1, 2, 5}) {
    Eigen::ThreadPool pool(threads);
    CAPTURE(threads);
    CHECK(EigenThreads{pool}.concurrency() == threads + 1);
    check_calls_each_once(EigenThreads{pool});
    check_rethrows(EigenThreads{pool});
  }
}

TEST_CASE("EigenThreads: nested in another executor, or in another pool's tasks") {
  Eigen::ThreadPool pool(3), other(2);
  check_nested(Serial{}, EigenThreads{pool});
  check_nested(EigenThreads{pool}, Serial{});
  check_nested(EigenThreads{pool}, EigenThreads{other});
}

TEST_CASE("EigenThreads: many short calls from several threads at once") {
  Eigen::ThreadPool pool(2);
  std::vector<std::thread> callers;
  std::atomic<Index> sum = 0;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&] {
      for (int call = 0; call < 300; ++call) {
        const auto add = [&](Index t) { sum += t; };
        EigenThreads{pool}(5, Task(add));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(sum == 3 * 300 * 10);
}

TEST_CASE("EigenThreads over any pool with NumThreads and Schedule") {
  for (const bool at_once : {false, true}) {
    OwnPool pool{at_once};
    CHECK(EigenThreads{pool}.concurrency() == 4);
    check_calls_each_once(EigenThreads{pool});
    check_rethrows(EigenThreads{pool});
  }
}

// How a pass is cut into tasks.
#include <tartan/attention/driver.hpp>
#include <tartan/parallel/openmp.hpp>

#include "support/catch.hpp"

using namespace tartan;

namespace {

/// An executor that says how many threads it has.
struct Threads {
  Index threads;
  Index concurrency() const { return threads; }
  void operator()(Index count, Task task) const { Serial{}(count, task); }
};

}  // namespace

TEST_CASE("one thread takes all units in one task") {
  CHECK(detail::task_count(Serial{}, 1000) == 1);
  CHECK(detail::task_count(Threads{1}, 1000) == 1);
  CHECK(detail::task_count(Threads{0}, 1000) == 1);
}

TEST_CASE("several threads: more tasks than threads, and never more than units") {
  for (const Index threads : {2, 3, 64}) {
    CHECK(detail::task_count(Threads{threads}, 100000) >= 4 * threads);
    CHECK(detail::task_count(Threads{threads}, 100000) <= 100 * threads);
    for (const Index units : {1, 2, 7}) CHECK(detail::task_count(Threads{threads}, units) == units);
  }
}

TEST_CASE("an executor that does not say gets a task for each unit") {
  CHECK(detail::task_count([](Index, Task) {}, 1000) == 1000);
}

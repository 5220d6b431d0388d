// OpenMP, and what is left of it where the build has none: then every check holds on one thread.
#include <tartan/parallel/openmp.hpp>

#include "support/executors.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Executor<OpenMP> && Executor<DefaultExecutor>);
#ifdef _OPENMP
static_assert(std::same_as<DefaultExecutor, OpenMP>);
#else
static_assert(std::same_as<DefaultExecutor, Serial>);
#endif

// First, and with the largest team of all: clang's OpenMP library leaks where a team grows that has
// been nested.
TEST_CASE("OpenMP: nested in itself and in another executor") {
  const OpenMP largest{std::max(8, static_cast<int>(OpenMP{}.concurrency()))};
  check_nested(largest, OpenMP{2});
  check_nested(largest, OpenMP{});
  check_nested(Serial{}, OpenMP{2});
  check_nested(OpenMP{2}, Serial{});
}

TEST_CASE("OpenMP keeps the laws of executors, with any number of threads") {
  for (const int threads : {0, 1, 2, 5}) {
    CAPTURE(threads);
    check_calls_each_once(OpenMP{threads});
    check_rethrows(OpenMP{threads});
  }
}

TEST_CASE("OpenMP: concurrency is what was asked for") {
  CHECK(OpenMP{}.concurrency() >= 1);
#ifdef _OPENMP
  CHECK(OpenMP{3}.concurrency() == 3);
  CHECK(OpenMP{}.concurrency() == omp_get_max_threads());
#else
  CHECK(OpenMP{3}.concurrency() == 1);
#endif
}

#ifdef _OPENMP
TEST_CASE("OpenMP: as many threads as asked for, but no more than tasks") {
  for (const int threads : {1, 2, 3}) {
    for (const Index count : {1, 2, 50}) {
      std::atomic<int> team = 0;
      const auto note = [&](Index) { team = omp_get_num_threads(); };
      OpenMP{threads}(count, Task(note));
      CAPTURE(threads, count);
      CHECK(team == std::min<Index>(threads, count));
    }
  }
}
#endif

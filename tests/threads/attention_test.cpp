// Who runs the work changes nothing about the result: bitwise the same for any number of threads.
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/eigen_thread_pool.hpp"
#include "support/own_threads.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

TEST_CASE("the same bits for every executor and every number of threads") {
  const Problem<RowMajor<float>> p({700, 650, 32, 24, 5}, 50);
  Eigen::ThreadPool pool(3);
  for_each_test_pattern(33, 16, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    const auto run = [&](const auto& executor) {
      return attention_with_lse(p.q, p.k, p.v, pattern, p.options, executor);
    };
    const auto serial = run(Serial{});
    const auto same = [&](const auto& executor) {
      const auto other = run(executor);
      return difference(other.out, serial.out) == 0 && difference(other.lse, serial.lse) == 0;
    };
    CHECK(same(Serial{}));
    for (const int threads : {1, 2, 3, 7}) {
      CAPTURE(threads);
      CHECK(same(OpenMP{threads}));
      CHECK(same(OwnThreads{threads}));
    }
    CHECK(same(OpenMP{}));
    CHECK(same(EigenThreads{pool}));
    CHECK(same([](Index count, auto task) {  // in reverse
      while (count-- > 0) task(count);
    }));
  });
}

TEST_CASE("several threads may call at once") {
  const Problem<RowMajor<float>> p({300, 300, 16, 16}, 51);
  const auto pattern = Local{17} | Strided{8};
  const auto expected = attention(p.q, p.k, p.v, pattern, {}, Serial{});
  std::vector<double> wrong(4, -1);
  std::vector<std::thread> callers;
  for (double& w : wrong) {
    callers.emplace_back([&] {
      w = 0;
      for (int i = 0; i < 5; ++i) {
        w = std::max(w, difference(attention(p.q, p.k, p.v, pattern, {}, Serial{}), expected));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const double w : wrong) CHECK(w == 0);
}

TEST_CASE("what an executor throws reaches the caller") {
  const Problem<RowMajor<float>> p({300, 300, 16, 16}, 52);
  const auto broken = [](Index, auto) { throw std::runtime_error("no threads"); };
  CHECK(message_of<std::runtime_error>([&] { attention(p.q, p.k, p.v, Strided{8}, {}, broken); }) ==
        "no threads");
}

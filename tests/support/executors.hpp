// What every executor must do, as checks that run on any of them.
#pragma once

#include <stdexcept>
#include <string>
#include <tartan/parallel/executor.hpp>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace tartan::test {

/// Each task is called once, and all have returned when the executor does.
template <Executor E>
void check_calls_each_once(const E& executor) {
  for (const Index count : {0, 1, 2, 3, 7, 64, 1000}) {
    std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
    const auto called = [&](Index t) { ++calls.at(static_cast<std::size_t>(t)); };
    executor(count, Task(called));
    bool once = true;
    for (const std::atomic<int>& c : calls) once = once && c == 1;
    CAPTURE(count);
    CHECK(once);
  }
}

/// A task's exception reaches the caller, once every task that was begun has ended, and the
/// executor can be used again.
template <Executor E>
void check_rethrows(const E& executor) {
  for (const Index thrower : {0, 5, 31}) {
    std::atomic<int> begun = 0, ended = 0;
    const std::string message = message_of<std::runtime_error>([&] {
      detail::run_tasks(executor, 32, [&](Index t) {
        ++begun;
        std::this_thread::yield();
        ++ended;
        if (t == thrower) throw std::runtime_error("task " + std::to_string(t));
      });
    });
    CHECK(message == "task " + std::to_string(thrower));
    CHECK(begun == ended);
  }
  // All of them throw: one exception is kept.
  const std::string message = message_of<std::runtime_error>(
      [&] { detail::run_tasks(executor, 32, [](Index) { throw std::runtime_error("a task"); }); });
  CHECK(message == "a task");
  check_calls_each_once(executor);
}

/// The sum of 0 to 19 for each of 8 outer tasks, which run their inner tasks on `inner`.
template <Executor Outer, Executor Inner>
void check_nested(const Outer& outer, const Inner& inner) {
  std::vector<Index> sums(8, 0);
  detail::run_tasks(outer, 8, [&](Index t) {
    std::atomic<Index> sum = 0;
    detail::run_tasks(inner, 20, [&](Index u) { sum += u; });
    sums[static_cast<std::size_t>(t)] = sum;
  });
  CHECK((sums == std::vector<Index>(8, 190)));
}

}  // namespace tartan::test

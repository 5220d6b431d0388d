// What an executor is, and how tasks are run on one.
#include <tartan/parallel/executor.hpp>

#include "support/executors.hpp"

#include <functional>

using namespace tartan;
using namespace tartan::test;

namespace {

const auto generic = [](Index count, auto task) {
  for (Index t = 0; t < count; ++t) task(t);
};
const auto of_function = [](Index count, const std::function<void(Index)>& task) {
  for (Index t = 0; t < count; ++t) task(t);
};
const auto of_task = [](Index count, Task task) {
  while (count-- > 0) task(count);
};

struct NotConst {
  void operator()(Index, Task);
};
struct OneArgument {
  void operator()(Index) const;
};
struct OtherTask {
  void operator()(Index, void (*)(Index)) const;
};

static_assert(Executor<decltype(generic)>);
static_assert(Executor<decltype(of_function)>);
static_assert(Executor<decltype(of_task)>);
static_assert(Executor<void (*)(Index, Task)>);
static_assert(Executor<std::function<void(Index, Task)>>);
static_assert(!Executor<NotConst>);
static_assert(!Executor<OneArgument>);
static_assert(!Executor<OtherTask>);
static_assert(!Executor<int>);

static_assert(std::copyable<Task>);
static_assert(std::invocable<const Task&, Index>);
static_assert(!std::constructible_from<Task, int>);
static_assert(!std::constructible_from<Task, OtherTask>);

}  // namespace

TEST_CASE("a task and its copies call what they refer to") {
  std::vector<Index> seen;
  const auto note = [&](Index t) { seen.push_back(t); };
  const Task task(note), copy = task;
  const std::function<void(Index)> function = copy;
  task(3);
  copy(5);
  function(7);
  CHECK((seen == std::vector<Index>{3, 5, 7}));
}

TEST_CASE("anything callable with a count and a task is an executor") {
  check_calls_each_once(generic);
  check_calls_each_once(of_function);
  check_calls_each_once(of_task);
  check_rethrows(generic);
  check_nested(of_task, of_function);
}

TEST_CASE("run_tasks: no task, no call; one task is run without the executor") {
  int executor_calls = 0;
  const auto executor = [&](Index count, Task task) {
    ++executor_calls;
    generic(count, task);
  };
  std::vector<Index> seen;
  const auto note = [&](Index t) { seen.push_back(t); };
  detail::run_tasks(executor, 0, note);
  detail::run_tasks(executor, -3, note);
  CHECK(seen.empty());
  detail::run_tasks(executor, 1, note);
  CHECK((seen == std::vector<Index>{0}));
  CHECK(executor_calls == 0);
  detail::run_tasks(executor, 2, note);
  CHECK((seen == std::vector<Index>{0, 0, 1}));
  CHECK(executor_calls == 1);
}

TEST_CASE("run_tasks: what one task throws is thrown again, and tasks after it are not begun") {
  std::vector<Index> begun;
  const auto throws_at_4 = [&](Index t) {
    begun.push_back(t);
    if (t >= 4) throw std::runtime_error("task " + std::to_string(t));
  };
  CHECK(message_of<std::runtime_error>([&] { detail::run_tasks(generic, 9, throws_at_4); }) ==
        "task 4");
  CHECK((begun == std::vector<Index>{0, 1, 2, 3, 4}));

  const auto throws_an_int = [](Index) { throw 7; };
  int thrown = 0;
  try {
    detail::run_tasks(generic, 1, throws_an_int);
  } catch (int number) {
    thrown = number;
  }
  CHECK(thrown == 7);
}

TEST_CASE("run_tasks: what the executor itself throws reaches the caller") {
  const auto broken = [](Index, Task) { throw std::runtime_error("no threads"); };
  CHECK(message_of<std::runtime_error>([&] { detail::run_tasks(broken, 2, [](Index) {}); }) ==
        "no threads");
}

TEST_CASE("run_tasks: an executor that leaves tasks out, or runs one twice, is found out") {
  const auto lazy = [](Index count, Task task) {
    for (Index t = 1; t < count; ++t) task(t);
  };
  const auto eager = [](Index count, Task task) {
    for (Index t = 0; t <= count; ++t) task(t % count);
  };
  const auto nothing = [](Index) {};
  CHECK(message_of<std::logic_error>([&] { detail::run_tasks(lazy, 3, nothing); }) ==
        "tartan: executor: it ran 2 of 3 tasks (it must run each once)");
  CHECK(message_of<std::logic_error>([&] { detail::run_tasks(eager, 3, nothing); }) ==
        "tartan: executor: it ran 4 of 3 tasks (it must run each once)");
}

// Who runs the work. An executor is anything callable as executor(count, task): it calls task(t)
// once for each t in [0, count), in any order, on any threads, and returns when all have returned.
// Layer: parallel.
#pragma once

#include <atomic>
#include <concepts>
#include <exception>
#include <stdexcept>
#include <string>

#include "../lattice/index.hpp"

namespace tartan {

/// A reference to a callable void(Index t), copied freely; valid while the executor's call lasts.
class Task {
 public:
  template <class F>
  requires(!std::same_as<F, Task> && std::invocable<const F&, Index>) explicit Task(const F& f)
      : object_(&f),
        call_([](const void* object, Index t) { (*static_cast<const F*>(object))(t); }) {}

  void operator()(Index t) const { call_(object_, t); }

 private:
  const void* object_;
  void (*call_)(const void*, Index);
};

template <class E>
concept Executor = std::invocable<const E&, Index, Task>;

namespace detail {

/// Runs f(t) for t in [0, count) on the executor; what a task throws is thrown here again, once
/// all have ended. Of several exceptions one is kept. Throws std::logic_error where the executor
/// has not run as many tasks as it was given.
template <Executor E, class F>
void run_tasks(const E& executor, Index count, const F& f) {
  if (count <= 0) return;
  if (count == 1) return f(0);
  std::atomic<Index> ran = 0;
  std::atomic<bool> failed = false;
  std::exception_ptr error;
  const auto guarded = [&](Index t) {
    ran.fetch_add(1, std::memory_order_relaxed);
    if (failed.load(std::memory_order_relaxed)) return;
    try {
      f(t);
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
    }
  };
  executor(count, Task(guarded));
  if (error) std::rethrow_exception(error);
  if (ran != count) {
    throw std::logic_error("tartan: executor: it ran " + std::to_string(ran) + " of " +
                           std::to_string(count) + " tasks (it must run each once)");
  }
}

}  // namespace detail
}  // namespace tartan

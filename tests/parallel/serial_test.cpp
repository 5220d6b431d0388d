#include <tartan/parallel/serial.hpp>

#include "support/executors.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Executor<Serial>);

TEST_CASE("Serial: tasks in order, on the caller's thread") {
  std::vector<Index> seen;
  bool here = true;
  const auto caller = std::this_thread::get_id();
  const auto note = [&](Index t) {
    seen.push_back(t);
    here = here && std::this_thread::get_id() == caller;
  };
  Serial{}(4, Task(note));
  CHECK((seen == std::vector<Index>{0, 1, 2, 3}));
  CHECK(here);
  CHECK(Serial{}.concurrency() == 1);
}

TEST_CASE("Serial keeps the laws of executors") {
  check_calls_each_once(Serial{});
  check_rethrows(Serial{});
  check_nested(Serial{}, Serial{});
}

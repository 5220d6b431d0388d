#include <tartan/kernel/ahead.hpp>
#include <vector>

#include "support/catch.hpp"

using tartan::Index;
using tartan::detail::Ahead;

TEST_CASE("all rows have been asked for after the steps that were set, and not before") {
  const std::vector<float> memory(1000);
  Ahead<float> ahead;
  CHECK(ahead.done());
  ahead.add(memory.data(), 20, 30, 20);
  ahead.add(memory.data() + 600, 3, 1, 0);
  ahead.add(memory.data() + 600, 20, 17, 20);  // 48 rows
  CHECK_FALSE(ahead.done());
  ahead.within(8);
  for (int step = 0; step < 8; ++step) {
    CHECK_FALSE(ahead.done());
    ahead.step();
  }
  CHECK(ahead.done());
  ahead.step();
  CHECK(ahead.done());
}

TEST_CASE("runs without rows, and runs beyond what there is room for, are left out") {
  const std::vector<float> memory(16);
  Ahead<float> ahead;
  ahead.add(memory.data(), 16, 0, 16);
  CHECK(ahead.done());
  for (int run = 0; run < 100; ++run) ahead.add(memory.data(), 16, 1, 16);
  ahead.within(1);
  ahead.step();
  CHECK(ahead.done());
}

TEST_CASE("it begins anew when all is done, and when it is cleared") {
  const std::vector<float> memory(16);
  Ahead<float> ahead;
  for (int run = 0; run < 100; ++run) {
    ahead.add(memory.data(), 16, 1, 16);
    CHECK_FALSE(ahead.done());
    ahead.within(1);
    if (run % 2 == 0) {
      ahead.step();
    } else {
      ahead.clear();
    }
    CHECK(ahead.done());
  }
}

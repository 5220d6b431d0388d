#include <stdexcept>
#include <tartan/layouts/check.hpp>

#include "support/catch.hpp"

using namespace tartan;

TEST_CASE("an option's message has the maker, the rule and the value") {
  const detail::OptionCheck check("layouts::some", 0, 1, 0);
  check.range(3, 3, "width", 3);
  check.rule(true, "never");
  CHECK(message_of<std::invalid_argument>([&] { check.range(2, 3, "width"); }) ==
        "tartan: layouts::some: width must be >= 3, got 2");
  CHECK(message_of<std::invalid_argument>([&] { check.range(4, 3, "width", 3); }) ==
        "tartan: layouts::some: width must be <= 3, got 4");
  CHECK(message_of<std::invalid_argument>([&] { check.rule(false, "a must be b"); }) ==
        "tartan: layouts::some: a must be b");
}

TEST_CASE("n, block and head are checked for all makers") {
  const auto make = [](Index n, Index block, Index head) {
    return message_of<std::invalid_argument>(
        [=] { detail::OptionCheck("layouts::some", n, block, head); });
  };
  CHECK(make(-1, 1, 0) == "tartan: layouts::some: n must be >= 0, got -1");
  CHECK(make(0, 0, 0) == "tartan: layouts::some: block must be >= 1, got 0");
  CHECK(make(0, 1, -2) == "tartan: layouts::some: head must be >= 0, got -2");
}

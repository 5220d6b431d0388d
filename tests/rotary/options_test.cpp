// What a Rotary is, where rows are, and what is refused of both.
#include <tartan/rotary/options.hpp>
#include <vector>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

TEST_CASE("Rotary: pairs of all of a head, or of its first columns") {
  CHECK(Rotary{.head_dim = 64}.pairs() == 32);
  CHECK(Rotary{.head_dim = 256, .rotary_dim = 64}.pairs() == 32);
  CHECK(Rotary{.head_dim = 65, .rotary_dim = 64}.pairs() == 32);
}

TEST_CASE("Positions count up from the first, or are listed") {
  const Positions none, few = 3, back = -2;
  CHECK(none[0] == 0);
  CHECK(few[4] == 7);
  CHECK(back[1] == -1);
  CHECK_FALSE(few.listed());
  const std::vector<Index> each{0, 1, 0, 5};
  const Positions listed = each;
  CHECK(listed.listed());
  CHECK(listed.size() == 4);
  CHECK(listed[2] == 0);
  CHECK(listed[3] == 5);
}

TEST_CASE("a Rotary that is not sensible is refused") {
  const auto message = [](const Rotary& rotary) {
    return message_of<std::invalid_argument>([&] { check_rotary(rotary); });
  };
  CHECK(message({.head_dim = 64}) == "nothing was thrown");
  CHECK(message({.head_dim = 65, .rotary_dim = 64}) == "nothing was thrown");
  CHECK(message({.head_dim = 0}) == "tartan: rotary: head_dim must be at least 1, got 0");
  CHECK(message({.head_dim = 65}) ==
        "tartan: rotary: rotary_dim must be even (columns turn in pairs), got 65");
  CHECK(message({.head_dim = 64, .rotary_dim = 7}) ==
        "tartan: rotary: rotary_dim must be even (columns turn in pairs), got 7");
  CHECK(message({.head_dim = 64, .rotary_dim = 66}) ==
        "tartan: rotary: rotary_dim must be within head_dim, 64, got 66");
  CHECK(message({.head_dim = 64, .rotary_dim = -2}) ==
        "tartan: rotary: rotary_dim must be within head_dim, 64, got -2");
  CHECK(message({.head_dim = 64, .base = 0}) ==
        "tartan: rotary: base must be positive and finite, got 0.000000");
  CHECK(message({.head_dim = 64, .scaling = -1}) ==
        "tartan: rotary: scaling must be positive and finite, got -1.000000");
#ifndef __FAST_MATH__
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(message({.head_dim = 64, .base = nan}) != "nothing was thrown");
  CHECK(message({.head_dim = 64, .scaling = infinity}) != "nothing was thrown");
#endif
}

TEST_CASE("positions that rows do not have, or that no double holds, are refused") {
  const auto message = [](const Positions& positions, Index rows) {
    return message_of<std::invalid_argument>([&] { check_positions(positions, rows); });
  };
  const Index most = Index{1} << 53;
  CHECK(message(-most, 10) == "nothing was thrown");
  CHECK(message(most - 9, 10) == "nothing was thrown");
  CHECK(message(most - 8, 10) ==
        "tartan: rotary: positions must be within 2^53 of 0, got 9007199254740993");
  CHECK(message(std::numeric_limits<Index>::max(), 10) != "nothing was thrown");
  CHECK(message(std::numeric_limits<Index>::max(), 0) == "nothing was thrown");
  CHECK(message(std::vector<Index>{1, -most - 1}, 2) ==
        "tartan: rotary: positions must be within 2^53 of 0, got -9007199254740993");
  CHECK(message(std::vector<Index>{1, 2}, 3) ==
        "tartan: rotary: there are 2 positions for 3 rows (each row has one)");
  CHECK(message(std::vector<Index>{}, 0) == "nothing was thrown");
}

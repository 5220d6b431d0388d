#include <stdexcept>
#include <tartan/layouts/bigbird.hpp>
#include <tartan/queries/ascii.hpp>

#include "layouts/expected_blocks.hpp"

using namespace tartan;
using namespace tartan::test;
using layouts::bigbird;

TEST_CASE("bigbird is window, first, last and R random others; its border rows see all") {
  for (const Index block : {1, 3, 4}) {
    for (const Index n : {0, 1, 2, 3, 5, 8, 13, 24, 31}) {
      for (Index random = 0; random < 5; ++random) {
        const auto layout = bigbird(n, {block, random, 7}, 1);
        ExpectedBlocks expected(n, block);
        const Index last = expected.count() - 1;
        expected.set(0, 1, 0, last + 1);
        if (last >= 0) expected.set(last, last + 1, 0, last + 1);
        for (Index r = 1; r < last; ++r) {
          for (const Index c : {Index{0}, r - 1, r, r + 1, last}) expected.set(r, r + 1, c, c + 1);
          Index others = 0, drawn = 0;
          for (Index c = 0; c <= last; ++c) {
            if (expected(r, c)) continue;
            ++others;
            if (!layout.has_block(r, c)) continue;
            ++drawn;
            expected.set(r, r + 1, c, c + 1);
          }
          CHECK(drawn == std::min(random, others));
        }
        expected.check(layout, false);
      }
    }
  }
}

TEST_CASE("bigbird's random blocks reach every other block") {
  Index reached = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto layout = bigbird(9, {.block = 1, .num_random_blocks = 1, .seed = seed});
    for (Index c = 0; c < 9; ++c) reached |= Index{layout.has_block(3, c)} << c;
  }
  CHECK(reached == 0x1ff);
}

TEST_CASE("bigbird depends on seed and head alone") {
  const auto make = [](std::uint64_t seed, Index head) {
    return bigbird(640, {.block = 16, .num_random_blocks = 3, .seed = seed}, head);
  };
  CHECK(same_blocks(make(5, 2), make(5, 2)));
  CHECK_FALSE(same_blocks(make(5, 2), make(6, 2)));
  CHECK_FALSE(same_blocks(make(5, 2), make(5, 3)));
  const auto layout = bigbird(4096);
  CHECK(layout.block() == 64);
  CHECK(layout.blocks() == 2 * 64 + 2 * (4 + 3) + 60 * (5 + 3));
}

TEST_CASE("bigbird refuses a wrong option, with the rule and the value") {
  const auto refused = [](Index n, layouts::BigBird options, Index head) {
    return message_of<std::invalid_argument>([&] { bigbird(n, options, head); });
  };
  CHECK(refused(8, {.block = 0}, 0) == "tartan: layouts::bigbird: block must be >= 1, got 0");
  CHECK(refused(-1, {}, 0) == "tartan: layouts::bigbird: n must be >= 0, got -1");
  CHECK(refused(8, {}, -1) == "tartan: layouts::bigbird: head must be >= 0, got -1");
  CHECK(refused(8, {.num_random_blocks = -2}, 0) ==
        "tartan: layouts::bigbird: num_random_blocks must be >= 0, got -2");
}

TEST_CASE("bigbird looks as its comment shows, on every platform") {
  CHECK(ascii(bigbird(9, {.block = 1, .num_random_blocks = 1}), 9) ==
        "■ ■ ■ ■ ■ ■ ■ ■ ■\n"
        "■ ■ ■ □ □ □ □ ■ ■\n"
        "■ ■ ■ ■ ■ □ □ □ ■\n"
        "■ □ ■ ■ ■ □ □ ■ ■\n"
        "■ □ ■ ■ ■ ■ □ □ ■\n"
        "■ □ □ ■ ■ ■ ■ □ ■\n"
        "■ □ □ ■ □ ■ ■ ■ ■\n"
        "■ □ □ □ ■ □ ■ ■ ■\n"
        "■ ■ ■ ■ ■ ■ ■ ■ ■\n");
}

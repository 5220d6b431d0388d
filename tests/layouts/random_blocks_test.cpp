#include <numeric>
#include <tartan/layouts/random_blocks.hpp>

#include "support/catch.hpp"

using namespace tartan;

using Numbers = std::vector<Index>;

TEST_CASE("random blocks differ from each other, ascend, and are all where there are no more") {
  detail::RandomBlocks random(1, 0);
  for (Index population = 0; population < 12; ++population) {
    for (Index count = 0; count < 14; ++count) {
      const Numbers drawn = random.draw(count, population);
      CHECK(drawn.size() == static_cast<std::size_t>(std::min(count, population)));
      CHECK(std::adjacent_find(drawn.begin(), drawn.end(), std::greater_equal<>{}) == drawn.end());
      if (!drawn.empty()) CHECK((drawn.front() >= 0 && drawn.back() < population));
    }
  }
}

TEST_CASE("every choice is as likely as any other") {
  constexpr int draws = 20000;
  detail::RandomBlocks random(2, 0);
  int times[5][5] = {};  // of each pair of 5
  for (int k = 0; k < draws; ++k) {
    const Numbers pair = random.draw(2, 5);
    ++times[pair[0]][pair[1]];
  }
  for (int a = 0; a < 5; ++a) {
    for (int b = a + 1; b < 5; ++b) CHECK(std::abs(times[a][b] - draws / 10) < draws / 100);
  }
}

TEST_CASE("random blocks are the same on every platform") {
  detail::RandomBlocks random(1, 0), head(1, 3), large(0x123456789abcdef0, Index{1} << 40);
  CHECK(random.draw(5, 100) == Numbers{8, 52, 73, 91, 95});
  CHECK(random.draw(5, 100) == Numbers{2, 42, 56, 59, 87});
  CHECK(head.draw(5, 100) == Numbers{20, 51, 57, 77, 79});
  CHECK(large.draw(5, 1000000) == Numbers{459651, 518881, 580579, 627249, 638851});
}

// What work() says, against counts of the mask and what a full tile must cost.
#include <tartan/attention/work.hpp>

#include "support/catch.hpp"
#include "support/patterns.hpp"

using namespace tartan;
using namespace tartan::test;

TEST_CASE("work: pairs, flops and bytes are those of the shapes and the mask") {
  for_each_test_pattern(9, 6, [&](const char* name, const AnyPattern& pattern) {
    for (const Index n : {0, 1, 40, 131}) {
      CAPTURE(name, n);
      const Work w = work<double>(pattern, n, 50, 8, 24);
      const double pairs = static_cast<double>(count(pattern, n, 50));
      CHECK(w.pairs == pairs);
      CHECK(w.flops == 2 * pairs * 32);
      CHECK(w.bytes == 8.0 * static_cast<double>(n * 8 + 50 * 8 + 50 * 24 + n * 24));
      // A filtered band computes all pairs within its bounds; nothing is computed twice.
      CHECK(w.computed >= pairs);
      CHECK(w.waste() >= 1);
      CHECK(w.share_of_dense > 0);
    }
  });
}

TEST_CASE("work: whole tiles waste nothing") {
  constexpr Index L = detail::Shape<float>::lanes;
  CHECK(work(Dense{}, 4 * L, 100, 64).waste() == 1);
  CHECK(work(Strided{L}, L * L, L * L, 64).waste() == 1);
  CHECK(work(OwnBlock{2 * L}, 8 * L, 8 * L, 64).waste() == 1);
  CHECK(work(Columns{7}, 3 * L, 70, 64).waste() == 1);
}

TEST_CASE("work: a window's ragged ends, where they can't be wrapped, are what it wastes") {
  // Causal: of each vector of W rows W * (W - 1) / 2 scores, and of R rows R * (R - 1) / 2 values.
  using S = detail::Shape<float>;
  const Index n = 6 * S::lanes;
  const double scores = static_cast<double>(n) * (S::width - 1) / 2;
  const double values = static_cast<double>(n) * (S::rows - 1) / 2;
  const Work w = work(Causal{}, n, n, 64);
  CHECK(w.computed == w.pairs + (scores + values) / 2);
}

TEST_CASE("work: the share of dense is 1 for dense, and grows with the pattern") {
  CHECK(work(Dense{}, 500, 700, 64).share_of_dense == 1);
  CHECK(work(Dense{}, 0, 0, 0).share_of_dense == 1);
  double before = 0;
  for (const Index window : {8, 64, 256, 1024, 4096}) {
    const double share = work(Local{window}, 4096, 4096, 64).share_of_dense;
    CHECK(share > before);
    CHECK(share > density(Local{window}, 4096));
    before = share;
  }
  CHECK(before < 1.01);
}

TEST_CASE("work refuses negative sizes") {
  CHECK(message_of<std::invalid_argument>([] { work(Dense{}, 3, -1, 4); }) ==
        "tartan: work: n and m must be >= 0, got n = 3 and m = -1");
}

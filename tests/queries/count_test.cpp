#include <stdexcept>
#include <tartan/queries/count.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

// At compile time, within the default limits of both compilers, and at any length.
static_assert(count(Local<3>{}, 4, 4) == 10);
static_assert(count(Local<32>{}, 1024) == 33 * 1024 - 2 * (16 * 17 / 2));
static_assert(count(Strided<32>{}, 1024) == 32 * 1024);
static_assert(count(Local<32>{} | Strided<32>{}, 1024) == 33 * 1024 - 272 + 31 * 1024);
static_assert(count(Local<32>{} | (Causal{} & Columns<32>{}), 1024) > 0);
static_assert(count(Causal{} & (Local<32>{} | Strided<32>{}), 1024) > 0);
static_assert(count(Local<256>{} | Strided<256>{}, 65536) == 33537920);
static_assert(count(Strided<4>{} | Strided<6>{}, 60) == 15 * 60 + 10 * 60 - 5 * 60);
static_assert(count(user::Antidiagonals{}, 9) == 27);
static_assert(count(Dense{}, 3'000'000'000, 3'000'000'000) == 9'000'000'000'000'000'000);
static_assert(count(Causal{}, 0) == 0 && count(Causal{}, 0, 9) == 0 && count(Causal{}, 9, 0) == 0);
static_assert(density(Columns<4>{}, 100, 100) == 0.25 && density(Causal{}, 32) == 0.515625);
static_assert(density(Dense{}, 0, 7) == 0 && density(Dense{}, 7, 0) == 0 &&
              density(Dense{}, 0) == 0);

TEST_CASE("floor_sum is the sum of the floors") {
  for (Index divisor = 1; divisor < 8; ++divisor) {
    for (Index step = 0; step < 18; ++step) {
      for (Index add = 0; add < 18; ++add) {
        Index sum = 0;
        for (Index n = 0; n < 14; ++n) {
          CHECK(tartan::detail::floor_sum(n, step, add, divisor) == sum);
          sum += (step * n + add) / divisor;
        }
      }
    }
  }
}

TEST_CASE("the pairs of a band are counted as if one by one") {
  Random random(1);
  for (int k = 0; k < 5000; ++k) {
    const Band band = random.band();
    Index pairs = 0;
    for (Index t = 0; t < band.rows.count; ++t) pairs += band.keys_of(band.rows[t]).count();
    INFO(text(band));
    CHECK(tartan::detail::count_pairs(band, KeepAll{}) == pairs);
    const auto even = [](Index i, Index j) { return (i + j) % 2 == 0; };
    Index kept = 0;
    for (Index i = -8; i < 64; ++i) {
      for (Index j = -8; j < 64; ++j) kept += band.contains(i, j) && even(i, j);
    }
    CHECK(tartan::detail::count_pairs(band, even) == kept);
  }
}

TEST_CASE("count and density of rectangles, and of squares by default") {
  CHECK(count(Causal{}, 3, 5) == 6);
  CHECK(count(Causal{}, 5, 3) == 12);
  CHECK(count(Causal{}, 5) == 15);
  CHECK(density(Causal{}, 3, 5) == 6.0 / 15);
  CHECK(density(Causal{}, 5) == 15.0 / 25);
}

TEST_CASE("the counts of a million positions are exact") {
  const Index n = 1'000'000;
  CHECK(count(Causal{}, n) == n * (n + 1) / 2);
  CHECK(count(Local{1001}, n) == 1001 * n - 500 * 501);
  CHECK(count(Strided{1000}, n) == 1000 * n);
  CHECK(count(Local{1001} | Strided{1000}, n) == 1001 * n - 500 * 501 + 999 * n);
  CHECK(count(Causal{} & Columns{1000}, n) == 1000 * (1000 * 1001 / 2));
}

TEST_CASE("negative sizes are refused, with both sizes in the message") {
  CHECK(message_of<std::invalid_argument>([] { count(Dense{}, -1, 4); }) ==
        "tartan: count: n and m must be >= 0, got n = -1 and m = 4");
  CHECK(message_of<std::invalid_argument>([] { count(Dense{}, -3); }) ==
        "tartan: count: n and m must be >= 0, got n = -3 and m = -3");
  CHECK(message_of<std::invalid_argument>([] { density(Dense{}, 0, -2); }) ==
        "tartan: density: n and m must be >= 0, got n = 0 and m = -2");
}

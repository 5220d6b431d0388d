#include <tartan/queries/rows.hpp>

#include "support/laws.hpp"
#include "support/patterns.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(row_count(Local<3>{}, 0, 10) == 2 && row_count(Local<3>{}, 5, 10) == 3);
static_assert(row_count(Strided<64>{}, 1000000, 1000001) == 15626);
static_assert(!has_empty_rows(Causal{}, 1000) && has_empty_rows(Window<3, 0>{}, 9, 5));
static_assert(is_causal(Fixed<128, 8>{}, 4096) && !is_causal(Local<3>{}, 2));
static_assert(is_causal(Dense{}, 1) && !is_causal(Dense{}, 1, 2));

TEST_CASE("row_count, has_empty_rows and is_causal are those of the mask") {
  for (const Index n : {0, 1, 7, 40}) {
    for (const Index m : {0, 1, 13, 41}) {
      for_each_test_pattern(5, 4, [&](const char* name, const AnyPattern& pattern) {
        CAPTURE(name, n, m);
        const auto mask = mask_matrix(pattern, n, m);
        bool empty = false, causal = true, counts = true;
        for (Index i = 0; i < n; ++i) {
          Index keys = 0;
          for (Index j = 0; j < m; ++j) {
            keys += mask(i, j);
            causal = causal && (!mask(i, j) || j <= i);
          }
          empty = empty || keys == 0;
          counts = counts && row_count(pattern, i, m) == keys;
        }
        CHECK(counts);
        CHECK(has_empty_rows(pattern, n, m) == empty);
        CHECK(is_causal(pattern, n, m) == causal);
      });
    }
  }
}

TEST_CASE("row_count of positions before 0 and far on") {
  CHECK(row_count(Window{3, 5}, -2, 10) == 4);
  CHECK(row_count(Causal{}, -1, 10) == 0);
  CHECK(row_count(Causal{}, Index{1} << 40, 10) == 10);
}

TEST_CASE("queries on rows refuse negative sizes") {
  CHECK(message_of<std::invalid_argument>([] { has_empty_rows(Dense{}, -1); }) ==
        "tartan: has_empty_rows: n and m must be >= 0, got n = -1 and m = -1");
  CHECK(message_of<std::invalid_argument>([] { is_causal(Dense{}, 1, -1); }) ==
        "tartan: is_causal: n and m must be >= 0, got n = 1 and m = -1");
}

// How far ahead rows are fetched: never beyond the last.
#include <tartan/kernel/row_ahead.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

TEST_CASE("RowAhead: 12 KiB, and 8 rows where they lie far apart") {
  CHECK(RowAhead::of<float>(64, 1000).rows == 48);
  CHECK(RowAhead::of<double>(64, 1000).rows == 24);
  CHECK(RowAhead::of<Eigen::half>(64, 1000).rows == 96);
  CHECK(RowAhead::of<float>(64 * 256, 1000).rows == 8);
  CHECK(RowAhead::of<float>(0, 1000).rows == 3072);
}

TEST_CASE("RowAhead: the last rows fetch nothing new") {
  const RowAhead ahead = RowAhead::of<float>(64, 100);
  CHECK(ahead.after(8, 64) == 48 * 64);
  CHECK(ahead.after(52, 64) == 48 * 64);  // the row in hand is 51, what is fetched 99
  CHECK(ahead.after(53, 64) == 0);
  CHECK(RowAhead::of<float>(64, 20).after(1, 64) == 0);
}

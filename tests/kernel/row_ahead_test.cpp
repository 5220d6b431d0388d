// How far ahead rows are fetched: never beyond the last.
#include <tartan/kernel/row_ahead.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

TEST_CASE("RowAhead: 8 KiB, and 8 rows where they lie far apart") {
  CHECK(RowAhead::of<float>(64, 1000).rows == 32);
  CHECK(RowAhead::of<double>(64, 1000).rows == 16);
  CHECK(RowAhead::of<Eigen::half>(64, 1000).rows == 64);
  CHECK(RowAhead::of<float>(64 * 256, 1000).rows == 8);
  CHECK(RowAhead::of<float>(0, 1000).rows == 2048);
}

TEST_CASE("RowAhead: the last rows fetch nothing new") {
  const RowAhead ahead = RowAhead::of<float>(64, 100);
  CHECK(ahead.after(8, 64) == 32 * 64);
  CHECK(ahead.after(68, 64) == 32 * 64);  // the row in hand is 67, what is fetched 99
  CHECK(ahead.after(69, 64) == 0);
  CHECK(RowAhead::of<float>(64, 20).after(1, 64) == 0);
}

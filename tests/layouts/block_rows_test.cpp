#include <tartan/layouts/block_rows.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/catch.hpp"

using namespace tartan;

TEST_CASE("blocks of a row are added in any order, more than once, and beyond the layout") {
  const auto fill = [](detail::BlockRow& row, Index r) {
    row.add(3);
    row.add(r - 1, r + 1);
    row.add(3, 9);
    row.add(-4, 1);
    row.add(2, 2);
    row.add(7, 5);
  };
  CHECK(ascii(detail::block_rows(5, 1, false, fill), 5) ==
        "■ □ □ ■ ■\n"
        "■ ■ □ ■ ■\n"
        "■ ■ ■ ■ ■\n"
        "■ □ ■ ■ ■\n"
        "■ □ □ ■ ■\n");
  CHECK(ascii(detail::block_rows(5, 2, true, fill), 5) ==
        "■ □ □ □ □\n"
        "■ ■ □ □ □\n"
        "■ ■ ■ □ □\n"
        "■ ■ ■ ■ □\n"
        "■ ■ ■ ■ ■\n");
  CHECK(detail::block_rows(5, 2, true, fill).blocks() == 6);
}

TEST_CASE("the last block may be cut short, and there may be none") {
  CHECK(detail::block_count(0, 4) == 0);
  CHECK(detail::block_count(1, 4) == 1);
  CHECK(detail::block_count(4, 4) == 1);
  CHECK(detail::block_count(5, 4) == 2);
  CHECK(detail::block_rows(0, 4, false, [](detail::BlockRow& row, Index) {
          row.add(0);
        }).blocks() == 0);
}

#include <stdexcept>
#include <tartan/layouts/deepspeed_options.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/catch.hpp"

using namespace tartan;

using Numbers = std::vector<Index>;

TEST_CASE("global blocks are single ones, or ranges where there are ends") {
  const detail::OptionCheck check("layouts::some", 0, 1);
  const Numbers begins{5, 1}, ends{7, 2}, none;
  const detail::GlobalBlocks single(check, begins, none), ranges(check, begins, ends);
  const auto row = [](const detail::GlobalBlocks& global, Index n) {
    return ascii(
        detail::block_rows(n, 1, false, [&](detail::BlockRow& r, Index) { global.add_to(r); }), 1,
        n);
  };
  CHECK(row(single, 8) == "□ ■ □ □ □ ■ □ □\n");
  CHECK(row(ranges, 8) == "□ ■ □ □ □ ■ ■ □\n");
  CHECK(row(ranges, 6) == "□ ■ □ □ □ ■\n");
  for (Index b = 0; b < 8; ++b) {
    CHECK(single.contains(b) == (b == 5 || b == 1));
    CHECK(ranges.contains(b) == (b == 5 || b == 6 || b == 1));
  }
}

TEST_CASE("global blocks refuse what is no range, with the rule and the value") {
  const auto refused = [](const Numbers& begins, const Numbers& ends) {
    return message_of<std::invalid_argument>(
        [&] { detail::GlobalBlocks(detail::OptionCheck("layouts::some", 0, 1), begins, ends); });
  };
  CHECK(refused({0, 3}, {1}) ==
        "tartan: layouts::some: global_block_end_indices must be none or as many as "
        "global_block_indices, got 1 and 2");
  CHECK(refused({0, -3}, {}) == "tartan: layouts::some: global_block_indices must be >= 0, got -3");
  CHECK(refused({0, 3}, {1, 3}) ==
        "tartan: layouts::some: global_block_end_indices must be above global_block_indices, got 3 "
        "and 3");
}

TEST_CASE("a sliding window has half of its width on each side, rounded down") {
  const auto window = [](Index width) {
    return ascii(detail::block_rows(5, 1, false,
                                    [&](detail::BlockRow& row, Index) {
                                      detail::add_sliding_window(row, 2, width);
                                    }),
                 1, 5);
  };
  CHECK(window(0) == "□ □ ■ □ □\n");
  CHECK(window(1) == "□ □ ■ □ □\n");
  CHECK(window(2) == "□ ■ ■ ■ □\n");
  CHECK(window(3) == "□ ■ ■ ■ □\n");
  CHECK(window(detail::largest) == "■ ■ ■ ■ ■\n");
}

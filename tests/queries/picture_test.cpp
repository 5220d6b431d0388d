#include <tartan/patterns/causal.hpp>
#include <tartan/patterns/dense.hpp>
#include <tartan/queries/heat_map.hpp>
#include <tartan/queries/mask_picture.hpp>

#include "support/catch.hpp"

using namespace tartan;

static_assert(detail::mix(0x000000, 0xffffff, 0, 7) == 0x000000);
static_assert(detail::mix(0x000000, 0xffffff, 7, 7) == 0xffffff);
static_assert(detail::mix(0x0010ff, 0x00200f, 1, 2) == 0x001887);
static_assert(detail::mix(0x000000, 0x010101, 1, 2) == 0x010101);  // a half is rounded up
static_assert(detail::mix(0x010203, 0x030201, 1, 2) == 0x020202);

TEST_CASE("beside keeps panels, in order, and takes the new style") {
  const Picture mask = mask_picture(Causal{}, 3, 5, {.caption = "mask"});
  const Picture weights = heat_map(Eigen::MatrixXf::Ones(2, 2), {.caption = "weights"});
  const Picture all = beside({mask, beside({weights, mask})}, {.title = "all"});
  REQUIRE(all.panels.size() == 3);
  CHECK(all.style.title == "all");
  CHECK(all.panels[0].caption == "mask");
  CHECK(all.panels[1].caption == "weights");
  CHECK(all.panels[1].cells == weights.panels[0].cells);
  CHECK(all.panels[2].palette == mask.panels[0].palette);
  CHECK((all.panels[2].rows == 3 && all.panels[2].cols == 5));
  CHECK(beside({}).panels.empty());
}

TEST_CASE("the layout: as many panels in a row as the style says") {
  const Picture one = mask_picture(Dense{}, 2, 3, {.caption = "a"});
  Picture five = beside({one, one, one, one, mask_picture(Dense{}, 4, 1)}, {.per_row = 3});
  const detail::PictureLayout layout = detail::layout_of(five, 10, 4, 7);
  CHECK((layout.panel_width == 30 && layout.panel_height == 40));
  CHECK(layout.width == 3 * (30 + 8));
  CHECK(layout.height == 2 * (40 + 7 + 8));
  CHECK((layout.panels[0].x == 4 && layout.panels[0].y == 4));
  CHECK((layout.panels[2].x == 80 && layout.panels[2].y == 4));
  CHECK((layout.panels[4].x == 42 && layout.panels[4].y == 59));
  CHECK(layout.longer() == 114);
  five.style.per_row = 0;  // at least one
  CHECK(detail::layout_of(five, 10, 4, 7).width == 38);
  five.style.per_row = 9;
  CHECK(detail::layout_of(five, 10, 4, 7).width == 5 * 38);
}

TEST_CASE("without captions no room is left for them") {
  const Picture picture = mask_picture(Dense{}, 2);
  CHECK(detail::layout_of(picture, 10, 4, 7).height == 28);
  const detail::PictureLayout none = detail::layout_of(Picture{}, 10, 4, 7);
  CHECK((none.width == 8 && none.height == 8 && none.panels.empty()));
}

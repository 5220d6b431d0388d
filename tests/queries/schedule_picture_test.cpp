#include <tartan/patterns/causal.hpp>
#include <tartan/patterns/dense.hpp>
#include <tartan/patterns/fixed.hpp>
#include <tartan/patterns/local.hpp>
#include <tartan/queries/schedule_picture.hpp>
#include <tartan/schedules/every_nth.hpp>
#include <tartan/schedules/per_head.hpp>

#include "support/catch.hpp"

using namespace tartan;

TEST_CASE("a schedule's picture has its layers' masks, with captions") {
  const EveryNth layers{3, Dense{}, Local{5}};
  const Picture picture = schedule_picture(layers, 6, 20, {.per_row = 3, .title = "six"});
  REQUIRE(picture.panels.size() == 6);
  CHECK(picture.style.title == "six");
  CHECK(picture.style.per_row == 3);
  for (std::size_t layer = 0; layer < 6; ++layer) {
    const Picture mask = layer % 3 == 2 ? mask_picture(Dense{}, 20) : mask_picture(Local{5}, 20);
    CHECK(picture.panels[layer].cells == mask.panels[0].cells);
    CHECK(picture.panels[layer].description == mask.panels[0].description);
    CHECK(picture.panels[layer].caption == "layer " + std::to_string(layer));
  }
}

TEST_CASE("heads are called heads where the caption says so") {
  const PerHead heads{[](Index head) { return Fixed{8, 2, head % 4}; }};
  const Picture picture = schedule_picture(heads, 2, 16, {.caption = "head"});
  CHECK(picture.panels.at(1).caption == "head 1");
  CHECK(picture.panels[0].cells != picture.panels[1].cells);
}

TEST_CASE("a pattern is a schedule too; long sequences are summarised") {
  const Picture picture = schedule_picture(Causal{}, 2, 1000);
  CHECK(picture.panels.at(0).cells == picture.panels.at(1).cells);
  CHECK(picture.panels[0].rows == 63);
}

TEST_CASE("schedule_picture refuses negative numbers") {
  CHECK(schedule_picture(Causal{}, 0, 5).panels.empty());
  CHECK(message_of<std::invalid_argument>([] { schedule_picture(Causal{}, -1, 5); }) ==
        "tartan: schedule_picture: layers must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] { schedule_picture(Causal{}, 0, -5); }) ==
        "tartan: schedule_picture: n and m must be >= 0, got n = -5 and m = -5");
}

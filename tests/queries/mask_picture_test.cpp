// How masks are summarised is tested through svg(), in svg_test.cpp.
#include <tartan/queries/mask.hpp>
#include <tartan/queries/mask_picture.hpp>

#include "support/catch.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

namespace {

unsigned colour(const Panel& panel, Index r, Index c) {
  return panel.palette[panel.cells[static_cast<std::size_t>(r * panel.cols + c)]];
}

}  // namespace

TEST_CASE("up to 64 a side, a mask's picture is the mask") {
  const PictureStyle style;
  const auto pattern = user::Antidiagonals{};
  const Panel panel = mask_picture(pattern, 20, 31).panels.at(0);
  REQUIRE((panel.rows == 20 && panel.cols == 31 && panel.cells.size() == 20 * 31));
  const auto mask = mask_matrix(pattern, 20, 31);
  for (Index i = 0; i < 20; ++i) {
    for (Index j = 0; j < 31; ++j) {
      if (i == j) {
        CHECK((colour(panel, i, j) == style.diagonal) == mask(i, j));
      } else {
        CHECK(colour(panel, i, j) == (mask(i, j) ? style.attended : style.empty));
      }
    }
  }
  CHECK(panel.description ==
        "20 queries (rows), 31 keys (columns): " + std::to_string(count(pattern, 20, 31)) +
            " pairs attended, density 33.4 %.");
}

TEST_CASE("the palette is the style's, and each shade is darker than the one before") {
  const auto palette = detail::mask_palette({.empty = 0xffffff, .attended = 0, .diagonal = 0});
  REQUIRE(palette.size() == 98);
  CHECK(palette[0] == 0xffffff);
  CHECK(palette[48] == 0);
  CHECK(palette[97] == 0);
  for (std::size_t x = 1; x < 49; ++x) CHECK(palette[x] < palette[x - 1]);
  for (std::size_t x = 50; x < 98; ++x) CHECK(palette[x] < palette[x - 1]);
}

TEST_CASE("a picture of a mask carries its style and caption") {
  const Picture picture = mask_picture(Causal{}, 4, {.title = "t", .caption = "c"});
  CHECK(picture.style.title == "t");
  CHECK(picture.panels.at(0).caption == "c");
  CHECK(message_of<std::invalid_argument>([] { mask_picture(Dense{}, -1); }) ==
        "tartan: mask_picture: n and m must be >= 0, got n = -1 and m = -1");
}

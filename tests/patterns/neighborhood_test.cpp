#include <stdexcept>
#include <tartan/patterns/local.hpp>
#include <tartan/patterns/neighborhood.hpp>
#include <tartan/patterns/own_block.hpp>
#include <tartan/patterns/strided.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

using Grid = Neighborhood<4, 6>;

static_assert(Pattern<Grid> && Pattern<Neighborhood<Dynamic, Dynamic>> &&
              Pattern<Neighborhood<2, 3, 4>>);
static_assert(Grid{{.kernel = 3}, {.kernel = 3}}.contains(7, 0));
static_assert(!Grid{{.kernel = 3}, {.kernel = 3}}.contains(7, 3));
static_assert(Grid{{.kernel = 3}, {.kernel = 3}}.size() == 24);
// Inside, 9 keys; 6 at the sides and 4 in the corners.
static_assert(count(Grid{{.kernel = 3}, {.kernel = 3}}, 24) == 8 * 9 + 12 * 6 + 4 * 4);
static_assert(count(Grid{{.kernel = 3, .border = Border::shift},
                         {.kernel = 3, .border = Border::shift}},
                    24) == 24 * 9);

namespace {

Axis random_axis(Random& random) {
  return {random.in(1, 5), random.in(1, 2), random.in(0, 3) == 0,
          random.in(0, 1) == 0 ? Border::shrink : Border::shift};
}

}  // namespace

TEST_CASE("Neighborhood holds what each axis holds, in one, two and three dimensions") {
  Random random(1);
  for (int trial = 0; trial < 12; ++trial) {
    const Index depth = random.in(1, 4), height = random.in(1, 5), width = random.in(1, 7);
    const Axis z = random_axis(random), y = random_axis(random), x = random_axis(random);
    const Neighborhood<Dynamic> line({width}, x);
    const Neighborhood<Dynamic, Dynamic> plane({height, width}, y, x);
    const Neighborhood<Dynamic, Dynamic, Dynamic> space({depth, height, width}, z, y, x);
    for (const AnyPattern& pattern : {any(line), any(plane), any(space)}) {
      check_laws(pattern, 10);
      check_regular(pattern);
    }
    bool same = true;
    for (Index i = -2; i < depth * height * width + 2; ++i) {
      for (Index j = 0; j < depth * height * width + 2; ++j) {
        const auto on = [&](const Axis& axis, Index below, Index n) {
          return axis.contains(i / below % n, j / below % n, n);
        };
        const auto inside = [&](Index points) { return i >= 0 && i < points && j < points; };
        const bool in_line = inside(width) && on(x, 1, width);
        const bool in_plane = inside(height * width) && on(x, 1, width) && on(y, width, height);
        const bool in_space = inside(depth * height * width) && on(x, 1, width) &&
                              on(y, width, height) && on(z, width * height, depth);
        same = same && line.contains(i, j) == in_line && plane.contains(i, j) == in_plane &&
               space.contains(i, j) == in_space;
      }
    }
    CHECK(same);
  }
}

TEST_CASE("the Sparse Transformer's row and column of a picture") {
  constexpr Index all = 100;  // a window over the whole axis
  const Index n = 24;
  const Grid row{{.kernel = 1}, {.kernel = 2 * all}}, column{{.kernel = 2 * all}, {.kernel = 1}};
  const bool rows_are_blocks = mask_matrix(row, n) == mask_matrix(OwnBlock<6>{}, n);
  const bool columns_are_strides = mask_matrix(column, n) == mask_matrix(Strided<6>{}, n);
  CHECK(rows_are_blocks);
  CHECK(columns_are_strides);
}

TEST_CASE("in one dimension, without a shift, it is a window") {
  const Neighborhood<20> line{{.kernel = 5}};
  const bool same = mask_matrix(line, 20) == mask_matrix(Local<5>{}, 20);
  CHECK(same);
}

TEST_CASE("static, half-static and dynamic Neighborhood are twins") {
  const Axis y{.kernel = 3, .border = Border::shift}, x{.kernel = 3, .dilation = 2};
  check_twins(Grid{y, x}, Neighborhood<Dynamic, Dynamic>({4, 6}, y, x));
  check_twins(Grid{y, x}, Neighborhood<Dynamic, 6>({4, 6}, y, x));
}

TEST_CASE("Neighborhood refuses a wrong grid or axis, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { Neighborhood<4>{{.kernel = 0}}; }) ==
        "tartan: Axis: kernel must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] { Neighborhood<Dynamic>({0}, {}); }) ==
        "tartan: Neighborhood: an extent must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] {
          Neighborhood<Dynamic, 6>({4, 5}, {}, {});
        }) == "tartan: Neighborhood: extent must be the static 6, got 5");
  const Index wide = Index{1} << 31;
  const std::string points = message_of<std::invalid_argument>([&] {
    Neighborhood<Dynamic, Dynamic>({wide, wide}, {}, {});
  });
  CHECK(points.starts_with("tartan: Neighborhood: points of the grid must be <= "));
}

TEST_CASE("Neighborhood looks as its comment shows") {
  CHECK(ascii(Neighborhood<3, 3>{{.kernel = 3}, {.kernel = 1}}, 9) ==
        "■ □ □ ■ □ □ □ □ □\n"
        "□ ■ □ □ ■ □ □ □ □\n"
        "□ □ ■ □ □ ■ □ □ □\n"
        "■ □ □ ■ □ □ ■ □ □\n"
        "□ ■ □ □ ■ □ □ ■ □\n"
        "□ □ ■ □ □ ■ □ □ ■\n"
        "□ □ □ ■ □ □ ■ □ □\n"
        "□ □ □ □ ■ □ □ ■ □\n"
        "□ □ □ □ □ ■ □ □ ■\n");
}

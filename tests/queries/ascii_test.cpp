#include <stdexcept>
#include <tartan/queries/ascii.hpp>

#include "support/catch.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

TEST_CASE("ascii draws a row a line, with a space between cells and none at the end") {
  CHECK(ascii(Local<3>{} | Strided<4>{}, 6) ==
        "■ ■ □ □ ■ □\n"
        "■ ■ ■ □ □ ■\n"
        "□ ■ ■ ■ □ □\n"
        "□ □ ■ ■ ■ □\n"
        "■ □ □ ■ ■ ■\n"
        "□ ■ □ □ ■ ■\n");
  CHECK(ascii(Causal{}, 2, 4) == "■ □ □ □\n■ ■ □ □\n");
  CHECK(ascii(Causal{}, 4, 2) == "■ □\n■ ■\n■ ■\n■ ■\n");
}

TEST_CASE("ascii draws any pattern") {
  CHECK(ascii(user::Antidiagonals{}, 3) == "■ □ □\n□ □ ■\n□ ■ □\n");
  CHECK(ascii(user::Nothing{}, 2) == "□ □\n□ □\n");
}

TEST_CASE("ascii of nothing: no rows, or rows with no cells") {
  CHECK(ascii(Dense{}, 0) == "");
  CHECK(ascii(Dense{}, 0, 3) == "");
  CHECK(ascii(Dense{}, 2, 0) == "\n\n");
  CHECK(ascii(Dense{}, 1) == "■\n");
}

TEST_CASE("ascii refuses negative sizes") {
  CHECK(message_of<std::invalid_argument>([] { ascii(Dense{}, -1); }) ==
        "tartan: ascii: n and m must be >= 0, got n = -1 and m = -1");
}

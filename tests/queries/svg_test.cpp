#include <stdexcept>
#include <string>
#include <tartan/queries/heat_map.hpp>
#include <tartan/queries/schedule_picture.hpp>
#include <tartan/queries/svg.hpp>
#include <tartan/schedules/alternate.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

namespace {

/// The squares of all paths that are filled with `colour`, or with any where it is "".
Index squares(const std::string& picture, const std::string& colour = "") {
  Index found = 0;
  std::size_t at = 0;
  while ((at = picture.find("<path fill=\"" + colour, at)) != std::string::npos) {
    const std::size_t end = picture.find("/>", at);
    for (; at < end; ++at) found += picture[at] == 'M';
  }
  return found;
}

bool has(const std::string& picture, const std::string& part) {
  return picture.find(part) != std::string::npos;
}

/// Every element is closed, in order, and nothing is left open.
bool well_formed(const std::string& picture) {
  std::vector<std::string> open;
  for (std::size_t at = picture.find('<'); at != std::string::npos;
       at = picture.find('<', at + 1)) {
    const std::size_t end = picture.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = picture.substr(at + 1, end - at - 1);
    if (tag.back() == '/') continue;
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty();
}

const std::string empty = "#e6e2d9", attended = "#c2453d", diagonal = "#6b1a1f";

}  // namespace

TEST_CASE("svg is one complete document that says what it shows") {
  const std::string picture = svg(Local<5>{} | Strided<8>{}, 32);
  CHECK(picture.rfind("<svg xmlns=\"http://www.w3.org/2000/svg\"", 0) == 0);
  CHECK(well_formed(picture));
  CHECK(has(picture, "viewBox=\"0 0 536 536\""));
  CHECK(has(picture, "width=\"480\" height=\"480\""));
  CHECK(has(picture, "<title>Attention mask</title>"));
  CHECK(has(
      picture,
      "<desc>32 queries (rows), 32 keys (columns): 250 pairs attended, density 24.4 %.</desc>"));
  CHECK_FALSE(has(picture, "font"));
}

TEST_CASE("up to 64, each pair is a cell") {
  for (const Index n : {1, 2, 31, 40, 41, 64}) {
    const std::string picture = svg(Local{3} | Columns{5}, n);
    CHECK(squares(picture) == n * n);
    CHECK(well_formed(picture));
  }
  const std::string picture = svg(Local{3}, 20, 30);
  CHECK(squares(picture, attended) == 2 * 20 - 1);  // one each side; row 0 has no left one
  CHECK(squares(picture, diagonal) == 20);
  CHECK(squares(picture, empty) == 20 * 30 - 3 * 20 + 1);
  CHECK(squares(svg(user::Antidiagonals{}, 9), attended) + 3 == 27);
}

TEST_CASE("cells with rounded corners are for pictures of few of them") {
  CHECK(has(svg(Causal{}, 40), "stroke-linejoin=\"round\""));
  CHECK_FALSE(has(svg(Causal{}, 41), "stroke"));
}

TEST_CASE("the diagonal can be told where it is empty") {
  const std::string picture = svg(Columns{100}, 10);
  CHECK(squares(picture, diagonal) == 1);
  CHECK(squares(picture, attended) == 9);
  CHECK(squares(picture, empty) == 81);
  CHECK(squares(picture) == 100);
}

TEST_CASE("a longer sequence is summarised in square blocks, at most 64 a side") {
  CHECK(squares(svg(Causal{}, 65)) == 33 * 33);
  CHECK(squares(svg(Causal{}, 128)) == 64 * 64);
  CHECK(squares(svg(Causal{}, 1000)) == 63 * 63);
  CHECK(squares(svg(Causal{}, 640, 100)) == 64 * 10);
  CHECK(squares(svg(Causal{}, 3, 640)) == 64);
  CHECK(has(svg(Causal{}, 640), "Each cell is 10 by 10 pairs, shaded by the square root"));
}

TEST_CASE("a cell's shade is its exact density") {
  const std::string blocks = svg(Causal{}, 128);  // of 2 by 2 pairs: three of four on the diagonal
  CHECK(squares(blocks, attended) == 64 * 63 / 2);
  CHECK(squares(blocks, empty) == 64 * 63 / 2);
  CHECK(squares(blocks, diagonal) == 0);
  // All blocks of a stride that divides them are alike: two shades, off the diagonal and on it.
  const std::string strided = svg(Strided{64}, 4096);
  CHECK(squares(strided, empty) == 0);
  const std::size_t first = strided.find("<path");
  const std::size_t second = strided.find("<path", first + 1);
  CHECK(second != std::string::npos);
  CHECK(strided.find("<path", second + 1) == std::string::npos);
  // The last blocks are cut off by the end of the sequence, and as full as the others.
  CHECK(squares(svg(Dense{}, 129), attended) == 43 * 42);
  CHECK(squares(svg(Dense{}, 130), attended) == 44 * 43);
}

TEST_CASE("a single pair in a large block can be seen") {
  const std::string picture = svg(user::Diagonals{2, 1'000'000}, 1 << 20, 1 << 20);
  CHECK(squares(picture, empty) < 64 * 63);
  CHECK(well_formed(picture));
}

TEST_CASE("a filtered pattern is summarised as well") {
  CHECK(squares(svg(user::Antidiagonals{}, 192), empty) == 0);
}

TEST_CASE("an empty mask is a valid, empty picture") {
  for (const std::string& picture : {svg(Dense{}, 0), svg(Dense{}, 0, 5), svg(Dense{}, 5, 0)}) {
    CHECK(well_formed(picture));
    CHECK(squares(picture) == 0);
    CHECK(has(picture, "0 pairs attended, density 0.0 %"));
  }
}

TEST_CASE("colours, size and title are the caller's; the title is text, not markup") {
  const std::string picture = svg(Causal{}, 4,
                                  {.size = 100,
                                   .background = 0xffffff,
                                   .empty = 0x010203,
                                   .attended = 0xabcdef,
                                   .diagonal = 0x123456,
                                   .title = "Causal<4> & \"more\""});
  CHECK(has(picture, "fill=\"#ffffff\""));
  CHECK(squares(picture, "#010203") == 6);
  CHECK(squares(picture, "#abcdef") == 6);
  CHECK(squares(picture, "#123456") == 4);
  CHECK(has(picture, "width=\"100\" height=\"100\""));
  CHECK(has(picture, "<title>Causal&lt;4&gt; &amp; \"more\"</title>"));
  CHECK(well_formed(picture));
}

TEST_CASE("a pattern is drawn as its picture is") {
  CHECK(svg(Local{5}, 20, 30) == svg(mask_picture(Local{5}, 20, 30)));
}

TEST_CASE("panels stand beside each other, each above its caption") {
  const std::string picture = svg(schedule_picture(Alternate{Local{3}, Columns{5}}, 2, 30));
  CHECK(well_formed(picture));
  CHECK(squares(picture) == 2 * 30 * 30);
  CHECK(has(picture, "viewBox=\"0 0 1008 547\""));  // 43 of it for captions
  CHECK(has(picture, "width=\"480\" height=\"260\""));
  CHECK(has(picture,
            "<text x=\"252\" y=\"528\" font-family=\"sans-serif\" font-size=\"29\" "
            "text-anchor=\"middle\" fill=\"#4a443c\">layer 0</text>"));
  CHECK(has(picture, "<text x=\"756\" "));
  CHECK(has(picture,
            "<desc>layer 0: 30 queries (rows), 30 keys (columns): 88 pairs attended, "
            "density 9.8 %. layer 1: 30 queries"));
}

TEST_CASE("a caption shrinks to its panel's width, and is text, not markup") {
  const std::string caption = "Causal{} & (Local<3>{} | Strided<4>{}), a long one";
  const std::string picture = svg(Causal{}, 10, {.caption = caption});
  CHECK(has(picture, "font-size=\"5\""));  // 160 / (0.6 * 50)
  CHECK(has(picture, ">Causal{} &amp; (Local&lt;3&gt;{}"));
  CHECK(well_formed(picture));
  // Letters are counted, not bytes.
  const std::string letters = svg(Causal{}, 10, {.size = 9, .caption = "\u00e9\u00e9\u00e9\u00e9"});
  CHECK(has(letters, "font-size=\"66\""));
}

TEST_CASE("no panels are a valid picture, too") {
  CHECK(well_formed(svg(Picture{})));
  CHECK(well_formed(svg(schedule_picture(Causal{}, 0, 5))));
}

TEST_CASE("a heat map is drawn in the colours of masks") {
  const std::string picture = svg(heat_map(Eigen::Matrix2d{{0, 1}, {0.25, 0}}));
  CHECK(squares(picture, empty) == 2);
  CHECK(squares(picture, diagonal) == 1);
  CHECK(squares(picture, attended) == 1);  // half-way: the square root of a quarter
}

TEST_CASE("svg refuses negative sizes") {
  CHECK(message_of<std::invalid_argument>([] { svg(Dense{}, 1, -1); }) ==
        "tartan: svg: n and m must be >= 0, got n = 1 and m = -1");
}

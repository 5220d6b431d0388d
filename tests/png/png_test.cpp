// Files are read again with another library than the one that wrote them.
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

#include <filesystem>
#include <memory>
#include <tartan/png/png.hpp>
#include <tartan/queries/heat_map.hpp>
#include <tartan/queries/mask.hpp>
#include <tartan/queries/schedule_picture.hpp>

#include "support/catch.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

namespace {

struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::unique_ptr<stbi_uc, void (*)(void*)> bytes{nullptr, stbi_image_free};

  /// The pixel's colour, 0xRRGGBB.
  unsigned at(Index x, Index y) const {
    const stbi_uc* pixel = bytes.get() + 3 * (y * width + x);
    return unsigned{pixel[0]} << 16 | unsigned{pixel[1]} << 8 | unsigned{pixel[2]};
  }
};

Image decode(const Picture& picture) {
  const std::vector<std::uint8_t> file = png_bytes(picture);
  Image image;
  image.bytes.reset(stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &image.width,
                                          &image.height, &image.channels, 3));
  REQUIRE(image.bytes != nullptr);
  CHECK(image.channels == 3);
  return image;
}

const PictureStyle style;

}  // namespace

TEST_CASE("each pair of a mask is a square of its colour") {
  const auto pattern = user::Antidiagonals{};
  const Image image = decode(mask_picture(pattern, 20, 30));
  // 30 cells and two margins of 3/4 of one: 480 / 31.5 is 15 whole pixels a cell.
  constexpr Index pitch = 15, margin = 12;
  CHECK(image.width == 30 * pitch + 2 * margin);
  CHECK(image.height == 20 * pitch + 2 * margin);
  const auto mask = mask_matrix(pattern, 20, 30);
  for (Index i = 0; i < 20; ++i) {
    for (Index j = 0; j < 30; ++j) {
      const Index x = margin + j * pitch, y = margin + i * pitch;
      const unsigned colour = image.at(x, y);
      if (i != j) CHECK(colour == (mask(i, j) ? style.attended : style.empty));
      if (i == j && mask(i, j)) CHECK(colour == style.diagonal);
      CHECK(image.at(x + pitch - 2, y + pitch - 2) == colour);  // to its last pixel
      CHECK(image.at(x + pitch - 1, y) == style.background);    // a gap of one
      CHECK(image.at(x, y + pitch - 1) == style.background);
    }
  }
  CHECK(image.at(0, 0) == style.background);
  CHECK(image.at(margin - 1, margin) == style.background);
  CHECK(image.at(image.width - 1, image.height - 1) == style.background);
}

TEST_CASE("a long sequence is summarised, as in SVG") {
  const Image image = decode(mask_picture(Causal{}, 128));  // blocks of 2 by 2
  constexpr Index pitch = 7, margin = 6;
  CHECK(image.width == 64 * pitch + 2 * margin);
  CHECK(image.at(margin, margin + 63 * pitch) == style.attended);
  CHECK(image.at(margin + 63 * pitch, margin) == style.empty);
  const unsigned on_diagonal = image.at(margin, margin);  // three of four pairs
  CHECK((on_diagonal != style.diagonal && on_diagonal != style.empty));
}

TEST_CASE("the longer side is style.size or less, unless a cell would have less than a pixel") {
  for (const Index size : {100, 333, 480, 2000}) {
    for (const Index n : {1, 7, 64}) {
      const Image image = decode(mask_picture(Dense{}, n, {.size = size}));
      CHECK(image.width <= size);
      CHECK(image.height == image.width);
      CHECK(2 * image.width >= size);
    }
  }
  CHECK(decode(mask_picture(Causal{}, 64, {.size = 1})).width == 64 + 2);
}

TEST_CASE("schedules and heat maps: panels in rows") {
  const Image image = decode(schedule_picture(Dense{}, 3, 10, {.size = 240, .per_row = 2}));
  constexpr Index pitch = 10, margin = 8, panel = 10 * pitch + 2 * margin;
  CHECK((image.width == 2 * panel && image.height == 2 * panel));
  for (const Index x : {margin + pitch, panel + margin + pitch}) {
    CHECK(image.at(x, margin) == style.attended);
  }
  CHECK(image.at(margin + pitch, panel + margin) == style.attended);
  CHECK(image.at(panel + margin + pitch, panel + margin) == style.background);  // no fourth
  const Image map = decode(heat_map(Eigen::RowVector3d(0, 0.25, 1), {.size = 45}));
  CHECK((map.at(8, 8) == style.empty && map.at(18, 8) == style.attended));
  CHECK(map.at(28, 8) == style.diagonal);
}

TEST_CASE("a picture of nothing is a file, too") {
  CHECK(decode(Picture{}).width > 0);
  CHECK(decode(mask_picture(Dense{}, 0, 5)).width > 0);
}

TEST_CASE("write_png writes these bytes, and says where it cannot") {
  const Picture picture = mask_picture(Local{5}, 16);
  const std::string path = "png_test_mask.png";
  write_png(path, picture);
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  file.close();
  const std::vector<std::uint8_t> bytes = png_bytes(picture);
  CHECK(text == std::string(bytes.begin(), bytes.end()));
  std::filesystem::remove(path);
  CHECK(message_of<std::runtime_error>([&] { write_png("no/such/folder/mask.png", picture); }) ==
        "tartan: write_png: cannot write 'no/such/folder/mask.png'");
}

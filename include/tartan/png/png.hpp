// Pictures as PNG files, through libpng. Optional: tartan.hpp does not include this, and a program
// that does links tartan::png. Layer: png.
#pragma once

#if !__has_include(<png.h>)
#error "tartan: png.hpp needs libpng (Debian: libpng-dev): link tartan::png"
#endif

#include <png.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../queries/picture.hpp"

namespace tartan {
namespace detail {

/// Pixels, row by row from the top: red, green, blue, of 8 bits.
struct Raster {
  Index width = 0;
  Index height = 0;
  std::vector<std::uint8_t> bytes;

  Raster(Index w, Index h, unsigned colour) : width(w), height(h) {
    bytes.resize(static_cast<std::size_t>(3 * w * h));
    fill(0, 0, w, h, colour);
  }

  void fill(Index x, Index y, Index w, Index h, unsigned colour) {
    for (Index row = y; row < y + h; ++row) {
      std::uint8_t* pixel = bytes.data() + 3 * (row * width + x);
      for (Index column = 0; column < w; ++column) {
        for (const unsigned shift : {16u, 8u, 0u}) {
          *pixel++ = static_cast<std::uint8_t>((colour >> shift) & 255u);
        }
      }
    }
  }
};

/// Cells are as many whole pixels apart as fit into style.size, and at least one.
inline Raster raster(const Picture& picture) {
  const auto layout = [&](Index pitch) { return layout_of(picture, pitch, pitch - pitch / 4, 0); };
  constexpr Index fine = 16;
  const Index pitch = max(1, picture.style.size * fine / layout(fine).longer());
  const PictureLayout places = layout(pitch);
  Raster pixels(places.width, places.height, picture.style.background);
  const Index gap = pitch < 4 ? 0 : max(1, pitch / 8), side = pitch - gap;
  for (std::size_t p = 0; p < picture.panels.size(); ++p) {
    const Panel& panel = picture.panels[p];
    const Index x = places.panels[p].x + gap / 2, y = places.panels[p].y + gap / 2;
    for (std::size_t cell = 0; cell < panel.cells.size(); ++cell) {
      const auto at = static_cast<Index>(cell);
      pixels.fill(x + at % panel.cols * pitch, y + at / panel.cols * pitch, side, side,
                  panel.palette[panel.cells[cell]]);
    }
  }
  return pixels;
}

}  // namespace detail

/// The picture as the bytes of a PNG file, of 8 bits a channel. Cells are squares of whole pixels,
/// so its longer side is style.size or less; more only where a cell would have less than a pixel.
/// Captions and the title are left out: a PNG has no text. Throws std::runtime_error where libpng
/// refuses.
///
///     const std::vector<std::uint8_t> bytes = png_bytes(mask_picture(Local<5>{}, 32));
inline std::vector<std::uint8_t> png_bytes(const Picture& picture) {
  const detail::Raster pixels = detail::raster(picture);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(pixels.width);
  image.height = static_cast<png_uint_32>(pixels.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::uint8_t> file(size);
  if (!png_image_write_to_memory(&image, file.data(), &size, 0, pixels.bytes.data(), 0, nullptr)) {
    throw std::runtime_error(std::string("tartan: png_bytes: libpng: ") + image.message);
  }
  file.resize(size);
  return file;
}

/// The same, written to a file. Throws std::runtime_error, with the path, where it cannot be.
///
///     write_png("mask.png", mask_picture(Local<256>{} | Strided<256>{}, 65536));
///     write_png("layers.png", schedule_picture(presets::gpt3<8>{}, 4, 32));
///     write_png("weights.png", heat_map(weights));
inline void write_png(const std::string& path, const Picture& picture) {
  const std::vector<std::uint8_t> bytes = png_bytes(picture);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("tartan: write_png: cannot write '" + path + "'");
}

}  // namespace tartan

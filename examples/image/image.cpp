#include "image.hpp"

#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "denoising/gaussian.hpp"

namespace image {
namespace {

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
}

}  // namespace

Image read(const std::string& path) {
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<std::uint8_t, void (*)(void*)> bytes(
      stbi_load(path.c_str(), &width, &height, &channels, 3), stbi_image_free);
  if (!bytes) throw std::runtime_error(path + ": " + stbi_failure_reason());
  Image picture{width, height, {}};
  const Eigen::Map<const Eigen::Matrix<std::uint8_t, Eigen::Dynamic, 3, Eigen::RowMajor>> raster(
      bytes.get(), picture.width * picture.height, 3);
  picture.pixels = raster.cast<float>() / 255;
  return picture;
}

void write_png(const std::string& path, const Image& picture) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(picture.pixels.size()));
  for (const float value : picture.pixels.reshaped<Eigen::RowMajor>())
    bytes.push_back(to_byte(value));
  const int width = static_cast<int>(picture.width), height = static_cast<int>(picture.height);
  stbi_write_png_compression_level = 16;
  if (stbi_write_png(path.c_str(), width, height, 3, bytes.data(), 3 * width) == 0) {
    throw std::runtime_error(path + ": cannot be written");
  }
}

Image with_noise(const Image& picture, double sigma, unsigned seed) {
  denoising::Gaussian gaussian(seed);
  Image noisy = picture;
  for (float& value : noisy.pixels.reshaped<Eigen::RowMajor>()) {
    value = static_cast<float>(to_byte(value + static_cast<float>(sigma * gaussian()))) / 255;
  }
  return noisy;
}

double estimate_noise(const Image& picture) {
  const Eigen::Index width = picture.width;
  std::vector<float> sizes;
  for (Eigen::Index y = 0; y + 1 < picture.height; ++y) {
    for (Eigen::Index x = 0; x + 1 < width; ++x) {
      const Eigen::Index at = y * width + x;
      const auto p = [&](Eigen::Index i) { return picture.pixels.row(i); };
      const Eigen::RowVector3f second = (p(at) - p(at + 1) - p(at + width) + p(at + width + 1)) / 2;
      for (const float value : second) sizes.push_back(std::abs(value));
    }
  }
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle / 0.6745;  // a Gaussian's median absolute value, in standard deviations
}

double psnr(const Image& a, const Image& b) {
  const double mean_square =
      (a.pixels - b.pixels).cast<double>().squaredNorm() / static_cast<double>(a.pixels.size());
  return -10 * std::log10(mean_square);
}

}  // namespace image

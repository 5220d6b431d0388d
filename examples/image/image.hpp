// Pictures in memory and in files, and the little that denoise needs to know about noise.
#pragma once

#include <Eigen/Core>
#include <string>

namespace image {

using Pixels = Eigen::Matrix<float, Eigen::Dynamic, 3, Eigen::RowMajor>;

/// One row a pixel, in raster order: red, green, blue, each from 0 to 1.
struct Image {
  Eigen::Index width = 0;
  Eigen::Index height = 0;
  Pixels pixels;
};

/// Reads PNG, JPEG and what else stb_image knows; throws std::runtime_error where it cannot.
Image read(const std::string& path);

/// Writes a PNG file of 8 bits a channel; throws std::runtime_error where it cannot.
void write_png(const std::string& path, const Image& picture);

/// The picture with Gaussian noise of standard deviation `sigma` on every channel, as a file would
/// hold it: cut to [0, 1] and rounded to 8 bits. The same seed gives the same noise.
Image with_noise(const Image& picture, double sigma, unsigned seed);

/// The standard deviation of the noise, from the picture alone: the median absolute second
/// difference across 2 x 2 pixels, which smooth parts of a picture leave near 0.
double estimate_noise(const Image& picture);

/// Peak signal-to-noise ratio in dB: 10 log10(1 / mean squared difference).
double psnr(const Image& a, const Image& b);

}  // namespace image

// Removes noise from a picture. Non-local means (Buades, Coll and Morel, 2005) replaces each pixel
// by a mean of the pixels whose surroundings look alike: with p_i the patch around pixel i,
//
//   out_i = sum_j w_ij pixel_j / sum_j w_ij,   w_ij = exp(-|p_i - p_j|^2 / h^2),
//
// which *is* attention. Since -|p_i - p_j|^2 = 2 p_i·p_j - |p_j|^2 - |p_i|^2, where the last term
// is the same for all j and drops out of the softmax, it is attention with
//
//   q_i = [2 p_i, -1],   k_j = [p_j, |p_j|^2],   v_j = pixel_j,   scale = 1 / h^2.
//
// One token a pixel, in raster order: Local of some widths of the picture is the rows near by, and
// Strided of the width is the pixel's own column.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <tartan/tartan.hpp>

#include "image/image.hpp"

namespace {

using tartan::Index;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr const char* usage = R"(usage: denoise PICTURE [option]...
  --noise SIGMA      add Gaussian noise first (of 255, default 25); 0: the picture is noisy already
  --pattern NAME     dense, rows, column or tartan (rows | column); default all
  --rows N           the window of rows and tartan: N rows of the picture (default 8)
  --dense            run dense on a large picture too
  --out FOLDER       where the results go (default: here)
  --require-gain DB  exit 1 unless every result is so much nearer to the original than the noisy one
)";

/// Above this many tokens dense attention is not run, only its time estimated.
constexpr Index most_dense_tokens = 16384;

struct Arguments {
  std::string picture;
  std::string pattern = "all";
  std::string out = ".";
  double noise = 25;
  double require_gain = 0;
  Index rows = 8;
  bool dense = false;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int a = 1; a < argc; ++a) {
    const std::string word = argv[a];
    const auto value = [&]() -> std::string {
      if (a + 1 == argc) throw std::invalid_argument(word + " needs a value");
      return argv[++a];
    };
    if (word == "--noise") {
      arguments.noise = std::stod(value());
    } else if (word == "--pattern") {
      arguments.pattern = value();
    } else if (word == "--rows") {
      arguments.rows = std::stoi(value());
    } else if (word == "--dense") {
      arguments.dense = true;
    } else if (word == "--out") {
      arguments.out = value();
    } else if (word == "--require-gain") {
      arguments.require_gain = std::stod(value());
    } else if (word.starts_with("-") || !arguments.picture.empty()) {
      throw std::invalid_argument("not understood: " + word);
    } else {
      arguments.picture = word;
    }
  }
  if (arguments.picture.empty()) throw std::invalid_argument("which picture?");
  const auto& name = arguments.pattern;
  if (name != "all" && name != "dense" && name != "rows" && name != "column" && name != "tartan") {
    throw std::invalid_argument("no such pattern: " + name);
  }
  return arguments;
}

/// One row a pixel: the colours of the 3 x 3 pixels around it; at the border, mirrored.
Matrix patches(const image::Image& picture) {
  const auto mirror = [](Index place, Index size) {
    if (size == 1) return Index{0};
    return place < 0 ? -place : place < size ? place : 2 * size - 2 - place;
  };
  Matrix result(picture.pixels.rows(), 27);
  for (Index i = 0; i < result.rows(); ++i) {
    for (Index n = 0; n < 9; ++n) {
      const Index x = mirror(i % picture.width + n % 3 - 1, picture.width);
      const Index y = mirror(i / picture.width + n / 3 - 1, picture.height);
      result.row(i).segment<3>(3 * n) = picture.pixels.row(y * picture.width + x);
    }
  }
  return result;
}

/// A noisy picture as queries, keys and values.
class Denoiser {
 public:
  Denoiser(const image::Image& noisy, double sigma) : noisy_(noisy) {
    Matrix patch = patches(noisy);
    patch.rowwise() -= patch.colwise().mean().eval();  // distances stay, rounding errors shrink
    const Eigen::VectorXf square = patch.rowwise().squaredNorm();
    q_.resize(patch.rows(), patch.cols() + 1);
    k_.resize(patch.rows(), patch.cols() + 1);
    q_ << 2 * patch, Eigen::VectorXf::Constant(patch.rows(), -1);
    k_ << patch, square;

    // h^2 = (0.6 sigma)^2 for each number of a patch.
    options_.scale = 1 / (0.36 * sigma * sigma * static_cast<double>(patch.cols()));
    self_score_ = square * static_cast<float>(*options_.scale);
    // A patch is at distance 0 from itself, where any other differs by noise of 2 sigma^2 a number:
    // this much of a pixel's own weight is due to that alone.
    self_excess_ = static_cast<float>(1 - std::exp(-2 / 0.36));
  }

  template <tartan::Pattern P>
  image::Image run(const P& pattern) const {
    const auto [out, lse] = attention_with_lse(q_, k_, noisy_.pixels, pattern, options_);
    // Taken out again: the pixel's own weight is exp(its score - log-sum-exp of all scores).
    const Eigen::ArrayXf excess = self_excess_ * (self_score_ - lse).array().exp();
    image::Image result{noisy_.width, noisy_.height, out};
    result.pixels.array() -= noisy_.pixels.array().colwise() * excess;
    result.pixels.array().colwise() /= 1 - excess;
    return result;
  }

  Index tokens() const { return q_.rows(); }

  /// Seconds that dense attention would take: those of its first 512 rows, and as much for each.
  double dense_seconds() const {
    const auto begin = std::chrono::steady_clock::now();
    attention(q_.topRows(512), k_, noisy_.pixels, tartan::Dense{}, options_);
    const std::chrono::duration<double> slice = std::chrono::steady_clock::now() - begin;
    return slice.count() * static_cast<double>(tokens()) / 512;
  }

 private:
  image::Image noisy_;
  Matrix q_, k_;
  Eigen::VectorXf self_score_;
  float self_excess_;
  tartan::Options options_;
};

int denoise(const Arguments& arguments) {
  const image::Image picture = image::read(arguments.picture);
  const bool original_is_known = arguments.noise > 0;
  const image::Image noisy =
      original_is_known ? image::with_noise(picture, arguments.noise / 255, 1) : picture;
  const double sigma = original_is_known ? arguments.noise / 255 : image::estimate_noise(noisy);
  if (sigma == 0) throw std::runtime_error(arguments.picture + ": no noise found");
  const double noisy_psnr = original_is_known ? image::psnr(picture, noisy) : 0;

  std::filesystem::create_directories(arguments.out);
  const std::string stem =
      arguments.out + "/" + std::filesystem::path(arguments.picture).stem().string() + "_";
  image::write_png(stem + "noisy.png", noisy);

  const Denoiser denoiser(noisy, sigma);
  const Index tokens = denoiser.tokens(), width = picture.width;
  std::cout << std::fixed << std::setprecision(1) << arguments.picture << ": " << width << " x "
            << picture.height << " = " << tokens << " tokens, noise " << 255 * sigma << " of 255"
            << (original_is_known ? "" : " (estimated)") << "\n\n"
            << "pattern    attended         time    PSNR noisy -> denoised\n";

  bool enough = true;
  const auto run = [&](const std::string& name, const auto& pattern) {
    if (arguments.pattern != "all" && arguments.pattern != name) return;
    std::cout << std::left << std::setw(8) << name << std::right << std::setprecision(2)
              << std::setw(9) << 100 * density(pattern, tokens) << " %" << std::flush;
    const auto begin = std::chrono::steady_clock::now();
    const image::Image result = denoiser.run(pattern);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    std::cout << std::setprecision(1) << std::setw(10) << 1000 * time.count() << " ms";
    if (original_is_known) {
      const double psnr = image::psnr(picture, result);
      enough = enough && psnr >= noisy_psnr + arguments.require_gain;
      std::cout << std::setprecision(2) << std::setw(9) << noisy_psnr << " -> " << psnr << " dB";
    }
    std::cout << std::endl;
    image::write_png(stem + name + ".png", result);
  };
  const tartan::Local rows(arguments.rows * width);
  const tartan::Strided column(width);
  if (tokens <= most_dense_tokens || arguments.dense) {
    run("dense", tartan::Dense{});
  } else if (arguments.pattern == "all" || arguments.pattern == "dense") {
    std::cout << "dense      100.00 %" << std::setw(10) << 1000 * denoiser.dense_seconds()
              << " ms    estimated from 512 rows: not run above " << most_dense_tokens
              << " tokens without --dense" << std::endl;
  }
  run("rows", rows);
  run("column", column);
  run("tartan", rows | column);

  std::cout << "\nwritten: " << stem << "*.png\n";
  if (!enough) std::cout << "a result gains less than " << arguments.require_gain << " dB\n";
  return enough ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  return denoise(parse(argc, argv));
} catch (const std::invalid_argument& error) {
  std::cerr << "denoise: " << error.what() << "\n" << usage;
  return 2;
} catch (const std::exception& error) {
  std::cerr << "denoise: " << error.what() << "\n";
  return 2;
}

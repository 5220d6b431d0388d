// Removes noise from a picture by non-local means, which is attention: queries and keys are
// patches, values are pixels; see denoising/non_local_means.hpp.
//
// One token a pixel, in raster order. The pixel's own row is OwnBlock of the picture's width, its
// own column Strided of the width: together they are the Sparse Transformer's two factors for
// pictures (arXiv 1904.10509), without Causal, as nothing is generated here and later pixels are
// known. Local of some widths is the rows near by, and Neighborhood a square around the pixel.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <tartan/tartan.hpp>

#include "command_line/number.hpp"
#include "denoising/non_local_means.hpp"
#include "image/image.hpp"

namespace {

using denoising::Matrix;
using tartan::Index;

constexpr const char* usage = R"(usage: denoise PICTURE [option]...
  --noise SIGMA      add Gaussian noise first (of 255, default 25); 0: the picture is noisy already
  --pattern NAME     default all; one of
                     dense         every pixel
                     row           those of its own row
                     column        those of its own column
                     row-column    both
                     neighborhood  a square around it
                     rows          the rows near by
                     tartan        these and its own column
  --square N         neighborhood: N x N pixels (default 25)
  --rows N           rows and tartan: a window of N rows of the picture (default 8)
  --dense            run dense on a large picture too
  --out FOLDER       where the results go (default: here)
  --require-gain DB  exit 1 unless every result is so much nearer to the original than the noisy one
)";

constexpr const char* patterns[] = {"all",        "dense",        "row",  "column",
                                    "row-column", "neighborhood", "rows", "tartan"};

/// Above this many tokens dense attention is not run, only its time estimated.
constexpr Index most_dense_tokens = 16384;

struct Arguments {
  std::string picture;
  std::string pattern = "all";
  std::string out = ".";
  double noise = 25;
  double require_gain = 0;
  Index square = 25;
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
      arguments.noise = command_line::number(word, value(), 0, 255);
    } else if (word == "--pattern") {
      arguments.pattern = value();
    } else if (word == "--rows") {
      arguments.rows = command_line::whole_number(word, value(), 1, 65536);
    } else if (word == "--square") {
      arguments.square = command_line::whole_number(word, value(), 1, 65536);
    } else if (word == "--dense") {
      arguments.dense = true;
    } else if (word == "--out") {
      arguments.out = value();
    } else if (word == "--require-gain") {
      arguments.require_gain = command_line::number(word, value(), 0, 100);
    } else if (word.starts_with("-") || !arguments.picture.empty()) {
      throw std::invalid_argument("not understood: " + word);
    } else {
      arguments.picture = word;
    }
  }
  if (arguments.picture.empty()) throw std::invalid_argument("which picture?");
  const std::string& name = arguments.pattern;
  if (std::find(std::begin(patterns), std::end(patterns), name) == std::end(patterns)) {
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

  const denoising::NonLocalMeans denoiser(patches(noisy), sigma);
  const Matrix pixels = noisy.pixels;
  const Index tokens = denoiser.tokens(), width = picture.width;
  std::cout << std::fixed << std::setprecision(1) << arguments.picture << ": " << width << " x "
            << picture.height << " = " << tokens << " tokens, noise " << 255 * sigma << " of 255"
            << (original_is_known ? "" : " (estimated)") << "\n\n"
            << "pattern         attended         time    PSNR noisy -> denoised\n";

  bool enough = true;
  const auto run = [&](const std::string& name, const auto& pattern) {
    if (arguments.pattern != "all" && arguments.pattern != name) return;
    std::cout << std::left << std::setw(13) << name << std::right << std::setprecision(2)
              << std::setw(9) << 100 * density(pattern, tokens) << " %" << std::flush;
    const auto begin = std::chrono::steady_clock::now();
    const image::Image result{width, picture.height, denoiser.means(pixels, pattern)};
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
  const tartan::OwnBlock row(width);
  const tartan::Strided column(width);
  const tartan::Axis side{.kernel = arguments.square};
  const tartan::Local rows(arguments.rows * width);
  if (tokens <= most_dense_tokens || arguments.dense) {
    run("dense", tartan::Dense{});
  } else if (arguments.pattern == "all" || arguments.pattern == "dense") {
    std::cout << "dense           100.00 %" << std::setw(10)
              << 1000 * denoiser.dense_seconds(pixels)
              << " ms    estimated from 512 rows: not run above " << most_dense_tokens
              << " tokens without --dense" << std::endl;
  }
  run("row", row);
  run("column", column);
  // A row and a column share only the pixel itself. Taken out of the column, it need not be cut out
  // of each column by each row: the same mask, of a thousand bands in place of 300,000.
  run("row-column", row | (column - tartan::Local<0>{}));
  run("neighborhood",
      tartan::Neighborhood<tartan::Dynamic, tartan::Dynamic>({picture.height, width}, side, side));
  run("rows", rows);
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

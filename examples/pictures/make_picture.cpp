// Makes the pictures of this folder: a tartan cloth in folds, with two buttons. All of it is drawn
// here, from nothing but arithmetic.
//
//   make_picture 64 tartan_64.png       4096 tokens, as in the Sparse Transformer's picture models
//   make_picture 384 tartan_384.png     147456 tokens
//   make_picture 1024 tartan_1024.png   a million; not kept here
//
// The two that are kept here have been compressed once more, by a better deflate; not a pixel of
// theirs differs.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <numbers>
#include <string>

#include "image/image.hpp"

namespace {

using Colour = Eigen::RowVector3f;

/// 0 below `begin`, 1 above `end`, smooth between.
float ramp(float begin, float end, float x) {
  const float t = std::clamp((x - begin) / (end - begin), 0.0f, 1.0f);
  return t * t * (3 - 2 * t);
}

Colour mix(const Colour& a, const Colour& b, float share) { return a + share * (b - a); }

/// The colour of a thread: the sett, 32 threads from one pivot to the other and back again.
Colour thread_colour(int thread) {
  const Colour navy(0.08f, 0.12f, 0.30f), green(0.07f, 0.36f, 0.26f), cream(0.93f, 0.88f, 0.74f),
      red(0.74f, 0.10f, 0.13f), gold(0.90f, 0.64f, 0.16f), black(0.05f, 0.06f, 0.09f);
  const int period = 64;
  const int place = ((thread % period) + period) % period;
  const int t = place < 32 ? place : period - 1 - place;
  if (t < 2) return cream;
  if (t < 10) return red;
  if (t < 12) return black;
  if (t < 20) return navy;
  if (t < 21) return gold;
  if (t < 30) return green;
  return black;
}

/// Light on the folds of the cloth at (x, y), both from 0 to 1.
float folds(float x, float y) {
  return 0.88f + 0.14f * std::sin(5.0f * x + 3.2f * y + 1.1f * std::sin(4.0f * y)) +
         0.08f * std::sin(11.0f * x - 4.0f * y + 0.7f);
}

/// The cloth: 2/2 twill, each thread over two and under two, one step further in each row.
Colour cloth(float x, float y, float threads) {
  const float drape_x = x + 0.012f * std::sin(7.0f * y + 2.0f * x);
  const float drape_y = y + 0.014f * std::sin(6.0f * x + 1.0f);
  const float u = drape_x * threads + 7, v = drape_y * threads + 7;
  const int warp = static_cast<int>(std::floor(u)), weft = static_cast<int>(std::floor(v));
  const bool warp_on_top = (((warp - weft) % 4) + 4) % 4 < 2;
  const float across = warp_on_top ? u - std::floor(u) : v - std::floor(v);
  const float roundness = 0.80f + 0.25f * std::sin(std::numbers::pi_v<float> * across);
  return thread_colour(warp_on_top ? warp : weft) * roundness * folds(x, y);
}

struct Button {
  float x, y, radius;
  Colour colour;
};

/// Draws the button, and its shadow on the cloth, over `below`.
Colour with_button(const Colour& below, const Button& button, float x, float y) {
  const float dx = (x - button.x) / button.radius, dy = (y - button.y) / button.radius;
  const float shadow = 1 - ramp(0.8f, 1.35f, std::hypot(dx - 0.16f, dy - 0.20f));
  const Colour ground = below * (1 - 0.65f * shadow);
  const float r = std::hypot(dx, dy);
  if (r > 1) return ground;

  // The height's slope along the radius: a raised rim around a shallow bowl.
  const float slope = r > 0.72f ? 5.0f * (0.86f - r) : 0.45f * r;
  const float light = 0.72f - slope * (dx + dy) / std::max(r, 0.05f) * 0.30f;
  Colour colour = button.colour * std::clamp(light, 0.15f, 1.3f);
  const float gloss = 1 - ramp(0.0f, 0.22f, std::hypot(dx + 0.58f, dy + 0.58f));
  colour = mix(colour, Colour(1, 1, 1), 0.7f * gloss);

  // Two threads cross through four holes.
  const float a = (dx + dy) * 0.7071f, b = (dx - dy) * 0.7071f;
  const float near = std::min(std::abs(a), std::abs(b)), far = std::max(std::abs(a), std::abs(b));
  const float hole = 1 - ramp(0.09f, 0.12f, std::hypot(near, far - 0.28f));
  colour = mix(colour, Colour(0.06f, 0.04f, 0.04f), hole);
  if (near < 0.055f && far < 0.30f) {
    colour = Colour(0.90f, 0.84f, 0.70f) * (1 - 6.0f * near) * (0.8f + 0.2f * std::cos(60 * far));
  }
  return mix(ground, colour, 1 - ramp(0.98f, 1.0f, r));
}

Colour scene(float x, float y, float threads) {
  const std::array buttons{Button{0.665f, 0.645f, 0.19f, Colour(0.86f, 0.58f, 0.22f)},
                           Button{0.235f, 0.265f, 0.115f, Colour(0.80f, 0.84f, 0.90f)}};
  Colour colour = cloth(x, y, threads);
  for (const Button& button : buttons) colour = with_button(colour, button, x, y);
  return colour * (1.06f - 0.28f * std::hypot(x - 0.45f, y - 0.42f));
}

image::Image draw(Eigen::Index size) {
  constexpr int samples = 5;  // across each pixel and down it: threads are a pixel or two wide
  const float threads = size >= 192 ? 192.0f : 32.0f;
  image::Image picture{size, size, image::Pixels::Zero(size * size, 3)};
  for (Eigen::Index i = 0; i < size * size * samples * samples; ++i) {
    const Eigen::Index pixel = i / (samples * samples);
    const auto at = [&](Eigen::Index place, Eigen::Index sample) {
      return (static_cast<float>(place) + (static_cast<float>(sample) + 0.5f) / samples) /
             static_cast<float>(size);
    };
    const float x = at(pixel % size, i % samples), y = at(pixel / size, i / samples % samples);
    picture.pixels.row(pixel) += scene(x, y, threads) / (samples * samples);
  }
  return picture;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_picture SIZE OUT.png\n";
    return 2;
  }
  image::write_png(argv[2], draw(std::atoi(argv[1])));
}

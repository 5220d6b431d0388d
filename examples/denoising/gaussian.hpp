// Gaussian noise that is the same everywhere: std::normal_distribution differs between standard
// libraries. For the examples that remove noise.
#pragma once

#include <cmath>
#include <numbers>
#include <random>

namespace denoising {

/// Numbers of mean 0 and standard deviation 1, by Box and Muller's method.
class Gaussian {
 public:
  explicit Gaussian(unsigned seed) : bits_(seed) {}

  double operator()() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  double uniform() { return (static_cast<double>(bits_()) + 0.5) / 4294967296.0; }

  std::mt19937 bits_;
};

}  // namespace denoising

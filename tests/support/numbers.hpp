// Plain arrays of numbers on the heap, no larger than asked for: what is read or written beside
// them, the address sanitizer sees; what is written between, a comparison with `untouched`.
#pragma once

#include <random>
#include <tartan/lattice/index.hpp>
#include <vector>

namespace tartan::test {

/// A number of any scalar type, 16 bits included, as a double.
template <class S>
double number(S x) {
  return static_cast<double>(static_cast<float>(x));
}
inline double number(double x) { return x; }

/// In places that must not be written. No result of any test.
inline constexpr double untouched = 12345.0;

template <class T>
class Numbers {
 public:
  explicit Numbers(Index count, double value = untouched)
      : numbers_(static_cast<std::size_t>(count > 0 ? count : 1), static_cast<T>(value)) {}

  /// Normally distributed numbers, the same for the same seed.
  static Numbers random(Index count, unsigned seed, double size = 1.0) {
    Numbers numbers(count);
    std::mt19937 engine(seed);
    std::normal_distribution<double> normal(0.0, size);
    for (T& x : numbers.numbers_) x = static_cast<T>(normal(engine));
    return numbers;
  }

  T* data() { return numbers_.data(); }
  const T* data() const { return numbers_.data(); }
  T& operator[](Index i) { return numbers_[static_cast<std::size_t>(i)]; }
  const T& operator[](Index i) const { return numbers_[static_cast<std::size_t>(i)]; }
  bool operator==(const Numbers&) const = default;

 private:
  std::vector<T> numbers_;
};

}  // namespace tartan::test

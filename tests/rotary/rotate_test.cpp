// Pairs of numbers are turned where they are, and nothing beside them.
#include <tartan/rotary/rotate.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using namespace tartan::detail;
using namespace tartan::test;

namespace {

constexpr double epsilon_of(double) { return std::numeric_limits<double>::epsilon(); }
constexpr double epsilon_of(float) { return std::numeric_limits<float>::epsilon(); }
constexpr double epsilon_of(Eigen::half) { return 1.0 / 1024; }
constexpr double epsilon_of(Eigen::bfloat16) { return 1.0 / 128; }

/// Turns pairs that lie `stride` apart, b after a by `across`; true where all are right.
template <class T>
bool turns_runs(Index count, Index stride, Index across) {
  using C = Computed<T>;
  const Index size = (count > 0 ? (count - 1) * stride : 0) + across + 1;
  const auto before = Numbers<T>::random(size, 1);
  const auto cos = Numbers<C>::random(count, 2), sin = Numbers<C>::random(count, 3);
  auto x = before, expected = before;
  rotate_runs(x.data(), x.data() + across, stride, cos.data(), sin.data(), count);
  bool right = true;
  for (Index e = 0; e < count; ++e) {
    const Index a = e * stride, b = a + across;
    const double u = double(before[a]), v = double(before[b]), c = double(cos[e]),
                 s = double(sin[e]);
    const double allowed =
        2 * epsilon_of(T()) * (std::abs(u) + std::abs(v)) * (std::abs(c) + std::abs(s));
    right = right && std::abs(double(x[a]) - (u * c - v * s)) <= allowed &&
            std::abs(double(x[b]) - (u * s + v * c)) <= allowed;
    expected[a] = x[a];
    expected[b] = x[b];
  }
  for (Index e = 0; e < size; ++e) right = right && x[e] == expected[e];  // nothing else is written
  return right;
}

/// rotate_neighbour_runs is rotate_runs of pairs that are 2 apart.
template <class T>
bool turns_neighbours(Index count) {
  using C = Computed<T>;
  auto x = Numbers<T>::random(2 * count, 1), y = x;
  const auto turn = Numbers<C>::random(2 * count, 2);
  Numbers<C> cos(count), sin(count);
  for (Index t = 0; t < count; ++t) {
    cos[t] = turn[2 * t];
    sin[t] = turn[2 * t + 1];
  }
  rotate_runs(x.data(), x.data() + 1, 2, cos.data(), sin.data(), count);
  rotate_neighbour_runs(y.data(), turn.data(), count);
  bool right = true;
  for (Index e = 0; e < 2 * count; ++e) {
    right = right && std::abs(double(x[e]) - double(y[e])) <= 32 * epsilon_of(T());
  }
  return right;
}

}  // namespace

TEMPLATE_TEST_CASE("runs of pairs are turned, for any count and stride", "", float, double,
                   Eigen::half, Eigen::bfloat16) {
  for (const Index count : {0, 1, 2, 7, 8, 16, 31, 64, 65, 130}) {
    CAPTURE(count);
    CHECK(turns_runs<TestType>(count, 1, count + 3));  // two runs
    CHECK(turns_runs<TestType>(count, 2, 1));          // neighbours
    CHECK(turns_runs<TestType>(count, 7, 3));          // far apart
    CHECK(turns_neighbours<TestType>(count));
  }
}

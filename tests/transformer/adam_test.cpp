// Adam against its formulas written out, clipping, and the learning rate.
#include "../../examples/transformer/adam.hpp"

#include "support/catch.hpp"

using namespace transformer;

TEST_CASE("two steps of Adam are those of its paper") {
  Parameter<double> p{"p", Matrix<double>::Constant(1, 1, 2.0)};
  Adam<double> adam({&p});
  double m = 0, v = 0, value = 2;
  for (int step = 1; step <= 2; ++step) {
    const double g = step == 1 ? 0.5 : -3.0;
    p.gradient(0, 0) = g;
    adam.update(0.1, step);
    m = 0.9 * m + 0.1 * g;
    v = 0.99 * v + 0.01 * g * g;
    value -=
        0.1 * (m / (1 - std::pow(0.9, step))) / (std::sqrt(v / (1 - std::pow(0.99, step))) + 1e-8);
    CHECK(std::abs(p.value(0, 0) - value) < 1e-12);
  }
}

TEST_CASE("gradients are clipped by the norm of all of them together") {
  Parameter<double> a{"a", Matrix<double>::Zero(1, 2)}, b{"b", Matrix<double>::Zero(1, 1)};
  a.gradient << 3, 0;
  b.gradient << 4;
  const Parameters<double> both{&a, &b};
  CHECK(clip_gradients(both, 10) == 5);
  CHECK(a.gradient(0, 0) == 3);
  CHECK(clip_gradients(both, 1) == 5);
  CHECK(std::abs(a.gradient(0, 0) - 0.6) < 1e-15);
  CHECK(std::abs(b.gradient(0, 0) - 0.8) < 1e-15);
}

TEST_CASE("the learning rate rises, and falls to a tenth") {
  CHECK(learning_rate(1, 1, 100, 10) == 0.1);
  CHECK(learning_rate(1, 10, 100, 10) == 1);
  CHECK(std::abs(learning_rate(1, 55, 100, 10) - 0.55) < 1e-12);
  CHECK(std::abs(learning_rate(1, 100, 100, 10) - 0.1) < 1e-12);
  CHECK(learning_rate(1, 1, 1, 0) <= 1);
}

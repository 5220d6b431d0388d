// Cosines and sines against the formula in long double.
#include <tartan/rotary/angles.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

namespace {

const Rotary usual{.head_dim = 64};

// -ffast-math computes the exponent -2t / r with a rounding more, which base^x makes ln(base)
// larger.
#ifdef __FAST_MATH__
constexpr double allowed = 8;
#else
constexpr double allowed = 2.5;
#endif

/// How far the cosines and sines at a position are off, in roundings of double: of 1, and of the
/// angle itself.
template <class T>
double roundings_off(const Rotary& rotary, Index position) {
  const RotaryAngles angles(rotary, position, 1);
  RotaryReader<T> reader(angles);
  const Turn<T> turn = reader.at(position);
  double worst = 0;
  for (Index t = 0; t < rotary.pairs(); ++t) {
    const long double frequency =
        std::pow(static_cast<long double>(rotary.base),
                 -static_cast<long double>(t) / static_cast<long double>(rotary.pairs()));
    const long double angle =
        static_cast<long double>(position) * frequency / static_cast<long double>(rotary.scaling);
    const double off = std::max(
        std::abs(static_cast<double>(static_cast<long double>(turn.cos[t]) - std::cos(angle))),
        std::abs(static_cast<double>(static_cast<long double>(turn.sin[t]) - std::sin(angle))));
    const double rounding =
        std::numeric_limits<double>::epsilon() * (1 + std::abs(static_cast<double>(angle))) +
        static_cast<double>(std::numeric_limits<T>::epsilon());
    worst = std::max(worst, off / rounding);
  }
  return worst;
}

}  // namespace

TEST_CASE("cosines and sines are right to a few roundings of the angle") {
  for (const Rotary& rotary :
       {usual, Rotary{.head_dim = 80, .rotary_dim = 20}, Rotary{.head_dim = 128, .base = 500000.0},
        Rotary{.head_dim = 6, .scaling = 4.0}}) {
    for (const Index position : {Index{0}, Index{1}, Index{63}, Index{64}, Index{65}, Index{4095},
                                 Index{-1}, Index{-64}, Index{-1000}, (Index{1} << 24) - 1,
                                 (Index{1} << 24) + 77, Index{1} << 31, -(Index{1} << 40)}) {
      CAPTURE(rotary.head_dim, position);
      CHECK(roundings_off<double>(rotary, position) < allowed);
      CHECK(roundings_off<float>(rotary, position) < allowed);
    }
  }
}

TEST_CASE("at position 0 nothing is turned, exactly") {
  const RotaryAngles angles(usual, 0, 1);
  RotaryReader<float> reader(angles);
  const Turn<float> turn = reader.at(0);
  for (Index t = 0; t < 32; ++t) {
    CHECK(turn.cos[t] == 1.0f);
    CHECK(turn.sin[t] == 0.0f);
  }
}

TEST_CASE("a position before 0 is turned back by as much as one after it, exactly") {
  const RotaryAngles before(usual, -1000, 1), after(usual, 1000, 1);
  RotaryReader<double> back(before), forth(after);
  const Turn<double> a = back.at(-1000), b = forth.at(1000);
  for (Index t = 0; t < 32; ++t) {
    CHECK(a.cos[t] == b.cos[t]);
    CHECK(a.sin[t] == -b.sin[t]);
  }
}

TEST_CASE("a position's angles do not depend on what else is asked for") {
  const std::vector<Index> each{130, -5, 7, 1000, 7, 131, -64};
  const RotaryAngles listed(usual, each, 7), all(usual, -64, 1200);
  RotaryReader<double> reader(listed), other(all);
  bool same = true;
  for (const Index position : each) {
    const Turn<double> a = reader.at(position), b = other.at(position);
    for (Index t = 0; t < 64; ++t) same = same && a.cos[t] == b.cos[t];  // sines come after
  }
  CHECK(same);
}

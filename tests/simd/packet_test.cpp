// The wrapper over Eigen's packets, for whatever vectors the build has: the test is the same for 1
// lane and for 16.
#include <tartan/simd/packet.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using tartan::test::Numbers;
namespace simd = tartan::detail::simd;

static_assert(simd::width<float> >= 1 && simd::width<double> >= 1);
static_assert(simd::width<float> % simd::square_size<float> == 0);
static_assert(simd::width<double> % simd::square_size<double> == 0);

namespace {

template <class T>
T power_of(T exponent) {
  T lanes[std::size_t(simd::width<T>)];
  simd::store(lanes, simd::exp2<T>(simd::broadcast(exponent)));
  return lanes[0];
}

/// The largest relative error of exp2 over [from, 0], on a grid of 2^-fineness.
template <class T>
double error_of_exp2(int from, int fineness) {
  constexpr int W = simd::width<T>;
  const T step = static_cast<T>(std::ldexp(1.0, -fineness));
  double worst = 0;
  for (int start = from * (1 << fineness); start < 0; start += W) {
    T x[std::size_t(W)], y[std::size_t(W)];
    for (int l = 0; l < W; ++l) x[l] = static_cast<T>(std::min(start + l, 0)) * step;
    simd::store(y, simd::exp2<T>(simd::load(x)));
    for (int l = 0; l < W; ++l) {
      const double exact = std::exp2(static_cast<double>(x[l]));
      worst = std::max(worst, std::abs(static_cast<double>(y[l]) - exact) / exact);
    }
  }
  return worst;
}

/// 1 in the lanes where the mask is true, else 0.
template <class T>
std::string lanes_of(const simd::Packet<T>& mask) {
  T lanes[std::size_t(simd::width<T>)];
  simd::store(lanes, simd::select(mask, simd::broadcast(T(1)), simd::broadcast(T(0))));
  std::string bits;
  for (const T lane : lanes) bits += lane == T(1) ? '1' : lane == T(0) ? '0' : '?';
  return bits;
}

template <class T>
void check_masks() {
  constexpr int W = simd::width<T>;
  T lower[std::size_t(W)], upper[std::size_t(W)];
  for (int l = 0; l < W; ++l) {
    lower[l] = static_cast<T>(l % 4);
    upper[l] = static_cast<T>(l);
  }
  for (int x = -1; x <= W; ++x) {
    CAPTURE(W, x);
    std::string inside, up_to;
    for (int l = 0; l < W; ++l) {
      inside += l % 4 <= x && x <= l ? '1' : '0';
      up_to += l <= x ? '1' : '0';
    }
    const auto between =
        simd::between(simd::load(lower), simd::broadcast(static_cast<T>(x)), simd::load(upper));
    CHECK(lanes_of<T>(between) == inside);
    CHECK(lanes_of<T>(simd::lanes_up_to(static_cast<T>(x))) == up_to);
  }
  for (int first = 0; first < W; ++first) {
    for (int last = first; last < W; ++last) {
      std::string within;
      for (int l = 0; l < W; ++l) within += first <= l && l <= last ? '1' : '0';
      CHECK(lanes_of<T>(simd::lanes_within(static_cast<T>(first), static_cast<T>(last))) == within);
    }
  }
  CHECK(lanes_of<T>(simd::lanes_up_to(T(-100))) == std::string(std::size_t(W), '0'));
}

/// Each lane whole, from one side or the other.
template <class T>
void check_select() {
  constexpr int W = simd::width<T>;
  const Numbers<T> a = Numbers<T>::random(W, 1), b = Numbers<T>::random(W, 2);
  for (int last = -1; last < W; ++last) {
    Numbers<T> taken(W);
    simd::store(taken.data(), simd::select(simd::lanes_up_to(static_cast<T>(last)),
                                           simd::load(a.data()), simd::load(b.data())));
    for (int l = 0; l < W; ++l) CHECK(taken[l] == (l <= last ? a[l] : b[l]));
  }
}

template <class T>
void check_window() {
  constexpr int W = simd::width<T>;
  const Numbers<T> x = Numbers<T>::random(2 * W, 8);
  [&]<int... N>(std::integer_sequence<int, N...>) {
    const auto check = [&]<int From>() {
      Numbers<T> got(W);
      const auto a = simd::load(x.data()), b = simd::load(x.data() + W);
      simd::store(got.data(), simd::window<From>(a, b, x.data()));
      for (int l = 0; l < W; ++l) CHECK(got[l] == x[From + l]);
    };
    (check.template operator()<N>(), ...);
  }
  (std::make_integer_sequence<int, W>{});
}

template <class T>
void check_inverse() {
  constexpr int W = simd::width<T>;
  T x[std::size_t(W)], y[std::size_t(W)];
  for (int zero = 0; zero < W; ++zero) {
    for (int l = 0; l < W; ++l) x[l] = l == zero ? T(0) : static_cast<T>(l + 3);
    simd::store(y, simd::inverse_or_zero<T>(simd::load(x)));
    for (int l = 0; l < W; ++l) {
      const T exact = l == zero ? T(0) : T(1) / static_cast<T>(l + 3);
      CHECK(std::abs(y[l] - exact) <= std::numeric_limits<T>::epsilon() * exact);
    }
  }
}

template <class T>
void check_transpose_square() {
  constexpr Index N = simd::square_size<T>;
  for (const Index from_stride : {N, N + 5}) {
    for (const Index to_stride : {N, N + 3}) {
      const Numbers<T> from = Numbers<T>::random((N - 1) * from_stride + N, 3);
      Numbers<T> to((N - 1) * to_stride + N), expected = to;
      for (Index r = 0; r < N; ++r) {
        for (Index c = 0; c < N; ++c) {
          expected[c * to_stride + r] = from[r * from_stride + c] * T(0.5);
        }
      }
      simd::transpose_square(from.data(), from_stride, to.data(), to_stride, T(0.5));
      const bool same = to == expected;
      CHECK(same);
    }
  }
}

template <class T>
void check_finite() {
  constexpr Index W = simd::width<T>;
  using Limits = std::numeric_limits<T>;
  for (Index lane = 0; lane < W; ++lane) {
    Numbers<T> x = Numbers<T>::random(W, 4);
    const auto found = [&](T value) {
      x[lane] = value;
      const auto packet = simd::load(x.data());
      // The same of the exponents alone, of which the largest tells of them all.
      const auto most = simd::pmax(simd::exponent<T>(packet), simd::exponent<T>(packet));
      const bool same = simd::any_not_finite<T>(packet) == simd::any_not_finite<T>(most);
      CHECK(same);
      return simd::any_not_finite<T>(packet);
    };
    CAPTURE(W, lane);
    CHECK(found(Limits::quiet_NaN()));
    CHECK(found(-Limits::quiet_NaN()));
    CHECK(found(Limits::infinity()));
    CHECK(found(-Limits::infinity()));
    CHECK_FALSE((found(Limits::max()) || found(Limits::lowest()) || found(Limits::denorm_min())));
    CHECK_FALSE((found(T(0)) || found(T(-1))));
  }
}

}  // namespace

TEST_CASE("exp2 of float: a relative error of at most 1.9e-7 wherever the result is normal") {
  CHECK(error_of_exp2<float>(-126, 12) <= 1.9e-7);  // with fused multiply-adds, 1.7e-7
  CHECK(error_of_exp2<float>(-1, 20) <= 1.9e-7);
}

TEST_CASE("exp2 of double: as exact as a product with ln 2 lets it be") {
  CHECK(error_of_exp2<double>(-1, 18) <= 1e-15);
  CHECK(error_of_exp2<double>(-64, 12) <= 2e-14);
  CHECK(error_of_exp2<double>(-999, 9) <= 2e-13);
}

TEST_CASE("exp2 is exactly 1 at 0, exactly 0 where documented, and falls to it in between") {
  CHECK(power_of(0.0f) == 1.0f);
  CHECK(power_of(0.0) == 1.0);
  for (const float x : {-127.0f, -127.5f, -150.0f, -1e4f, -1e30f, -3.4e38f})
    CHECK(power_of(x) == 0);
  for (const double x : {-1000.0, -1000.5, -1074.0, -1e5, -1e300, -1.7e308})
    CHECK(power_of(x) == 0);
  CHECK(power_of(std::numeric_limits<float>::lowest()) == 0);
  CHECK(power_of(std::numeric_limits<double>::lowest()) == 0);
  bool small = true;
  for (float x = -127.0f; x < -126.0f; x += 0.001f) {
    small = small && power_of(x) >= 0 && power_of(x) <= std::numeric_limits<float>::min();
  }
  CHECK(small);
}

#ifndef __FAST_MATH__
TEST_CASE("exp2 of NaN is NaN, and of -infinity 0") {
  CHECK(std::isnan(power_of(std::numeric_limits<float>::quiet_NaN())));
  CHECK(std::isnan(power_of(std::numeric_limits<double>::quiet_NaN())));
  CHECK(power_of(-std::numeric_limits<float>::infinity()) == 0);
  CHECK(power_of(-std::numeric_limits<double>::infinity()) == 0);
}
#endif

TEST_CASE("between and lanes_up_to, lane by lane") {
  check_masks<float>();
  check_masks<double>();
}

TEST_CASE("select takes each lane from one side") {
  check_select<float>();
  check_select<double>();
}

TEST_CASE("inverse_or_zero") {
  check_inverse<float>();
  check_inverse<double>();
}

TEST_CASE("transpose_square") {
  check_transpose_square<float>();
  check_transpose_square<double>();
}

TEST_CASE("any_not_finite sees NaN and infinity in every lane, and no finite number") {
  check_finite<float>();
  check_finite<double>();
}

TEST_CASE("opaque changes nothing") {
  auto x = simd::broadcast(1.25f);
  simd::opaque(x);
  float lanes[std::size_t(simd::width<float>)];
  simd::store(lanes, x);
  for (const float lane : lanes) CHECK(lane == 1.25f);
}

TEST_CASE("window: the numbers from any of a vector's on") {
  check_window<float>();
  check_window<double>();
}

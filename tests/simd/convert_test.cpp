// Loads of stored numbers: every half and every bfloat16 there is, against Eigen's own conversion
// of one.
#include <tartan/simd/convert.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using tartan::test::Numbers;
namespace simd = tartan::detail::simd;

namespace {

template <class S>
S of_bits(unsigned bits) {
  return Eigen::numext::bit_cast<S>(static_cast<std::uint16_t>(bits));
}

/// True where x is the float that has exactly the value of `stored`.
template <class S>
bool same(float x, S stored, unsigned exponent) {
  const auto bits = Eigen::numext::bit_cast<std::uint16_t>(stored);
#ifdef __FAST_MATH__
  if ((bits & exponent) == 0 || (bits & exponent) == exponent) return true;
#endif
  if ((bits & exponent) == exponent && (bits & 0x7fffu) != exponent) return std::isnan(x);
  return std::bit_cast<std::uint32_t>(x) ==
         std::bit_cast<std::uint32_t>(static_cast<float>(stored));
}

template <class S>
void check_all_16_bit_numbers(unsigned exponent) {
  constexpr unsigned W = unsigned{simd::width<float>};
  for (unsigned first = 0; first < 0x10000; first += W) {
    std::vector<S> stored;  // of W: what is read beyond them, the address sanitizer sees
    for (unsigned l = 0; l < W; ++l) stored.push_back(of_bits<S>(first + l));
    float lanes[std::size_t{W}];
    simd::store(lanes, simd::load_as<float>(stored.data()));
    for (unsigned l = 0; l < W; ++l) {
      if (!same(lanes[l], stored[l], exponent)) FAIL("number " << first + l << ": " << lanes[l]);
    }
  }
  SUCCEED();
}

template <class T, class S>
void check_cast() {
  constexpr Index W = simd::width<T>;
  const Numbers<S> stored = Numbers<S>::random(W, 1);
  T lanes[std::size_t(W)];
  simd::store(lanes, simd::load_as<T>(stored.data()));
  for (Index l = 0; l < W; ++l) CHECK(lanes[l] == static_cast<T>(stored[l]));
}

}  // namespace

TEST_CASE("load_as: every bfloat16") { check_all_16_bit_numbers<Eigen::bfloat16>(0x7f80); }
TEST_CASE("load_as: every half") { check_all_16_bit_numbers<Eigen::half>(0x7c00); }

TEST_CASE("load_as: float and double as themselves and as each other") {
  check_cast<float, float>();
  check_cast<double, double>();
  check_cast<double, float>();
  check_cast<float, double>();
  check_cast<double, Eigen::half>();
}

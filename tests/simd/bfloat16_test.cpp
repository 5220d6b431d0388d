// Pairs of bfloat16 numbers: the instructions, or what stands in for them, against plain
// arithmetic.
#include <tartan/simd/bfloat16.hpp>

#include <bit>
#include <random>
#include <vector>

#include "support/catch.hpp"

using Eigen::bfloat16;
namespace simd = tartan::detail::simd;
using Pairs = simd::Bfloat16Pairs;

namespace {

constexpr int W = Pairs::width;
using Lanes = std::array<float, std::size_t(W)>;

simd::Packet<float> packet(const Lanes& lanes) { return simd::load(lanes.data()); }
Lanes lanes(const simd::Packet<float>& p) {
  Lanes all;
  simd::store(all.data(), p);
  return all;
}
std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

}  // namespace

TEST_CASE("pair and number are each other's inverse") {
  const bfloat16 one(1.5f), other(-3.0f);
  CHECK(Pairs::number(Pairs::pair(one, other), 0) == 1.5f);
  CHECK(Pairs::number(Pairs::pair(one, other), 1) == -3.0f);
  CHECK(bits(Pairs::pair(one, other)) == 0xc0403fc0u);  // the first in the low half
}

TEST_CASE("madd adds both products to each lane") {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  for (int trial = 0; trial < 50; ++trial) {
    Lanes a, b, sum;
    std::vector<double> exact, size;
    for (std::size_t l = 0; l < a.size(); ++l) {
      const auto next = [&] { return bfloat16(normal(engine)); };
      const bfloat16 a0 = next(), a1 = next(), b0 = next(), b1 = next();
      a[l] = Pairs::pair(a0, a1);
      b[l] = Pairs::pair(b0, b1);
      sum[l] = normal(engine);
      const double x = double(float(a0)) * float(b0), y = double(float(a1)) * float(b1);
      exact.push_back(double(sum[l]) + x + y);
      size.push_back(std::abs(double(sum[l])) + std::abs(x) + std::abs(y));
    }
    const Lanes got = lanes(Pairs::madd(packet(a), packet(b), packet(sum)));
    bool near = true;
    for (std::size_t l = 0; l < a.size(); ++l) {
      near &= std::abs(double(got[l]) - exact[l]) <= 2.5e-7 * size[l];
    }
    CHECK(near);
  }
}

TEST_CASE("rounded: to nearest, ties to even, as bfloat16's constructor") {
  std::mt19937 engine(2);
  std::uniform_int_distribution<std::uint32_t> any(0x00800000u, 0x7f7f0000u);  // normal numbers
  for (int trial = 0; trial < 200; ++trial) {
    Lanes first, second;
    for (std::size_t l = 0; l < first.size(); ++l) {
      first[l] = std::bit_cast<float>(any(engine) ^ (trial % 2 ? 0x80000000u : 0u));
      // Half way between two numbers.
      second[l] = std::bit_cast<float>((any(engine) & 0xffff0000u) | 0x8000u);
    }
    const Lanes got = lanes(Pairs::rounded(packet(first), packet(second)));
    bool same = true;
    for (std::size_t l = 0; l < first.size(); ++l) {
      same &= bits(got[l]) == bits(Pairs::pair(bfloat16(first[l]), bfloat16(second[l])));
    }
    CHECK(same);
  }
}

TEST_CASE("weights of 0, 1 and NaN stay what they are") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Lanes got = lanes(Pairs::rounded(simd::broadcast(0.0f), simd::broadcast(1.0f)));
  CHECK(bits(got[0]) == 0x3f800000u);
  const Lanes with = lanes(Pairs::rounded(simd::broadcast(nan), simd::broadcast(1.0f)));
  CHECK(simd::not_finite(Pairs::number(with[0], 0)));
  CHECK(Pairs::number(with[0], 1) == 1.0f);
}

TEST_CASE("interleave: exactly width numbers of each row, whatever bits") {
  std::vector<bfloat16> first, second;
  for (int i = 0; i < W; ++i) {
    first.push_back(
        Eigen::numext::bit_cast<bfloat16>(static_cast<std::uint16_t>(i * 4099 + 0x7f80)));
    second.push_back(Eigen::numext::bit_cast<bfloat16>(static_cast<std::uint16_t>(i * 257)));
  }
  std::vector<float> to(std::size_t(W), 0.0f);
  Pairs::interleave(first.data(), second.data(), to.data());
  bool same = true;
  for (std::size_t i = 0; i < to.size(); ++i) {
    same &= bits(to[i]) == bits(Pairs::pair(first[i], second[i]));
  }
  CHECK(same);
}

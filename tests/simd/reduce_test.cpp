// Reductions across lanes, for whatever vectors the build has.
#include <tartan/simd/reduce.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using tartan::test::Numbers;
namespace simd = tartan::detail::simd;

namespace {

template <class T>
void check_reductions() {
  constexpr Index W = simd::width<T>, N = simd::square_size<T>;
  Numbers<T> numbers(N * W), sums(N + 1);
  for (Index x = 0; x < N * W; ++x) numbers[x] = static_cast<T>(x * x % 31 - 10);
  simd::Packet<T> packets[std::size_t(N)];
  for (Index x = 0; x < N; ++x) packets[x] = simd::load(numbers.data() + x * W);
  simd::sum_each<T>(packets, sums.data());
  for (Index x = 0; x < N; ++x) {
    const T* first = numbers.data() + x * W;
    T sum = 0, largest = first[0];
    for (Index l = 0; l < W; ++l) {
      sum += first[l];
      largest = std::max(largest, first[l]);
    }
    CHECK(sums[x] == sum);  // whole numbers: exact in any order
    CHECK(simd::sum<T>(packets[x]) == sum);
    CHECK(simd::largest<T>(packets[x]) == largest);
  }
  CHECK(sums[N] == static_cast<T>(test::untouched));
}

}  // namespace

TEST_CASE("sum, largest, sum_each") {
  check_reductions<float>();
  check_reductions<double>();
}

// The sizes of tiles against what they are chosen for: the registers of the target.
#include <tartan/kernel/shape.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

namespace {

template <class T>
void check_shape() {
  using S = Shape<T>;
  static_assert(S::lanes == 2 * S::width && S::width % S::rows == 0);
  CAPTURE(S::width, simd::registers);
  if (S::width > 1) {  // for a target without vectors Eigen does not know its registers
    // Accumulators, the queries and a broadcast; masks where a block is wrapped.
    CHECK(2 * S::keys2 + 2 + 1 <= simd::registers);
    CHECK(S::keys1 + 1 + 1 <= simd::registers);
    CHECK((2 + 1) * S::keys_wrapped + 2 + 2 <= simd::registers);
    CHECK(S::rows * S::cols + S::cols + 1 <= simd::registers);
  }
  // Tiles are halved for what is left over.
  CHECK(std::has_single_bit(unsigned(S::keys1)));
  CHECK(std::has_single_bit(unsigned(S::keys2)));
  CHECK(std::has_single_bit(unsigned(S::cols)));
  // A wrapped block has a slot for each lane, and is scored in whole tiles on each side.
  CHECK(S::lanes <= block_keys);
  CHECK(S::width % S::keys_wrapped == 0);
  CHECK(S::keys_wrapped <= std::max(1, S::width - 1));
}

}  // namespace

TEST_CASE("tiles fit the registers") {
  check_shape<float>();
  check_shape<double>();
}

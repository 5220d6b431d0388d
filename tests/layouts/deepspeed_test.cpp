#include <tartan/layouts/deepspeed.hpp>
#include <tartan/queries/count.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::layouts;

TEST_CASE("without options, layouts have DeepSpeed's") {
  constexpr Index n = 16 * 32;  // 32 blocks
  for (const auto& layout : {deepspeed_fixed(n), deepspeed_variable(n), deepspeed_bigbird(n),
                             deepspeed_bslongformer(n), deepspeed_local_sliding_window(n)}) {
    CHECK(layout.block() == 16);
    CHECK(layout.block_rows() == 32);
  }
  CHECK(deepspeed_fixed(n).blocks() == 32 * (4 + 7));
  CHECK(deepspeed_variable(n).blocks() == 32 * 4 + 28);
  CHECK(deepspeed_bslongformer(n).blocks() == 32 + 2 * 3 + 29 * 4);
  const auto bigbird = deepspeed_bigbird(n);
  CHECK(bigbird.blocks() > 154);  // as the one before, and random ones
  CHECK(bigbird.blocks() <= 154 + 31);
  CHECK(deepspeed_local_sliding_window(n).blocks() == 2 * 32 - 1);
  CHECK(deepspeed_local_sliding_window(n).causal());
}

#include <stdexcept>
#include <tartan/layouts/deepspeed_fixed.hpp>
#include <tartan/queries/ascii.hpp>

#include "layouts/expected_blocks.hpp"

using namespace tartan;
using namespace tartan::test;
using layouts::deepspeed_fixed;
using layouts::DeepSpeedAttention;
using layouts::DeepSpeedFixed;

namespace {

/// What FixedSparsityConfig sets for a head: the local windows, then the global blocks of all whole
/// windows, then those of the window that is cut short.
ExpectedBlocks published(Index n, const DeepSpeedFixed& o, Index head) {
  ExpectedBlocks set(n, o.block);
  const Index count = set.count(), local = o.num_local_blocks, global = o.num_global_blocks;
  const bool both = o.attention == DeepSpeedAttention::bidirectional;
  for (Index window = 0; window < count; window += local) {
    const Index end = std::min(window + local, count);
    for (Index row = window; row < end; ++row) set.set(row, row + 1, window, both ? end : row + 1);
  }
  const Index first = local - (1 + head % o.num_different_global_patterns) * global;
  const Index whole = count - count % local;
  const auto set_global = [&](Index begin) {
    set.set(both ? 0 : begin, count, begin, begin + global);
    if (o.horizontal_global_attention) set.set(begin, begin + global, 0, count);
  };
  for (Index begin = first; begin < whole; begin += local) set_global(begin);
  if (whole < count) set_global(std::min(whole + first, count - global));
  return set;
}

}  // namespace

TEST_CASE("deepspeed_fixed is FixedSparsityConfig, and causal where unidirectional") {
  for (const Index block : {1, 3}) {
    for (const Index n : {0, 1, 2, 5, 12, 19, 30}) {
      for (const Index local : {1, 2, 4, 6}) {
        for (Index global = 1; global <= local; ++global) {
          if (local % global != 0) continue;
          for (Index patterns = 1; patterns <= local / global; ++patterns) {
            for (const Index head : {0, 1, 5}) {
              DeepSpeedFixed o{.block = block,
                               .different_layout_per_head = true,
                               .num_local_blocks = local,
                               .num_global_blocks = global,
                               .num_different_global_patterns = patterns};
              published(n, o, head).check(deepspeed_fixed(n, o, head), false);
              o.horizontal_global_attention = true;
              published(n, o, head).check(deepspeed_fixed(n, o, head), false);
              o.horizontal_global_attention = false;
              o.attention = DeepSpeedAttention::unidirectional;
              ExpectedBlocks expected = published(n, o, head);
              expected.clear_above_diagonal();
              expected.check(deepspeed_fixed(n, o, head), true);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("deepspeed_fixed takes the largest numbers") {
  const Index most = detail::largest;
  const auto layout =
      deepspeed_fixed(9, {.block = 2, .num_local_blocks = most, .num_global_blocks = most});
  CHECK(layout.blocks() == 25);
}

TEST_CASE("deepspeed_fixed refuses a wrong option, with the rule and the value") {
  const auto refused = [](Index n, DeepSpeedFixed options, Index head) {
    return message_of<std::invalid_argument>([&] { deepspeed_fixed(n, options, head); });
  };
  const std::string name = "tartan: layouts::deepspeed_fixed: ";
  CHECK(refused(-1, {}, 0) == name + "n must be >= 0, got -1");
  CHECK(refused(8, {}, -1) == name + "head must be >= 0, got -1");
  CHECK(refused(8, {.block = 0}, 0) == name + "block must be >= 1, got 0");
  CHECK(refused(8, {.num_local_blocks = 0}, 0) == name + "num_local_blocks must be >= 1, got 0");
  CHECK(refused(8, {.num_global_blocks = 0}, 0) == name + "num_global_blocks must be >= 1, got 0");
  CHECK(refused(8, {.num_global_blocks = 3}, 0) ==
        name + "num_global_blocks must divide num_local_blocks, got 3 and 4");
  CHECK(refused(8, {.num_different_global_patterns = 0}, 0) ==
        name + "num_different_global_patterns must be >= 1, got 0");
  CHECK(refused(8, {.num_global_blocks = 2, .num_different_global_patterns = 3}, 0) ==
        name + "num_different_global_patterns must be <= 2, got 3");
  CHECK(refused(8, {.num_different_global_patterns = 2}, 0) ==
        name + "num_different_global_patterns must be 1 without different_layout_per_head, got 2");
  CHECK(refused(
            8,
            {.attention = DeepSpeedAttention::unidirectional, .horizontal_global_attention = true},
            0) ==
        name + "horizontal_global_attention must be false where attention is unidirectional");
}

TEST_CASE("deepspeed_fixed looks as its comment shows") {
  CHECK(ascii(deepspeed_fixed(7, {.block = 1, .num_local_blocks = 3}), 7) ==
        "■ ■ ■ □ □ ■ ■\n"
        "■ ■ ■ □ □ ■ ■\n"
        "■ ■ ■ □ □ ■ ■\n"
        "□ □ ■ ■ ■ ■ ■\n"
        "□ □ ■ ■ ■ ■ ■\n"
        "□ □ ■ ■ ■ ■ ■\n"
        "□ □ ■ □ □ ■ ■\n");
}

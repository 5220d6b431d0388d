#include <stdexcept>
#include <tartan/layouts/deepspeed_bigbird.hpp>
#include <tartan/queries/ascii.hpp>

#include "layouts/expected_blocks.hpp"

using namespace tartan;
using namespace tartan::test;
using layouts::deepspeed_bigbird;
using layouts::DeepSpeedAttention;
using layouts::DeepSpeedBigBird;

namespace {

/// What BigBirdSparsityConfig sets, without its random blocks: the sliding window, then the global
/// rows and columns, of which it keeps the lower triangle where unidirectional.
ExpectedBlocks published(Index n, const DeepSpeedBigBird& o) {
  ExpectedBlocks set(n, o.block);
  const Index count = set.count(), side = o.num_sliding_window_blocks / 2;
  for (Index row = 0; row < count; ++row) {
    set.set(row, row + 1, std::max<Index>(0, row - side), std::min(row + side + 1, count));
  }
  set.set(0, o.num_global_blocks, 0, count);
  set.set(0, count, 0, o.num_global_blocks);
  if (o.attention == DeepSpeedAttention::unidirectional) set.clear_above_diagonal();
  return set;
}

}  // namespace

TEST_CASE("deepspeed_bigbird is BigBirdSparsityConfig, and causal where unidirectional") {
  for (const auto attention :
       {DeepSpeedAttention::bidirectional, DeepSpeedAttention::unidirectional}) {
    const bool causal = attention == DeepSpeedAttention::unidirectional;
    for (const Index block : {1, 3}) {
      for (const Index n : {0, 1, 2, 5, 12, 19, 30}) {
        for (const Index window : {0, 1, 2, 3, 5, 80}) {
          for (const Index global : {0, 1, 3, 50}) {
            for (const Index random : {0, 1, 4, 40}) {
              const DeepSpeedBigBird o{.block = block,
                                       .num_random_blocks = random,
                                       .num_sliding_window_blocks = window,
                                       .num_global_blocks = global,
                                       .attention = attention,
                                       .seed = 3};
              const auto layout = deepspeed_bigbird(n, o);
              ExpectedBlocks expected = published(n, o);
              for (Index r = 0; r < expected.count(); ++r) {
                const Index end = causal ? r + 1 : expected.count();
                Index drawn = 0;
                for (Index c = 0; c < end; ++c) {
                  if (expected(r, c) || !(layout.has_block(r, c) || random >= end)) continue;
                  ++drawn;
                  expected.set(r, r + 1, c, c + 1);
                }
                CHECK(drawn <= random);
              }
              expected.check(layout, causal);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("deepspeed_bigbird draws R blocks of a row, which may be in the window, too") {
  DeepSpeedBigBird o{
      .block = 1, .num_random_blocks = 2, .num_sliding_window_blocks = 0, .num_global_blocks = 0};
  for (const bool causal : {false, true}) {
    if (causal) o.attention = DeepSpeedAttention::unidirectional;
    Index with_own = 0, reached = 0;
    for (o.seed = 0; o.seed < 60; ++o.seed) {
      const auto layout = deepspeed_bigbird(9, o);
      Index seen = 0;
      for (Index c = 0; c < 9; ++c) {
        seen += layout.has_block(6, c);
        reached |= Index{layout.has_block(6, c)} << c;
      }
      CHECK((seen == 2 || seen == 3));
      with_own += seen == 2;
    }
    CHECK(with_own > 0);
    CHECK(with_own < 60);
    CHECK(reached == (causal ? 0x7f : 0x1ff));
  }
}

TEST_CASE("deepspeed_bigbird depends on the seed, and on the head only where told to") {
  const auto make = [](std::uint64_t seed, Index head, bool different) {
    return deepspeed_bigbird(640, {.different_layout_per_head = different, .seed = seed}, head);
  };
  CHECK(same_blocks(make(5, 2, true), make(5, 2, true)));
  CHECK_FALSE(same_blocks(make(5, 2, true), make(6, 2, true)));
  CHECK_FALSE(same_blocks(make(5, 2, true), make(5, 3, true)));
  CHECK(same_blocks(make(5, 2, false), make(5, 3, false)));
  CHECK(same_blocks(make(5, 0, true), make(5, 3, false)));
}

TEST_CASE("deepspeed_bigbird takes the largest numbers") {
  const Index most = detail::largest;
  CHECK(deepspeed_bigbird(9, {.block = 2,
                              .num_random_blocks = most,
                              .num_sliding_window_blocks = most,
                              .num_global_blocks = most})
            .blocks() == 25);
}

TEST_CASE("deepspeed_bigbird refuses a wrong option, with the rule and the value") {
  const auto refused = [](Index n, const DeepSpeedBigBird& options, Index head) {
    return message_of<std::invalid_argument>([&] { deepspeed_bigbird(n, options, head); });
  };
  const std::string name = "tartan: layouts::deepspeed_bigbird: ";
  CHECK(refused(-1, {}, 0) == name + "n must be >= 0, got -1");
  CHECK(refused(8, {}, -1) == name + "head must be >= 0, got -1");
  CHECK(refused(8, {.block = 0}, 0) == name + "block must be >= 1, got 0");
  CHECK(refused(8, {.num_random_blocks = -1}, 0) ==
        name + "num_random_blocks must be >= 0, got -1");
  CHECK(refused(8, {.num_sliding_window_blocks = -1}, 0) ==
        name + "num_sliding_window_blocks must be >= 0, got -1");
  CHECK(refused(8, {.num_global_blocks = -1}, 0) ==
        name + "num_global_blocks must be >= 0, got -1");
}

TEST_CASE("deepspeed_bigbird looks as its comment shows, on every platform") {
  CHECK(ascii(deepspeed_bigbird(7, {.block = 1}), 7) ==
        "■ ■ ■ ■ ■ ■ ■\n"
        "■ ■ ■ □ □ □ □\n"
        "■ ■ ■ ■ □ □ ■\n"
        "■ □ ■ ■ ■ □ □\n"
        "■ ■ □ ■ ■ ■ □\n"
        "■ □ □ ■ ■ ■ ■\n"
        "■ □ □ □ □ ■ ■\n");
}

#include <stdexcept>
#include <tartan/layouts/deepspeed_bslongformer.hpp>
#include <tartan/queries/ascii.hpp>

#include "layouts/expected_blocks.hpp"

using namespace tartan;
using namespace tartan::test;
using layouts::deepspeed_bslongformer;
using layouts::DeepSpeedAttention;
using layouts::DeepSpeedBSLongformer;

using Numbers = std::vector<Index>;

namespace {

/// What BSLongformerSparsityConfig sets: the sliding window, then the global rows and columns, of
/// which it keeps the lower triangle where unidirectional.
ExpectedBlocks published(Index n, const DeepSpeedBSLongformer& o) {
  ExpectedBlocks set(n, o.block);
  const Index count = set.count(), side = o.num_sliding_window_blocks / 2;
  for (Index row = 0; row < count; ++row) {
    set.set(row, row + 1, std::max<Index>(0, row - side), std::min(row + side + 1, count));
  }
  for (std::size_t x = 0; x < o.global_block_indices.size(); ++x) {
    const Index from = o.global_block_indices[x];
    const Index to = o.global_block_end_indices.empty() ? from + 1 : o.global_block_end_indices[x];
    if (from >= count) continue;
    set.set(from, to, 0, count);
    set.set(0, count, from, to);
  }
  if (o.attention == DeepSpeedAttention::unidirectional) set.clear_above_diagonal();
  return set;
}

struct Global {
  Numbers begins, ends;
};

}  // namespace

TEST_CASE("deepspeed_bslongformer is BSLongformerSparsityConfig, and causal where unidirectional") {
  const std::vector<Global> globals = {{{0}, {}},         {{}, {}},         {{2, 0}, {}},
                                       {{1, 4}, {3, 50}}, {{0, 1}, {2, 4}}, {{60}, {70}}};
  for (const Index block : {1, 3}) {
    for (const Index n : {0, 1, 2, 7, 12, 19, 30}) {
      for (const Index window : {0, 1, 2, 3, 5, 80}) {
        for (const Global& global : globals) {
          DeepSpeedBSLongformer o{.block = block,
                                  .num_sliding_window_blocks = window,
                                  .global_block_indices = global.begins,
                                  .global_block_end_indices = global.ends};
          published(n, o).check(deepspeed_bslongformer(n, o), false);
          o.attention = DeepSpeedAttention::unidirectional;
          published(n, o).check(deepspeed_bslongformer(n, o), true);
        }
      }
    }
  }
}

TEST_CASE("deepspeed_bslongformer refuses a wrong option, with the rule and the value") {
  const auto refused = [](Index n, const DeepSpeedBSLongformer& options) {
    return message_of<std::invalid_argument>([&] { deepspeed_bslongformer(n, options); });
  };
  const std::string name = "tartan: layouts::deepspeed_bslongformer: ";
  CHECK(refused(-1, {}) == name + "n must be >= 0, got -1");
  CHECK(refused(8, {.block = 0}) == name + "block must be >= 1, got 0");
  CHECK(refused(8, {.num_sliding_window_blocks = -1}) ==
        name + "num_sliding_window_blocks must be >= 0, got -1");
  CHECK(refused(8, {.global_block_indices = {-1}}) ==
        name + "global_block_indices must be >= 0, got -1");
  CHECK(refused(8, {.global_block_end_indices = {0}}) ==
        name + "global_block_end_indices must be above global_block_indices, got 0 and 0");
  CHECK(refused(8, {.global_block_end_indices = {1, 2}}) ==
        name +
            "global_block_end_indices must be none or as many as global_block_indices, got 2 "
            "and 1");
}

TEST_CASE("deepspeed_bslongformer looks as its comment shows") {
  CHECK(ascii(deepspeed_bslongformer(7, {.block = 1, .global_block_indices = {2}}), 7) ==
        "■ ■ ■ □ □ □ □\n"
        "■ ■ ■ □ □ □ □\n"
        "■ ■ ■ ■ ■ ■ ■\n"
        "□ □ ■ ■ ■ □ □\n"
        "□ □ ■ ■ ■ ■ □\n"
        "□ □ ■ □ ■ ■ ■\n"
        "□ □ ■ □ □ ■ ■\n");
}

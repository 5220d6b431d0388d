#include <stdexcept>
#include <tartan/layouts/deepspeed_variable.hpp>
#include <tartan/queries/ascii.hpp>

#include "layouts/expected_blocks.hpp"

using namespace tartan;
using namespace tartan::test;
using layouts::deepspeed_variable;
using layouts::DeepSpeedAttention;
using layouts::DeepSpeedVariable;

using Numbers = std::vector<Index>;

namespace {

/// What VariableSparsityConfig sets, without its random blocks: the given windows, windows of the
/// last size up to the end, then the global blocks.
ExpectedBlocks published(Index n, const DeepSpeedVariable& o) {
  ExpectedBlocks set(n, o.block);
  const Index count = set.count();
  const bool both = o.attention == DeepSpeedAttention::bidirectional;
  const auto set_window = [&](Index begin, Index size) {
    const Index end = std::min(begin + size, count);
    for (Index row = begin; row < end; ++row) set.set(row, row + 1, begin, both ? end : row + 1);
  };
  Index begin = 0;
  for (const Index size : o.local_window_blocks) {
    set_window(begin, size);
    begin += size;
  }
  const Index size = o.local_window_blocks.back();
  for (; begin < count; begin += size) set_window(begin, size);
  for (std::size_t x = 0; x < o.global_block_indices.size(); ++x) {
    const Index from = o.global_block_indices[x];
    const Index to = o.global_block_end_indices.empty() ? from + 1 : o.global_block_end_indices[x];
    if (from >= count) continue;
    if (o.horizontal_global_attention) set.set(from, to, 0, count);
    set.set(both ? 0 : from, count, from, to);
  }
  return set;
}

struct Global {
  Numbers begins, ends;
};

}  // namespace

TEST_CASE("deepspeed_variable is VariableSparsityConfig, and causal where unidirectional") {
  const std::vector<Numbers> windows = {{4}, {1}, {1, 3}, {5, 1, 2}, {40, 2}};
  const std::vector<Global> globals = {{{0}, {}},         {{}, {}},         {{2, 0}, {}},
                                       {{1, 4}, {3, 50}}, {{0, 1}, {2, 4}}, {{60}, {70}}};
  for (const Index block : {1, 3}) {
    for (const Index n : {0, 1, 2, 7, 12, 19, 30}) {
      for (const Numbers& window : windows) {
        for (const Global& global : globals) {
          DeepSpeedVariable o{.block = block,
                              .local_window_blocks = window,
                              .global_block_indices = global.begins,
                              .global_block_end_indices = global.ends};
          published(n, o).check(deepspeed_variable(n, o), false);
          o.horizontal_global_attention = true;
          published(n, o).check(deepspeed_variable(n, o, 3), false);
          o.horizontal_global_attention = false;
          o.attention = DeepSpeedAttention::unidirectional;
          ExpectedBlocks expected = published(n, o);
          expected.clear_above_diagonal();
          expected.check(deepspeed_variable(n, o), true);
        }
      }
    }
  }
}

TEST_CASE("deepspeed_variable adds up to R random blocks of all to each row") {
  for (const bool causal : {false, true}) {
    for (const Index n : {0, 1, 5, 19, 30}) {
      for (const Index random : {0, 1, 3, 50}) {
        DeepSpeedVariable o{.block = 2, .num_random_blocks = random, .global_block_indices = {}};
        if (causal) o.attention = DeepSpeedAttention::unidirectional;
        const auto layout = deepspeed_variable(n, o);
        ExpectedBlocks expected = published(n, o);
        Index added = 0;
        for (Index r = 0; r < expected.count(); ++r) {
          Index of_row = 0;
          for (Index c = 0; c < expected.count(); ++c) {
            if (expected(r, c) || !layout.has_block(r, c)) continue;
            ++of_row;
            expected.set(r, r + 1, c, c + 1);
          }
          CHECK(of_row <= random);
          added += of_row;
        }
        if (n == 30 && random == 3) CHECK(added > 0);
        if (random == 50) {
          expected.set(0, expected.count(), 0, expected.count());
          if (causal) expected.clear_above_diagonal();
        }
        expected.check(layout, causal);
      }
    }
  }
}

TEST_CASE("deepspeed_variable depends on the seed, and on the head only where told to") {
  const auto make = [](std::uint64_t seed, Index head, bool different) {
    return deepspeed_variable(
        640, {.different_layout_per_head = different, .num_random_blocks = 3, .seed = seed}, head);
  };
  CHECK(same_blocks(make(5, 2, true), make(5, 2, true)));
  CHECK_FALSE(same_blocks(make(5, 2, true), make(6, 2, true)));
  CHECK_FALSE(same_blocks(make(5, 2, true), make(5, 3, true)));
  CHECK(same_blocks(make(5, 2, false), make(5, 3, false)));
  CHECK(same_blocks(make(5, 0, true), make(5, 3, false)));
}

TEST_CASE("deepspeed_variable takes the largest numbers") {
  const Index most = detail::largest;
  CHECK(deepspeed_variable(9, {.block = 2,
                               .num_random_blocks = most,
                               .local_window_blocks = {most, most},
                               .global_block_indices = {most - 1},
                               .global_block_end_indices = {most}})
            .blocks() == 25);
}

TEST_CASE("deepspeed_variable refuses a wrong option, with the rule and the value") {
  const auto refused = [](Index n, const DeepSpeedVariable& options, Index head) {
    return message_of<std::invalid_argument>([&] { deepspeed_variable(n, options, head); });
  };
  const std::string name = "tartan: layouts::deepspeed_variable: ";
  CHECK(refused(-1, {}, 0) == name + "n must be >= 0, got -1");
  CHECK(refused(8, {}, -1) == name + "head must be >= 0, got -1");
  CHECK(refused(8, {.block = 0}, 0) == name + "block must be >= 1, got 0");
  CHECK(refused(8, {.num_random_blocks = -1}, 0) ==
        name + "num_random_blocks must be >= 0, got -1");
  CHECK(refused(8, {.local_window_blocks = {}}, 0) ==
        name + "local_window_blocks must have at least one window, got none");
  CHECK(refused(8, {.local_window_blocks = {2, 0}}, 0) ==
        name + "local_window_blocks must be >= 1, got 0");
  CHECK(refused(8, {.global_block_indices = {-1}}, 0) ==
        name + "global_block_indices must be >= 0, got -1");
  CHECK(refused(8, {.global_block_indices = {1, 5}, .global_block_end_indices = {3, 4}}, 0) ==
        name + "global_block_end_indices must be above global_block_indices, got 4 and 5");
  CHECK(refused(8, {.global_block_end_indices = {1, 2}}, 0) ==
        name +
            "global_block_end_indices must be none or as many as global_block_indices, got 2 "
            "and 1");
  CHECK(refused(
            8,
            {.attention = DeepSpeedAttention::unidirectional, .horizontal_global_attention = true},
            0) ==
        name + "horizontal_global_attention must be false where attention is unidirectional");
}

TEST_CASE("deepspeed_variable looks as its comment shows") {
  CHECK(ascii(deepspeed_variable(7, {.block = 1, .local_window_blocks = {1, 3}}), 7) ==
        "■ □ □ □ □ □ □\n"
        "■ ■ ■ ■ □ □ □\n"
        "■ ■ ■ ■ □ □ □\n"
        "■ ■ ■ ■ □ □ □\n"
        "■ □ □ □ ■ ■ ■\n"
        "■ □ □ □ ■ ■ ■\n"
        "■ □ □ □ ■ ■ ■\n");
}

TEST_CASE("deepspeed_variable's random blocks are the same on every platform") {
  CHECK(ascii(deepspeed_variable(7, {.block = 1,
                                     .num_random_blocks = 2,
                                     .local_window_blocks = {1},
                                     .global_block_indices = {},
                                     .seed = 1}),
              7) ==
        "■ ■ □ □ ■ □ □\n"
        "□ ■ □ ■ □ □ ■\n"
        "□ □ ■ □ □ ■ ■\n"
        "□ □ □ ■ □ □ ■\n"
        "□ □ □ ■ ■ ■ □\n"
        "□ □ □ □ ■ ■ ■\n"
        "□ □ □ ■ □ □ ■\n");
}

#include <stdexcept>
#include <tartan/layouts/deepspeed_local_sliding_window.hpp>
#include <tartan/queries/ascii.hpp>

#include "layouts/expected_blocks.hpp"

using namespace tartan;
using namespace tartan::test;
using layouts::deepspeed_local_sliding_window;
using layouts::DeepSpeedAttention;
using layouts::DeepSpeedLocalSlidingWindow;

TEST_CASE("deepspeed_local_sliding_window is LocalSlidingWindowSparsityConfig, and causal") {
  for (const Index block : {1, 2, 5}) {
    for (const Index n : {0, 1, 2, 5, 12, 19, 31}) {
      for (const Index window : {0, 1, 2, 3, 5, 8, 80}) {
        ExpectedBlocks back(n, block), both(n, block);
        const Index side = window / 2;
        for (Index row = 0; row < back.count(); ++row) {
          const Index begin = std::max<Index>(0, row - side);
          back.set(row, row + 1, begin, row + 1);
          both.set(row, row + 1, begin, std::min(row + side + 1, both.count()));
        }
        back.check(deepspeed_local_sliding_window(n, {block, window}), true);
        const auto attention = DeepSpeedAttention::bidirectional;
        both.check(deepspeed_local_sliding_window(n, {block, window, attention}), false);
      }
    }
  }
}

TEST_CASE("deepspeed_local_sliding_window refuses a wrong option, with the rule and the value") {
  const auto refused = [](Index n, const DeepSpeedLocalSlidingWindow& options) {
    return message_of<std::invalid_argument>([&] { deepspeed_local_sliding_window(n, options); });
  };
  const std::string name = "tartan: layouts::deepspeed_local_sliding_window: ";
  CHECK(refused(-1, {}) == name + "n must be >= 0, got -1");
  CHECK(refused(8, {.block = 0}) == name + "block must be >= 1, got 0");
  CHECK(refused(8, {.num_sliding_window_blocks = -1}) ==
        name + "num_sliding_window_blocks must be >= 0, got -1");
}

TEST_CASE("deepspeed_local_sliding_window looks as its comment shows") {
  CHECK(ascii(deepspeed_local_sliding_window(7, {.block = 2}), 7) ==
        "■ □ □ □ □ □ □\n"
        "■ ■ □ □ □ □ □\n"
        "■ ■ ■ □ □ □ □\n"
        "■ ■ ■ ■ □ □ □\n"
        "□ □ ■ ■ ■ □ □\n"
        "□ □ ■ ■ ■ ■ □\n"
        "□ □ □ □ ■ ■ ■\n");
}

#include <stdexcept>
#include <tartan/layouts/phi3.hpp>
#include <tartan/queries/ascii.hpp>

#include "layouts/expected_blocks.hpp"

using namespace tartan;
using namespace tartan::test;
using layouts::phi3;

TEST_CASE("phi3 is causal, local blocks and every vert_stride-th, moved for each head") {
  for (const Index block : {1, 2, 5}) {
    for (const Index n : {0, 1, 2, 7, 16, 23, 31}) {
      for (const Index local : {0, 1, 2, 4}) {
        for (const Index stride : {1, 2, 3, 5}) {
          for (const Index step : {0, 1, 2}) {
            for (const Index head : {0, 1, 2, 9}) {
              ExpectedBlocks expected(n, block);
              for (Index q = 0; q < expected.count(); ++q) {
                for (Index k = 0; k < expected.count(); ++k) {
                  const bool vertical = (k + head * step + 1) % stride == 0;
                  if (q >= k && (q - k < local || vertical)) expected.set(q, q + 1, k, k + 1);
                }
              }
              expected.check(phi3(n, {block, local, stride, step}, head), true);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("phi3 has Phi-3-small's parameters") {
  const auto layout = phi3(8192, {}, 3);
  CHECK(layout.block() == 64);
  CHECK(layout.block_rows() == 128);
  for (Index k = 0; k < 128; ++k) CHECK(layout.has_block(127, k) == (k > 111 || k % 8 == 4));
}

TEST_CASE("phi3's numbers may be as large as they come") {
  const Index most = detail::largest, stride = detail::largest_stride;
  CHECK(same_blocks(phi3(40, {4, most, 8, 0}), phi3(40, {4, 10, 8, 0})));
  CHECK(same_blocks(phi3(40, {4, 2, 8, most}, most), phi3(40, {4, 2, 8, 1}, 1)));
  CHECK(same_blocks(phi3(40, {4, 1, stride, 3}, stride - 1), phi3(40, {4, 1, 30, 1}, 27)));
  CHECK(phi3(40, {4, 1, stride, stride - 3}, stride - 1).blocks() == 10);
}

TEST_CASE("phi3 refuses a wrong option, with the rule and the value") {
  const auto refused = [](Index n, layouts::Phi3 options, Index head) {
    return message_of<std::invalid_argument>([&] { phi3(n, options, head); });
  };
  CHECK(refused(-1, {}, 0) == "tartan: layouts::phi3: n must be >= 0, got -1");
  CHECK(refused(8, {}, -1) == "tartan: layouts::phi3: head must be >= 0, got -1");
  CHECK(refused(8, {.block = 0}, 0) == "tartan: layouts::phi3: block must be >= 1, got 0");
  CHECK(refused(8, {.local_blocks = -1}, 0) ==
        "tartan: layouts::phi3: local_blocks must be >= 0, got -1");
  CHECK(refused(8, {.vert_stride = 0}, 0) ==
        "tartan: layouts::phi3: vert_stride must be >= 1, got 0");
  CHECK(refused(8, {.head_sliding_step = -1}, 0) ==
        "tartan: layouts::phi3: head_sliding_step must be >= 0, got -1");
}

TEST_CASE("phi3 looks as its comment shows") {
  CHECK(ascii(phi3(9, {.block = 1, .local_blocks = 2, .vert_stride = 3}), 9) ==
        "■ □ □ □ □ □ □ □ □\n"
        "■ ■ □ □ □ □ □ □ □\n"
        "□ ■ ■ □ □ □ □ □ □\n"
        "□ □ ■ ■ □ □ □ □ □\n"
        "□ □ ■ ■ ■ □ □ □ □\n"
        "□ □ ■ □ ■ ■ □ □ □\n"
        "□ □ ■ □ □ ■ ■ □ □\n"
        "□ □ ■ □ □ ■ ■ ■ □\n"
        "□ □ ■ □ □ ■ □ ■ ■\n");
}

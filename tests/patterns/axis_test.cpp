// The window along one axis, against the rules as they are published.
#include <algorithm>
#include <tartan/patterns/axis.hpp>

#include "support/catch.hpp"

#include <set>
#include <vector>

using namespace tartan;

namespace {

/// The points of x's dilation group in [0, n), in order, and x's place among them.
struct Group {
  std::vector<Index> points;
  Index place;
};

Group group_of(Index x, Index n, Index dilation) {
  Group group{{}, 0};
  for (Index y = x % dilation; y < n; y += dilation) {
    if (y == x) group.place = static_cast<Index>(group.points.size());
    group.points.push_back(y);
  }
  return group;
}

/// NATTEN's rule: the window's centre is clamp(x, k div 2, n - 1 - (k div 2 - 1 + k mod 2)); all
/// points where there are no more than k.
std::set<Index> published(Index x, Index n, const Axis& axis) {
  const Group group = group_of(x, n, axis.dilation);
  const Index points = static_cast<Index>(group.points.size()), k = axis.kernel;
  std::set<Index> keys;
  for (Index y = 0; y < points; ++y) {
    Index centre = group.place;
    if (axis.causal) {
      if (centre - k < y && y <= centre) keys.insert(group.points[static_cast<std::size_t>(y)]);
      continue;
    }
    if (axis.border == Border::shift && points > k) {
      centre = std::clamp(centre, k / 2, points - 1 - (k / 2 - 1 + k % 2));
    }
    const bool all = axis.border == Border::shift && points <= k;
    if (all || (centre - k / 2 <= y && y <= centre + (k / 2 - 1 + k % 2))) {
      keys.insert(group.points[static_cast<std::size_t>(y)]);
    }
  }
  return keys;
}

}  // namespace

static_assert(Axis{.kernel = 3}.keys(0, 10) == Lattice{0, 1, 2});
static_assert(Axis{.kernel = 3, .border = Border::shift}.keys(0, 10) == Lattice{0, 1, 3});
static_assert(Axis{.kernel = 3, .causal = true}.keys(5, 10) == Lattice{3, 1, 3});

TEST_CASE("Axis: each query's keys are those of the published rule, and so are its bands") {
  for (const Border border : {Border::shrink, Border::shift}) {
    for (const bool causal : {false, true}) {
      for (Index kernel = 1; kernel <= 6; ++kernel) {
        for (Index dilation = 1; dilation <= 3; ++dilation) {
          for (Index n = 1; n <= 14; ++n) {
            const Axis axis{kernel, dilation, causal, border};
            CAPTURE(kernel, dilation, n, causal, border == Border::shift);
            std::vector<Band> bands;
            axis.bands(n, [&](const Band& band) { bands.push_back(band); });
            bool keys_right = true, bands_right = true;
            for (Index x = 0; x < n; ++x) {
              const std::set<Index> expected = published(x, n, axis);
              for (Index y = 0; y < n; ++y) {
                const bool in = expected.count(y) == 1;
                keys_right = keys_right && axis.contains(x, y, n) == in;
                const auto holding = std::count_if(bands.begin(), bands.end(),
                                                   [&](const Band& b) { return b.contains(x, y); });
                bands_right = bands_right && holding == in;
              }
            }
            CHECK(keys_right);
            CHECK(bands_right);
          }
        }
      }
    }
  }
}

TEST_CASE("Axis: with a shift every window has the kernel's keys, where there are so many") {
  for (Index x = 0; x < 20; ++x) {
    CHECK(Axis{.kernel = 7, .border = Border::shift}.keys(x, 20).count == 7);
    CHECK(Axis{.kernel = 30, .border = Border::shift}.keys(x, 20).count == 20);
  }
}

TEST_CASE("Axis refuses a wrong number, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { Axis{.kernel = 0}.check(); }) ==
        "tartan: Axis: kernel must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] { Axis{.dilation = 0}.check(); }) ==
        "tartan: Axis: dilation must be >= 1, got 0");
}

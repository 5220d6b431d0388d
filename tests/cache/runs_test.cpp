// Kept positions and the pieces that wanted ones are in.
#include <tartan/cache/runs.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::test::Random;

namespace {

std::vector<KvPiece> pieces_of(const std::vector<KvRun>& runs, const Lattice& wanted) {
  std::vector<KvPiece> pieces;
  for_each_piece(runs, wanted, [&](const KvPiece& piece) { pieces.push_back(piece); });
  return pieces;
}

std::string refused(const std::vector<KvRun>& runs, const Lattice& wanted) {
  return message_of<std::invalid_argument>([&] { pieces_of(runs, wanted); });
}

const std::vector<KvRun> sinks_and_window{{{0, 1, 4}, 0}, {{91, 1, 9}, 4}};

}  // namespace

TEST_CASE("for_each_piece: a piece for each run") {
  using Pieces = std::vector<KvPiece>;
  CHECK(pieces_of(sinks_and_window, {93, 3, 3}) == Pieces{{{93, 3, 3}, 6, 3}});
  CHECK(pieces_of(sinks_and_window, {0, 1, 4}) == Pieces{{{0, 1, 4}, 0, 1}});
  CHECK(pieces_of(sinks_and_window, {1, 92, 2}) == Pieces{{{1, 92, 1}, 1, 1}, {{93, 92, 1}, 6, 1}});
  CHECK(pieces_of(sinks_and_window, {50, 1, 0}) == Pieces{});
  CHECK(pieces_of({}, {50, 1, 0}) == Pieces{});
  // Two classes of columns that lie between each other.
  CHECK(pieces_of({{{0, 8, 3}, 0}, {{1, 8, 3}, 3}}, {1, 16, 2}) == Pieces{{{1, 16, 2}, 3, 2}});
}

TEST_CASE("for_each_piece: what is forgotten, or not yet there, is an error before any visit") {
  CHECK(
      refused(sinks_and_window, {2, 1, 4}) ==
      "tartan: decode: the pattern attends position 4, which the cache has forgotten (make it for "
      "the same pattern, and ask only for rows at the end)");
  CHECK(
      refused(sinks_and_window, {98, 1, 4}) ==
      "tartan: decode: the pattern attends position 100, which has not been appended to the cache, "
      "got positions up to 99");
  CHECK(refused({}, {0, 1, 1}) ==
        "tartan: decode: the pattern attends position 0, which has not been appended to the cache, "
        "got positions up to -1");
}

TEST_CASE("for_each_piece: every wanted position once, in the row where it is") {
  Random random(4);
  int found = 0, missing = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    // Disjoint runs: classes of a step, and a run behind them.
    const Index step = random.in(1, 5), behind = random.in(20, 40);
    std::vector<KvRun> runs;
    Index row = 0;
    for (Index residue = 0; residue < step; ++residue) {
      if (random.in(0, 3) == 0) continue;
      const Lattice positions = Lattice::residue_class(residue, step, random.in(0, 6), behind);
      if (positions.empty()) continue;
      runs.push_back({positions, row});
      row += positions.count + random.in(0, 2);
    }
    runs.push_back({Lattice::range(behind, behind + random.in(1, 20)), row});
    const Lattice wanted{random.in(0, 50), random.in(1, 6), random.in(0, 8)};
    bool all = true;
    for (Index t = 0; t < wanted.count; ++t) {
      bool there = false;
      for (const KvRun& run : runs) there = there || run.positions.contains(wanted[t]);
      all = all && there;
    }
    (all ? found : missing) += 1;
    if (!all) {
      CHECK(refused(runs, wanted) != "nothing was thrown");
      continue;
    }
    Index seen = 0;
    bool right = true;
    for (const KvPiece& piece : pieces_of(runs, wanted)) {
      for (Index t = 0; t < piece.positions.count; ++t, ++seen) {
        const Index p = piece.positions[t];
        bool in_row = false;
        for (const KvRun& run : runs) {
          in_row = in_row || (run.positions.contains(p) &&
                              run.positions[piece.row + t * piece.step - run.first_row] == p);
        }
        right = right && wanted.contains(p) && in_row;
      }
    }
    CHECK((right && seen == wanted.count));
  }
  CHECK((found > 500 && missing > 500));
}

TEST_CASE("runs_within: what is needed and there, from row 0 on") {
  using namespace tartan::detail;
  const std::vector<KvRun> kept =
      runs_within(sinks_and_window, {{0, 1, 2}, {2, 1, 0}, {50, 1, 45}});
  CHECK(kept == std::vector<KvRun>{{{0, 1, 2}, 0}, {{91, 1, 4}, 2}});
  CHECK(kept_positions(kept) == 6);
}

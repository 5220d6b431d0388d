#include <tartan/lattice/kv_run.hpp>

#include "support/catch.hpp"

using namespace tartan;
using detail::rows_of_keys;

constexpr KvRun runs[] = {{{0, 1, 4}, 0}, {{16, 16, 5}, 4}, {{90, 1, 20}, 9}};

static_assert(rows_of_keys(runs, {1, 2, 2}) == Lattice{1, 2, 2});
static_assert(rows_of_keys(runs, {32, 32, 2}) == Lattice{5, 2, 2});
static_assert(rows_of_keys(runs, {95, 3, 4}) == Lattice{14, 3, 4});
static_assert(rows_of_keys({}, {95, 3, 4}) == Lattice{95, 3, 4});

TEST_CASE("each key of a run is in the row that the run says") {
  for (const KvRun& run : runs) {
    for (Index first = 0; first < run.positions.count; ++first) {
      const Lattice keys{run.positions[first], 2 * run.positions.step,
                         (run.positions.count - first + 1) / 2};
      const Lattice rows = rows_of_keys(runs, keys);
      for (Index t = 0; t < keys.count; ++t) CHECK(rows[t] == run.first_row + first + 2 * t);
    }
  }
}

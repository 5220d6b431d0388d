// Cells: every pair of a pattern is in one of them, those that share gradients say so, and what is
// the first to add to gradients is.
#include <set>
#include <tartan/backward/cell.hpp>

#include "support/catch.hpp"
#include "support/patterns.hpp"

using namespace tartan;
using detail::Cell;
using detail::Cells;
using detail::Plan;
using detail::PlannedBand;

namespace {

/// Calls visit(i, j, gathered) for the pairs that a cell is to work on, as its runner does.
template <class Visit>
void visit_pairs(const Cells& cells, const Cell& cell, const Visit& visit) {
  if (cell.row_chunk < 0) return;
  const Extent& extent = cells.plan().extent();
  for (Index c = cell.class_begin; c < cell.class_end; ++c) {
    for (const PlannedBand& planned : cells.bands_of(c)) {
      const bool gathered = cells.find(planned) != nullptr;
      if (gathered && !cell.gathers) continue;
      const Band& band = planned.band;
      for (Index i = extent.row_begin + c; i < extent.row_end; i += cells.step()) {
        if (i < cell.row_begin || i >= cell.row_end || !band.rows.contains(i)) continue;
        const KeyRun run = band.keys_of(planned.mover(i));
        for (Index v = run.first; v <= run.last; ++v) {
          const Index j = band.keys[v];
          if (!gathered && (j < cell.key_begin || j >= cell.key_end)) continue;
          const auto& hole = planned.hole;
          if (hole && hole->lower(i) <= j && j <= hole->upper(i)) continue;
          if (!planned.keep || planned.keep(i, j)) visit(i, j, gathered);
        }
      }
    }
  }
}

/// Checks the cells of all passes of a pattern.
template <class P>
void check_cells(const P& pattern, const Extent& extent) {
  const Plan plan(pattern, extent);
  std::set<std::pair<Index, Index>> seen;
  Index pairs = 0;
  for (const Index step : plan.steps()) {
    const Cells cells(plan, step);
    std::vector<Index> chunk_of_row(static_cast<std::size_t>(extent.row_end - extent.row_begin),
                                    -1);
    std::vector<Index> chunk_of_key(static_cast<std::size_t>(extent.key_end), -1);
    std::vector<bool> rows_begun(chunk_of_row.size()), keys_begun(chunk_of_key.size());
    bool apart = true, begun = true;
    for (const Cell& cell : cells.cells()) {
      cells.visit_first_keys(cell, [&](const Lattice& keys) {
        for (Index t = 0; t < keys.count; ++t) {
          const auto j = static_cast<std::size_t>(keys[t]);
          begun &= !keys_begun[j];  // by nobody before
          keys_begun[j] = true;
        }
      });
      for (Index c = cell.class_begin; c < cell.class_end && cell.row_chunk >= 0; ++c) {
        for (Index i = extent.row_begin + c; i < extent.row_end; i += step) {
          if (i < cell.row_begin || i >= cell.row_end) continue;
          const auto r = static_cast<std::size_t>(i - extent.row_begin);
          begun &= bool(rows_begun[r]) != cell.first_of_rows;
          rows_begun[r] = true;
        }
      }
      visit_pairs(cells, cell, [&](Index i, Index j, bool gathered) {
        ++pairs;
        seen.insert({i, j});
        Index& row = chunk_of_row[static_cast<std::size_t>(i - extent.row_begin)];
        apart &= row == -1 || row == cell.row_chunk;
        row = cell.row_chunk;
        if (gathered) return;
        begun &= bool(keys_begun[static_cast<std::size_t>(j)]);
        bool mine = false;  // in one of the cell's chunks, and always in the same
        Index& key = chunk_of_key[static_cast<std::size_t>(j)];
        for (Index x = cell.key_chunk; x < cell.key_chunk + cell.key_chunks; ++x) {
          mine |= key == -1 || key == x;
        }
        apart &= mine;
        if (cell.key_chunks == 1) key = cell.key_chunk;
      });
    }
    CHECK(apart);
    CHECK(begun);
    CHECK(std::find(rows_begun.begin(), rows_begun.end(), false) == rows_begun.end());
    CHECK(std::find(keys_begun.begin(), keys_begun.end(), false) == keys_begun.end());
  }
  CHECK(pairs == static_cast<Index>(seen.size()));
  Index expected = 0;
  for (Index i = extent.row_begin; i < extent.row_end; ++i) {
    for (Index j = 0; j < extent.key_end; ++j) expected += pattern.contains(i, j);
  }
  CHECK(pairs == expected);
}

}  // namespace

TEST_CASE("cells hold each pair once, and say what they share") {
  for (const Extent& extent : {Extent{0, 700, 650}, Extent{300, 1500, 900}, Extent{-90, 60, 40},
                               Extent{0, 1, 600}, Extent{0, 5, 0}}) {
    for_each_test_pattern(60, 8, [&](const char* name, const auto& pattern) {
      CAPTURE(name, extent.row_begin, extent.row_end, extent.key_end);
      check_cells(pattern, extent);
    });
  }
  check_cells(Strided{2}, {0, 3000, 2500});
  check_cells(Dilated{40, 2}, {0, 2500, 2500});
  check_cells(Local{9} | Strided{1000}, {0, 1500, 1500});
}

TEST_CASE("classes of rows that share no key are worked on by themselves") {
  const Plan strided(Strided{16}, {0, 4000, 4000});
  CHECK(Cells(strided, 16).classes_are_apart());
  const Plan columns(Columns{16}, {0, 4000, 4000});
  CHECK_FALSE(Cells(columns, 1).classes_are_apart());
  CHECK(Cells(columns, 1).gathered().size() == 1);
}

TEST_CASE("a window's cells are one for each chunk of rows, and dense ones are many") {
  const Plan window(Local{65}, {0, 4096, 4096});
  const Cells narrow(window, 1);
  CHECK(static_cast<Index>(narrow.cells().size()) == narrow.row_chunks());
  const Plan dense(Dense{}, {0, 4096, 4096});
  const Cells all(dense, 1);
  CHECK(static_cast<Index>(all.cells().size()) == all.row_chunks() * all.key_chunks());
  CHECK(all.row_chunks() >= 8);
}

// The units of a pass: every row is in one of them, once, with others of its class.
#include <tartan/attention/pass.hpp>
#include <tartan/patterns/dense.hpp>
#include <tartan/patterns/neighborhood.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

namespace {

template <class T>
Call<T> call_of(Index n, Index m, Index d) {
  const auto view = [](Index rows, Index cols) {
    return View<const T>{nullptr, rows, cols, cols, 1};
  };
  return {view(n, d), view(m, d), view(m, d), {nullptr, n, d, d, 1}, nullptr, T(1)};
}

/// What is wrong with the units and tiles of a pass over n rows from position `offset` on, or "".
template <class T, Pattern P>
std::string broken(const P& pattern, Index n, Index offset, Index step) {
  const Call<T> call = call_of<T>(n, 5, 3);
  const Plan plan(pattern, {offset, offset + n, 5});
  const Pass<T> pass{call, plan, step, false, false, nullptr, nullptr};
  std::vector<int> times(static_cast<std::size_t>(n), 0);
  for (Index u = 0; u < pass.units(); ++u) {
    const Unit unit = pass.unit(u);
    if (unit.rows.step != step || (!unit.empty() && unit.span().step != step)) {
      return "a wrong step";
    }
    if (unit.rows.residue < 0 || unit.rows.residue >= step) return "no residue";
    if (unit.lines != (pass.line_rows > 0)) return "lines where there are none, or none";
    if (unit.positions.count + unit.below.count > Pass<T>::group_rows) return "too many rows";
    if (unit.class_rows != plan.extent().rows(unit.rows.residue, step).count) {
      return "a wrong number of rows in the class";
    }
    if (pass.tiles(unit) > Pass<T>::group_tiles) return "too many tiles";
    for (Index x = 0; x < pass.tiles(unit); ++x) {
      const TileRows<T> tile = pass.tile(unit, x);
      if (tile.count() == 0 || tile.count() > Pass<T>::lanes) return "a tile of no or many rows";
      for (Index l = 0; l < tile.lanes(); ++l) {
        if (l % Pass<T>::width >= tile.half[l / Pass<T>::width].count) continue;
        const Index position = tile[l];
        if (!unit.span().contains(position)) return "a row outside its unit";
        if (floor_mod(position, step) != unit.rows.residue) return "a row of another class";
        if (position < offset || position >= offset + n) return "a row that does not exist";
        ++times[static_cast<std::size_t>(position - offset)];
      }
    }
  }
  const bool once = std::all_of(times.begin(), times.end(), [](int t) { return t == 1; });
  return once ? "" : "a row is in no unit, or in several";
}

}  // namespace

TEST_CASE("the units of a pass hold every row once, for every step and offset") {
  for (const Index n : {1, 2, 15, 16, 17, 127, 128, 129, 300, 1000}) {
    for (const Index offset : {0, 1, 77, -1, -50, -1000, 100000}) {
      for (const Index step : {1, 2, 3, 7, 16, 100, 128, 999, 5000}) {
        CAPTURE(n, offset, step);
        const std::string wrong_for_float = broken<float>(Dense{}, n, offset, step);
        const std::string wrong_for_double = broken<double>(Dense{}, n, offset, step);
        CHECK(wrong_for_float == "");
        CHECK(wrong_for_double == "");
      }
    }
  }
}

TEST_CASE("a pass has no more classes than rows, and full groups but for the last") {
  const Call<float> call = call_of<float>(1000, 5, 3);
  const Plan plan(Dense{}, {0, 1000, 5});
  const Index group = Pass<float>::group_rows;
  const Pass<float> whole{call, plan, 1, false, false, nullptr, nullptr};
  CHECK(whole.classes() == 1);
  CHECK(whole.units() == ceil_div(1000, group));
  for (Index u = 0; u < whole.units(); ++u) {
    CHECK(whole.unit(u).positions == Lattice{u * group, 1, min(group, 1000 - u * group)});
  }
  const Pass<float> scattered{call, plan, 5000, false, false, nullptr, nullptr};
  CHECK(scattered.classes() == 1000);
  CHECK(scattered.units() == 1000);
}

TEST_CASE("units of lines hold every row once, whatever rows a call has of the grid") {
  const Axis axis{.kernel = 3};
  for (const Index line : {3, 12, 16, 17, 30, 32, 60, 64, 100, 300}) {
    const Neighborhood<Dynamic, Dynamic> grid({500, line}, axis, axis);
    for (const Index n : {1, 5, 100, 1000}) {
      for (const Index offset : {0, 1, 77, -50, 3000}) {
        for (const Index step : {1, 2, 3}) {
          CAPTURE(line, n, offset, step);
          const std::string wrong_for_float = broken<float>(grid, n, offset, step);
          const std::string wrong_for_double = broken<double>(grid, n, offset, step);
          CHECK(wrong_for_float == "");
          CHECK(wrong_for_double == "");
        }
      }
    }
  }
}

TEST_CASE("a tile of lines has the same columns of one line and of the next") {
  using P = Pass<float>;
  const Call<float> call = call_of<float>(640, 640, 3);
  const Neighborhood<10, 64> grid{{.kernel = 3}, {.kernel = 3}};
  const Plan plan(grid, {0, 640, 640});
  const P pass{call, plan, 1, false, false, nullptr, nullptr};
  CHECK(pass.line_rows == (P::width > 1 ? 64 : 0));
  for (Index u = 0; u < pass.units() && pass.line_rows > 0; ++u) {
    const Unit unit = pass.unit(u);
    for (Index x = 0; x < pass.tiles(unit); ++x) {
      const TileRows<float> tile = pass.tile(unit, x);
      CHECK(tile.half[1].start == tile.half[0].start + 64);
      CHECK(tile.half[0].count == P::width);
      CHECK(tile.half[1].count == P::width);
      CHECK_FALSE(tile.one_lattice());
    }
  }
}

TEST_CASE("lines are left alone where their bands are not sheared, or leave lanes empty") {
  const Axis narrow{.kernel = 3}, wide{.kernel = 63};
  const auto line_rows = [&](Index line, const Axis& axis, Index step) {
    const Call<float> call = call_of<float>(40 * line, 40 * line, 3);
    const Neighborhood<Dynamic, Dynamic> grid({40, line}, narrow, axis);
    const Plan plan(grid, {0, 40 * line, 40 * line});
    return Pass<float>{call, plan, step, false, false, nullptr, nullptr}.line_rows;
  };
  constexpr Index W = Shape<float>::width;
  CHECK(line_rows(64, narrow, 1) == (W > 1 ? 64 : 0));
  CHECK(line_rows(64, narrow, 2) == (W > 1 ? 32 : 0));
  CHECK(line_rows(64, narrow, 3) == 0);
  CHECK(line_rows(64, wide, 1) == 0);
  if (W >= 4) CHECK(line_rows(W + W / 4, narrow, 1) == 0);
}

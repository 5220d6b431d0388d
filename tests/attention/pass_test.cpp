// The units of a pass: every row is in one of them, once, with others of its class.
#include <tartan/attention/pass.hpp>
#include <tartan/patterns/dense.hpp>

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

/// What is wrong with the units of a pass over n rows from position `offset` on, or "".
template <class T>
std::string broken(Index n, Index offset, Index step) {
  const Call<T> call = call_of<T>(n, 5, 3);
  const Plan plan(Dense{}, {offset, offset + n, 5});
  const Pass<T> pass{call, plan, step, false, false, nullptr, nullptr};
  std::vector<int> times(static_cast<std::size_t>(n), 0);
  for (Index u = 0; u < pass.units(); ++u) {
    const Unit unit = pass.unit(u);
    if (unit.rows.step != step || unit.positions.step != step) return "a wrong step";
    if (unit.rows.residue < 0 || unit.rows.residue >= step) return "no residue";
    if (unit.positions.count > Pass<T>::group_rows) return "too many rows";
    if (unit.class_rows != plan.extent().rows(unit.rows.residue, step).count) {
      return "a wrong number of rows in the class";
    }
    for (Index t = 0; t < unit.positions.count; ++t) {
      const Index position = unit.positions[t];
      if (floor_mod(position, step) != unit.rows.residue) return "a row of another class";
      if (position < offset || position >= offset + n) return "a row that does not exist";
      ++times[static_cast<std::size_t>(position - offset)];
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
        const std::string wrong_for_float = broken<float>(n, offset, step);
        const std::string wrong_for_double = broken<double>(n, offset, step);
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

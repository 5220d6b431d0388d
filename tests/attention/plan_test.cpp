// A plan against the pattern it was made of: from its bands, holes and filters alone, every pair is
// found again, once.
#include <tartan/attention/plan.hpp>

#include "support/any_pattern.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;
using tartan::detail::Plan;
using tartan::detail::PlannedBand;
using tartan::detail::RowClass;

namespace {

/// One diagonal up to position 7, another from there on: no hole lies between the two.
struct Bent {
  constexpr bool contains(Index i, Index j) const { return j == (i < 7 ? i : i + 3); }
  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    const Lattice rows = extent.rows();
    visit(Band{rows.within(rows.start, 7), extent.keys(), {0}, {0}});
    visit(Band{rows.within(7, rows.end()), extent.keys(), {3}, {3}});
  }
};

/// Every other pair of one diagonal, and all of another: the filter is of the first alone.
struct HalfFiltered {
  constexpr bool contains(Index i, Index j) const { return (j == i && i % 2 == 0) || j == i + 3; }
  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys(), {0}, {0}}, [](Index i, Index) { return i % 2 == 0; });
    visit(Band{extent.rows(), extent.keys(), {3}, {3}});
  }
};

// Behind one type, so that Plan, Union and Intersection are compiled once.
AnyPattern local(Index w) { return AnyPattern::of("Local", Local{w}); }
AnyPattern strided(Index s) { return AnyPattern::of("Strided", Strided{s}); }
AnyPattern columns(Index s) { return AnyPattern::of("Columns", Columns{s}); }
AnyPattern causal() { return AnyPattern::of("Causal", Causal{}); }
AnyPattern nothing() { return AnyPattern::of("Nothing", user::Nothing{}); }
AnyPattern diagonals(Index n, Index apart) {
  return AnyPattern::of("Diagonals", user::Diagonals{n, apart});
}

std::vector<AnyPattern> list() {
  return {AnyPattern::of("Dense", Dense{}),
          causal(),
          local(5),
          AnyPattern::of("Window", Window{0, 4}),
          strided(4),
          strided(6),
          columns(3),
          diagonals(3, 5),
          AnyPattern::of("FirstColumns", user::FirstColumns{4}),
          AnyPattern::of("Bent", Bent{}),
          AnyPattern::of("HalfFiltered", HalfFiltered{}),
          AnyPattern::of("Antidiagonals", user::Antidiagonals{}),
          nothing()};
}

bool attends(const PlannedBand& planned, Index i, Index j) {
  const bool in_hole = planned.hole && planned.hole->lower(i) <= j && j <= planned.hole->upper(i);
  return planned.band.rows.contains(i) && planned.band.contains(planned.mover(i), j) && !in_hole &&
         (!planned.keep || planned.keep(i, j));
}

/// Calls visit(band) for each band of each class of each step; false where one is out of place.
template <class Visit>
bool visit_classes(const Plan& plan, Visit&& visit) {
  bool in_place = true;
  for (const Index step : plan.steps()) {
    for (Index residue = 0; residue < step; ++residue) {
      const RowClass rows{step, residue};
      for (const PlannedBand& planned : plan.bands(rows)) {
        in_place = in_place && detail::row_class(planned.band.rows) == rows;
        visit(planned);
      }
    }
  }
  return in_place;
}

/// What is wrong with the plan, or "".
std::string broken(const AnyPattern& pattern, const Extent& extent) {
  const Plan plan(pattern, extent);
  const std::vector<Index>& steps = plan.steps();
  if (steps.empty()) return "no step";
  if (!std::is_sorted(steps.rbegin(), steps.rend())) return "a finer step before a coarser one";
  if (std::adjacent_find(steps.begin(), steps.end()) != steps.end()) return "a step twice";
  const std::size_t keys = static_cast<std::size_t>(extent.key_end);
  std::vector<int> times(static_cast<std::size_t>(extent.rows().count) * keys, 0);
  std::string wrong;
  const bool in_place = visit_classes(plan, [&](const PlannedBand& planned) {
    if (planned.hole && planned.keep) wrong = "a hole and a filter";
    for (Index t = 0; t < planned.band.rows.count; ++t) {
      const Index i = planned.band.rows[t];
      for (Index j = 0; j < extent.key_end; ++j) {
        const auto row = static_cast<std::size_t>(i - extent.row_begin);
        if (attends(planned, i, j)) ++times[row * keys + static_cast<std::size_t>(j)];
      }
    }
  });
  if (!in_place) return "a band in a class that is not its own";
  for (Index i = extent.row_begin; i < extent.row_end; ++i) {
    for (Index j = 0; j < extent.key_end; ++j) {
      const auto row = static_cast<std::size_t>(i - extent.row_begin);
      if (times[row * keys + static_cast<std::size_t>(j)] != pattern.contains(i, j)) {
        return "pair (" + std::to_string(i) + ", " + std::to_string(j) + ")";
      }
    }
  }
  return wrong;
}

struct Counted {
  Index bands = 0, holes = 0, filters = 0;
  bool operator==(const Counted&) const = default;
};

Counted counted(const AnyPattern& pattern, const Extent& extent) {
  Counted counted;
  visit_classes(Plan(pattern, extent), [&](const PlannedBand& planned) {
    ++counted.bands;
    counted.holes += planned.hole.has_value();
    counted.filters += planned.keep != nullptr;
  });
  return counted;
}

}  // namespace

TEST_CASE("row_class: the residue of the rows, also before position 0") {
  CHECK((detail::row_class({7, 3, 2}) == RowClass{3, 1}));
  CHECK((detail::row_class({-7, 3, 2}) == RowClass{3, 2}));
  CHECK((detail::row_class({-7, 1, 2}) == RowClass{1, 0}));
}

TEST_CASE("visit_bands: of some rows, all bands that have one, in order, and few others") {
  // Bands of all lengths: a layout's blocks, a few long ones, and windows cut by others.
  const AnyPattern pattern =
      either(any(Documents({0, 3, 4, 9, 30, 31, 60, 100}, Local{3})),
             either(any(GlobalTokens<>::at({7, 8, 50})), any(user::FirstColumns{2})));
  for (const Index row_begin : {Index{0}, Index{-5}, Index{20}}) {
    const Plan plan(pattern, {row_begin, 120, 120});
    const RowClass rows{1, 0};
    const auto all = plan.bands(rows);
    for (Index begin = row_begin; begin < 120; ++begin) {
      const Lattice positions = Lattice::range(begin, begin + 8);
      std::vector<const PlannedBand*> visited;
      plan.visit_bands(rows, positions, [&](const PlannedBand& b) { visited.push_back(&b); });
      CHECK(std::is_sorted(visited.begin(), visited.end()));
      std::size_t needed = 0;
      for (const PlannedBand& b : all) {
        if (positions.within(b.band.rows.start, b.band.rows.end()).empty()) continue;
        ++needed;
        CHECK(std::count(visited.begin(), visited.end(), &b) == 1);
      }
      CHECK(visited.size() <= 2 * needed + 12);
    }
  }
}

TEST_CASE("a plan holds the pairs of its pattern, once each") {
  std::vector<AnyPattern> patterns = list();
  const std::vector<AnyPattern> singles = patterns;
  for (const AnyPattern& a : singles) {
    for (const AnyPattern& b : singles) {
      patterns.push_back(either(a, b));
      patterns.push_back(both(a, b));
      patterns.push_back(both(singles[1], either(a, b)));
    }
  }
  Random random(1);
  int patterns_right = 0;
  for (const AnyPattern& pattern : patterns) {
    std::vector<Extent> extents = {
        {0, 0, 0}, {0, 1, 1}, {0, 26, 26}, {-9, 14, 17}, {500, 520, 530}};
    for (int k = 0; k < 4; ++k) extents.push_back(random.extent());
    bool right = true;
    for (const Extent& extent : extents) {
      const std::string wrong = broken(pattern, extent);
      right = right && wrong.empty();
      if (!wrong.empty()) {
        FAIL_CHECK(pattern.name() << ": " << wrong << ", rows from " << extent.row_begin << " to "
                                  << extent.row_end << ", " << extent.key_end << " keys");
      }
    }
    patterns_right += right;
  }
  CHECK(patterns_right == std::ssize(patterns));
}

TEST_CASE("steps: coarsest first, each once; 1 where there is no band") {
  const Extent extent{0, 60, 60};
  const auto steps = [&](const AnyPattern& pattern) { return Plan(pattern, extent).steps(); };
  CHECK((steps(local(5)) == std::vector<Index>{1}));
  CHECK((steps(strided(7)) == std::vector<Index>{7}));
  CHECK((steps(either(local(5), strided(7))) == std::vector<Index>{7, 1}));
  CHECK((steps(either(strided(3), strided(12))) == std::vector<Index>{3}));
  CHECK((steps(nothing()) == std::vector<Index>{1}));
  CHECK((Plan(either(local(5), strided(7)), {0, 0, 60}).steps() == std::vector<Index>{1}));
}

TEST_CASE("bands of a class that has none: an empty span") {
  const Plan plan(either(local(5), strided(4)), {0, 60, 60});
  CHECK(plan.bands({4, 0}).size() >= 1);
  CHECK(plan.bands({2, 1}).empty());
  CHECK(plan.bands({5, 0}).empty());
  CHECK(plan.bands({1, 0}).size() == 1);
  CHECK(Plan(nothing(), {0, 9, 9}).bands({1, 0}).empty());
}

TEST_CASE("what was cut out of a band's middle is a hole in it while it is narrow") {
  const Extent extent{0, 600, 600};
  // Local{w} cuts |i - j| <= w / 2 out of each class: w / (2 stride) keys on each side, and self.
  CHECK((counted(strided(4), extent) == Counted{4, 0, 0}));
  CHECK((counted(either(local(5), strided(4)), extent) == Counted{5, 4, 0}));
  CHECK((counted(either(local(60), strided(4)), extent) == Counted{5, 4, 0}));
  CHECK((counted(either(local(100), strided(4)), extent) == Counted{9, 0, 0}));
  CHECK((counted(either(local(5), columns(4)), extent) == Counted{2, 1, 0}));
  CHECK((counted(both(causal(), either(local(5), strided(4))), extent) == Counted{5, 0, 0}));
  CHECK((counted(either(strided(9), strided(10)), extent).filters > 0));
  CHECK((counted(either(strided(4), strided(6)), extent).holes == 0));
}

TEST_CASE("bands beside each other, on other lattices or with something between stay apart") {
  const Extent extent{0, 50, 50};
  CHECK((counted(diagonals(2, 5), extent) == Counted{1, 1, 0}));
  CHECK((counted(diagonals(3, 5), extent) == Counted{2, 1, 0}));  // one hole a band
  CHECK((counted(diagonals(2, 40), extent) == Counted{2, 0, 0}));
  CHECK((counted(AnyPattern::of("Bent", Bent{}), extent) == Counted{2, 0, 0}));
  CHECK((counted(AnyPattern::of("HalfFiltered", HalfFiltered{}), extent) == Counted{2, 0, 1}));
}

TEST_CASE("the extent is kept") {
  const Plan plan(causal(), {-3, 8, 5});
  CHECK(plan.extent().row_begin == -3);
  CHECK(plan.extent().row_end == 8);
  CHECK(plan.extent().key_end == 5);
}

namespace {

Index line_of(const AnyPattern& pattern, const Extent& extent) {
  return Plan(pattern, extent).line();
}

template <class>
constexpr Index dynamic = Dynamic;

template <class... Axes>
AnyPattern grid(const std::array<Index, sizeof...(Axes)>& shape, const Axes&... axes) {
  return AnyPattern::of("Neighborhood", Neighborhood<dynamic<Axes>...>(shape, axes...));
}

}  // namespace

TEST_CASE("rows at a shifted border are joined to those between, where these fill vectors") {
  using Line = Neighborhood<Dynamic>;
  const auto moving = [](const auto& pattern, const Extent& extent) {
    std::vector<std::optional<Lattice>> found;
    visit_classes(Plan(pattern, extent),
                  [&](const PlannedBand& planned) { found.push_back(planned.moving); });
    return found;
  };
  using Expected = std::vector<std::optional<Lattice>>;
  const Line line({60}, {.kernel = 9, .border = Border::shift});
  CHECK(moving(line, {0, 60, 60}) == Expected{Lattice::range(4, 56)});
  CHECK(moving(line, {2, 58, 60}) == Expected{Lattice::range(4, 56)});
  CHECK(moving(line, {2, 12, 60}) == Expected{{}, {}});  // 4 to 11: fewer than a vector's lanes
  CHECK(moving(line, {4, 56, 60}) == Expected{{}});
  CHECK(moving(Line({23}, {.kernel = 9, .border = Border::shift}), {0, 23, 23}) ==
        Expected{{}, {}, {}});
  CHECK(moving(Line({60}, {.kernel = 9}), {0, 60, 60}) == Expected{{}});
  // In class 1 of a dilated line, and with keys that end in the first window.
  const Line dilated({60}, {.kernel = 5, .dilation = 2, .border = Border::shift});
  CHECK(moving(dilated, {0, 60, 60}) == Expected{Lattice{4, 2, 26}, Lattice{5, 2, 26}});
  CHECK(moving(line, {0, 60, 7}).size() <= 3);
  for (const Extent& extent : {Extent{0, 60, 60}, Extent{2, 58, 60}, Extent{0, 60, 7}}) {
    CHECK(broken(any(line), extent).empty());
    CHECK(broken(any(dilated), extent).empty());
  }
  // Documents that touch have bands that touch, of other keys.
  CHECK(moving(Documents({0, 20, 60}, Local{9}), {0, 60, 60}) == Expected{{}, {}});
}

TEST_CASE("shear: a band's rows have as many keys each, one further from row to row") {
  const auto shear = [](const Band& band) { return PlannedBand{band, {}, nullptr}.shear(); };
  const Lattice rows{3, 2, 20}, keys{4, 2, 30};
  CHECK(shear({rows, keys, {-4}, {5}}) == 5);
  CHECK(shear({rows, keys, {-3}, {5}}) == 5);
  CHECK(shear({rows, keys, {-3}, {-3}}) == 1);
  CHECK(shear({rows, keys, {-4}, {-4}}) == 0);  // between two keys
  CHECK(shear({rows, keys, {5}, {-4}}) == 0);
  CHECK(shear({rows, keys}) == 0);
  CHECK(shear({rows, keys, {-4}, Bound::none_above()}) == 0);
  CHECK(shear({rows, Lattice::range(0, 9), {-4}, {5}}) == 0);  // two keys further
  PlannedBand other{{rows, keys, {-4}, {5}}, {{{0}, {1}}}, nullptr};
  CHECK(other.shear() == 0);
  other.hole.reset();
  other.keep = [](Index, Index) { return true; };
  CHECK(other.shear() == 0);
}

TEST_CASE("line: the distance at which the bands of a grid repeat") {
  const Axis five{.kernel = 5}, shifted{.kernel = 3, .border = Border::shift};
  const Axis apart{.kernel = 3, .dilation = 2}, past{.kernel = 4, .causal = true};
  const Extent all{0, 600, 600};
  CHECK(line_of(grid({30, 20}, five, five), all) == 20);
  CHECK(line_of(grid({30, 20}, shifted, shifted), all) == 20);
  CHECK(line_of(grid({30, 20}, apart, past), all) == 20);
  CHECK(line_of(grid({30, 20}, five, apart), all) == 20);
  CHECK(line_of(grid({5, 6, 20}, five, shifted, five), all) == 20);
  CHECK(line_of(both(causal(), grid({30, 20}, five, five)), all) == 20);
  CHECK(line_of(grid({30, 20}, five, five), {77, 300, 600}) == 20);
  CHECK(line_of(either(grid({30, 20}, five, five), columns(100)), all) == 20);
  // No two lines share keys, or there is no line.
  CHECK(line_of(grid({30, 20}, Axis{}, five), all) == 0);
  CHECK(line_of(grid({600}, five), all) == 0);
  CHECK(line_of(any(Documents({0, 20, 40, 60, 80, 100}, Local{5})), all) == 0);
  CHECK(line_of(local(5), all) == 0);
  CHECK(line_of(any(Dense{}), all) == 0);
  CHECK(line_of(nothing(), all) == 0);
}

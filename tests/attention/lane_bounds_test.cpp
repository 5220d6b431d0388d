// Lane bounds against the band itself, row by row and key by key.
#include <tartan/attention/lane_bounds.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Random;

namespace {

/// Some rows of the band, which alone move.
Lattice some_rows(Random& random, const Lattice& rows) {
  const Index begin = random.in(0, rows.count - 1);
  return {rows[begin], rows.step, random.in(1, rows.count - begin)};
}

PlannedBand random_band(Random& random, Index lanes) {
  PlannedBand planned;
  planned.band.rows = {random.in(-40, 40), random.in(1, 6), random.in(1, 3 * lanes)};
  planned.band.keys = {random.in(0, 6), random.in(1, 6), random.in(1, 50)};
  if (random.in(0, 4) > 0) planned.band.lower = Bound{random.in(-80, 40)};
  if (random.in(0, 4) > 0) planned.band.upper = Bound{random.in(-40, 80)};
  if (random.in(0, 1) > 0) {
    const Index hole = random.in(-30, 30);
    planned.hole = {{hole}, {hole + random.in(-1, 12)}};
  } else if (random.in(0, 1) > 0) {
    planned.moving = some_rows(random, planned.band.rows);
  }
  return planned;
}

bool attends(const PlannedBand& planned, Index i, Index j) {
  return planned.band.rows.contains(i) && planned.band.contains(planned.mover(i), j) &&
         !(planned.hole && planned.hole->lower(i) <= j && j <= planned.hole->upper(i));
}

/// The rows of a lattice in the lanes of a tile.
template <class T>
TileRows<T> rows_of(const Lattice& positions) {
  constexpr Index W = Shape<T>::width;
  const Index low = std::min(W, positions.count);
  return {{{positions.start, positions.step, low},
           {positions[W], positions.step, positions.count - low}}};
}

template <class T>
struct Check {
  static constexpr Index L = Shape<T>::lanes;

  /// What is wrong with the bounds of these rows, or "".
  static std::string broken(const PlannedBand& planned, const Lattice& positions) {
    LaneBounds<T> b;
    bool any = false;
    for (Index l = 0; l < positions.count; ++l) any |= planned.band.rows.contains(positions[l]);
    if (lane_bounds<T>(planned, rows_of<T>(positions), b) != any)
      return "says that rows are in the band, or not";
    if (!any) return "";
    if (b.has_hole != planned.hole.has_value()) return "a hole lost or made";
    for (Index l = 0; l < positions.count; ++l) {
      for (Index u = 0; u < planned.band.keys.count; ++u) {
        if (b.attends(l, u) != attends(planned, positions[l], planned.band.keys[u])) {
          return "lane " + std::to_string(l) + ", key " + std::to_string(u);
        }
      }
      if (b.last[l] >= b.first[l] && (b.first[l] < 0 || b.last[l] >= planned.band.keys.count)) {
        return "a key that does not exist";
      }
    }
    const bool last_is_in = planned.band.rows.contains(positions[positions.count - 1]);
    for (Index l = 1; l < L; ++l) {
      if (b.first[l] < b.first[l - 1] || b.last[l] < b.last[l - 1]) return "bounds decrease";
      if (b.has_hole &&
          (b.hole_first[l] < b.hole_first[l - 1] || b.hole_last[l] < b.hole_last[l - 1])) {
        return "a hole's bounds decrease";
      }
      if (l < positions.count) continue;
      if (last_is_in && (b.first[l] != b.first[l - 1] || b.last[l] != b.last[l - 1])) {
        return "padding does not repeat the last row";
      }
      if (!last_is_in && b.first[l] <= b.last[l]) return "padding attends keys";
    }
    return "";
  }

  static void random(unsigned seed) {
    Random random(seed);
    int with_rows_outside = 0;
    for (int trial = 0; trial < 4000; ++trial) {
      const PlannedBand planned = random_band(random, L);
      const Lattice& rows = planned.band.rows;
      const Index first = random.in(-L, rows.count + 1);
      const Lattice positions{rows[first], rows.step, random.in(1, L)};
      const std::string wrong = broken(planned, positions);
      if (!wrong.empty()) FAIL("trial " << trial << ": " << wrong);
      with_rows_outside += first < 0 || first + positions.count > rows.count;
    }
    CHECK(with_rows_outside > 500);
  }

  static void wrap() {
    Random random(3);
    int wrapped = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      LaneBounds<T> b;
      const Index length = random.in(L - 2, L + 40), begin = random.in(0, 9);
      for (Index l = 0; l < L; ++l) {
        b.first[l] = begin + l;
        b.last[l] = begin + l + length - 1;
      }
      b.has_hole = random.in(0, 3) == 0;
      const Index rows = random.in(0, 3) == 0 ? random.in(1, L) : L;
      Index lane = L;  // that differs from the others
      if (random.in(0, 1) == 0) {
        lane = random.in(0, L - 1);
        (random.in(0, 1) ? b.first : b.last)[lane] += random.in(0, 1) ? 1 : -1;
      }
      // A tile of one lane has no other to differ from.
      Index expected = rows == L && !b.has_hole ? b.last[0] - b.first[0] + 1 : 0;
      if (expected < L || (lane < L && L > 1)) expected = 0;
      CHECK(wrap_of(b, rows) == expected);
      wrapped += expected > 0;
    }
    CHECK(wrapped > 300);
  }
};

}  // namespace

TEST_CASE("each lane attends the keys of its row in the band; bounds never decrease") {
  Check<float>::random(1);
  Check<double>::random(2);
}

TEST_CASE("wrap_of: the length of a window that moves on by a key a lane, in a full tile") {
  Check<float>::wrap();
  Check<double>::wrap();
}

TEST_CASE("wrap_of a window's middle; at the sequence's ends it is no longer one") {
  constexpr Index L = Shape<float>::lanes;
  const auto wrap = [](Index first_row, Index step) {
    const PlannedBand window{
        {Lattice{0, step, 300}, Lattice{0, step, 300}, Bound{-100 * step}, Bound{50 * step}},
        {},
        nullptr};
    LaneBounds<float> bounds;
    const Lattice rows{first_row * step, step, L};
    const bool any = lane_bounds<float>(window, rows_of<float>(rows), bounds);
    return any ? wrap_of(bounds, L) : -1;
  };
  for (const Index step : {1, 3}) {
    CHECK(wrap(100, step) == 151);
    CHECK(wrap(99, step) == 0);
    CHECK(wrap(250 - L, step) == 151);
    CHECK(wrap(251 - L, step) == 0);
  }
}

TEST_CASE("BandFilter asks for the positions of a lane and a slot") {
  const PlannedBand planned{{Lattice{4, 10, 9}, Lattice{1, 3, 20}}, {}, [](Index i, Index j) {
                              return i == 24 && j == 13;
                            }};
  const TileRows<float> rows = rows_of<float>({14, 10, 5});
  const BandFilter<float> filter(planned, rows, 2);
  for (Index lane = 0; lane < 5; ++lane) {
    for (Index slot = 0; slot < 18; ++slot) {
      CHECK(filter.keep(lane, slot) == (lane == 1 && slot == 2));
    }
  }
}

namespace {

/// Tiles of rows of two lines, perhaps of fewer than a vector: what is wrong with the bounds, or
/// "".
template <class T>
void check_two_lines() {
  constexpr Index W = Shape<T>::width;
  Random random(5);
  for (int trial = 0; trial < 3000; ++trial) {
    const PlannedBand planned = random_band(random, 2 * W);
    const Lattice& rows = planned.band.rows;
    const auto any_rows = [&] {
      return Lattice{rows[random.in(-W, rows.count)], rows.step, random.in(0, W)};
    };
    const TileRows<T> tile{{any_rows(), any_rows()}};
    LaneBounds<T> b;
    bool any = false;
    const auto in = [&](Index lane) {
      return lane % W < tile.half[lane / W].count && rows.contains(tile[lane]);
    };
    for (Index l = 0; l < 2 * W; ++l) any |= in(l);
    REQUIRE(lane_bounds<T>(planned, tile, b) == any);
    Index wrong = 0;
    for (Index l = 0; any && l < 2 * W; ++l) {
      if (l % W >= tile.half[l / W].count) continue;  // padding
      for (Index u = 0; u < planned.band.keys.count; ++u) {
        wrong += b.attends(l, u) != (in(l) && attends(planned, tile[l], planned.band.keys[u]));
      }
    }
    CAPTURE(trial);
    CHECK(wrong == 0);
  }
}

/// Bands whose rows have as many keys each.
template <class T>
void check_sheared() {
  constexpr Index W = Shape<T>::width;
  Random random(6);
  int with_keys = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const Index step = random.in(1, 4), low = random.in(-40, 40);
    PlannedBand planned{{{random.in(-40, 40), step, random.in(1, 40)},
                         {random.in(0, 40), step, random.in(1, 40)},
                         {low},
                         {low + random.in(0, 30)}},
                        {},
                        nullptr};
    if (trial % 2 == 1) planned.moving = some_rows(random, planned.band.rows);
    const Lattice& rows = planned.band.rows;
    const Index width = planned.shear();
    const TileRows<T> tile{{{rows[random.in(-W, rows.count)], step, random.in(1, W)},
                            {rows[random.in(-W, rows.count)], step, random.in(0, W)}}};
    ShearedLanes lanes[2];
    sheared_lanes(planned, tile, lanes);
    Index wrong = 0;
    for (Index m = 0; m < 2; ++m) {
      const ShearedLanes& of = lanes[m];
      for (Index l = 0; l < tile.half[m].count; ++l) {
        const Index row = tile.half[m][l];
        for (Index u = 0; u < planned.band.keys.count; ++u) {
          const Index slot = u - of.key(l);
          const bool attends = of.begin <= l && l < of.end && slot >= 0 && slot < width;
          wrong += attends != ::attends(planned, row, planned.band.keys[u]);
          wrong += attends && (u < of.first_key() || u >= of.end_key(width));
          with_keys += attends;
        }
      }
      wrong += !of.empty() && of.keys != planned.band.keys.count;
      wrong += of.low < 0 || of.low > of.high || of.low >= W;
      wrong += of.stay(W) && !planned.moving;
    }
    CAPTURE(trial, width);
    CHECK(wrong == 0);
  }
  CHECK(with_keys > 10000);
}

}  // namespace

TEST_CASE("lane_bounds of a tile with rows of two lines") {
  check_two_lines<float>();
  check_two_lines<double>();
}

TEST_CASE("sheared_lanes: lane l attends as many keys as its neighbours, from first + l on") {
  check_sheared<float>();
  check_sheared<double>();
}

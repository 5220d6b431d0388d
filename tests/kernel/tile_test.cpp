// A tile taking in blocks of keys, against one softmax in double over all of them.
#include <tartan/kernel/tile.hpp>

#include "support/catch.hpp"
#include "support/tile_rig.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;
using tartan::test::Random;
using tartan::test::TileRig;
using tartan::test::TileSizes;
using tartan::test::untouched;

namespace {

/// Keeps a third of all pairs: in some rows none.
struct Sieve final : PairFilter {
  bool keep(Index lane, Index key) const override { return lane % 5 != 4 && (lane + key) % 3 == 0; }
};

/// Errors are sums of some tens of roundings of numbers near 1; ten times what is seen.
constexpr double allowed = 400;

const std::vector<TileSizes> sizes = {
    {99, 40, 8, 1}, {3, 96, 16, 2}, {99, 150, 1, 3}, {7, 200, 0, 1}, {99, 10, 33, 5}};

template <class T, class E = simd::Singles<T>>
TileRig<T, E> rig_of(TileSizes s, unsigned seed) {
  s.rows = std::min(s.rows, TileRig<T, E>::L);
  return TileRig<T, E>(s, seed);
}

template <class T, class E = simd::Singles<T>>
void check_anything(const PairFilter* filter, bool isolate) {
  Random random(2);
  unsigned seed = 1;
  for (const TileSizes& s : sizes) {
    for (int trial = 0; trial < 12; ++trial) {
      TileRig<T, E> rig = rig_of<T, E>(s, seed += 3);
      rig.filter = filter;
      rig.see_anything(random);
      TakeMode<T> mode;
      mode.isolate = isolate;
      const Index block = random.in(1, block_keys / E::size) * E::size;
      rig.take_blocks(0, rig.keys, block, mode);
      CAPTURE(s.keys, s.d, s.vectors, trial, block, rig.bounds.has_hole);
      CHECK(rig.error(0, rig.keys) <= allowed);
    }
  }
}

template <class T>
void check_wrapped() {
  constexpr Index L = TileRig<T>::L;
  for (Index w = L; w <= L + 40; ++w) {
    for (const Index begin : {Index{0}, Index{7}}) {
      // All slots in one block where they fit, and in two, of which the first is wrapped.
      for (const Index first : {L, (L + w) / 2, w}) {
        if (first > block_keys || w - first > block_keys) continue;
        TileRig<T> rig({L, begin + w + L - 1, 1 + w % 9, 1 + w % 4}, static_cast<unsigned>(w));
        rig.see_window(begin, w);
        rig.take(begin, begin + first, {}, w);
        if (first < w) rig.take(begin + first, begin + w);
        CAPTURE(w, begin, first);
        CHECK(rig.error(0, rig.keys) <= allowed);
        CHECK_FALSE(rig.tile.ragged);
      }
    }
  }
}

/// Whether a row of a group of Shape::rows was given a value that it does not attend.
template <class T>
bool reads_unattended(const TileRig<T>& rig, Index begin, Index end) {
  constexpr Index R = TileRig<T>::R;
  for (Index r = 0; r < rig.rows; r += R) {
    const Index from = std::max(begin, rig.bounds.first[r]);
    const Index to = std::min(end - 1, rig.bounds.last[r + R - 1]);
    for (Index j = from; j <= to; ++j) {
      for (Index l = r; l < r + R; ++l) {
        if (!rig.attends(l, j)) return true;
      }
    }
  }
  return false;
}

template <class T>
void check_ragged() {
  constexpr Index L = TileRig<T>::L, R = TileRig<T>::R;
  int ragged = 0;
  for (Index move = 0; move <= 2; ++move) {
    for (Index first = 0; first < 30; first += 3) {
      for (const Index length : {Index{1}, Index{4}, Index{100}}) {
        TileRig<T> rig({L, 40, 2, 1}, 1);
        // Steps of R lanes, or of one.
        rig.see_window(first, length, move);
        for (Index l = 0; l < L && move == 2; ++l) {
          rig.bounds.first[l] = first + l / R;
          rig.bounds.last[l] = first + l / R + length - 1;
        }
        rig.take(0, 40);
        CAPTURE(move, first, length);
        CHECK(rig.tile.ragged == reads_unattended(rig, 0, 40));
        ragged += rig.tile.ragged;
      }
    }
  }
  CHECK((ragged > 0 || R == 1));
}

}  // namespace

TEST_CASE("LaneBounds::attends") {
  TileRig<float> rig({1, 20, 1, 1}, 1);
  rig.see_window(3, 10, 0);
  rig.bounds.has_hole = true;
  rig.bounds.hole_first[0] = 5;
  rig.bounds.hole_last[0] = 6;
  std::string seen;
  for (Index j = 0; j < 20; ++j) seen += rig.bounds.attends(0, j) ? 'x' : '.';
  CHECK(seen == "...xx..xxxxxx.......");
  rig.bounds.has_hole = false;
  CHECK(rig.bounds.attends(0, 5));
}

TEST_CASE("take_keys: blocks in turn are one softmax, whatever the bounds") {
  check_anything<float>(nullptr, false);
  check_anything<double>(nullptr, false);
}

TEST_CASE("take_keys: a filter takes out pairs, of some rows all") {
  const Sieve sieve;
  check_anything<float>(&sieve, false);
  check_anything<double>(&sieve, false);
}

TEST_CASE("take_keys: row by row, in isolation, the same") {
  const Sieve sieve;
  check_anything<float>(nullptr, true);
  check_anything<double>(nullptr, true);
  check_anything<float>(&sieve, true);
}

TEST_CASE("take_keys: pairs of bfloat16") {
  const Sieve sieve;
  for (const bool isolate : {false, true}) {
    check_anything<float, simd::Bfloat16Pairs>(nullptr, isolate);
    check_anything<float, simd::Bfloat16Pairs>(&sieve, isolate);
  }
  TileRig<float, simd::Bfloat16Pairs> rig({TileRig<float>::L, 91, 9, 3}, 4);
  rig.see_window(1, 45);
  rig.take(0, 91, {}, 0, 4);
  CHECK(rig.error(0, 91) <= allowed);
  CHECK(rig.tile.ragged);
}

TEST_CASE("take_keys: a value that shares a pair with an attended one makes the tile ragged") {
  for (const Index first : {0, 1}) {
    for (const Index length : {3, 4}) {
      TileRig<float, simd::Bfloat16Pairs> rig({TileRig<float>::L, 10, 4, 1}, 4);
      rig.see_window(first, length, 0);
      rig.take(0, 10);
      CHECK(rig.tile.ragged == (first == 1 || length == 3));
      CHECK(rig.error(0, 10) <= allowed);
    }
  }
}

TEST_CASE("take_keys: wrapped blocks") {
  check_wrapped<float>();
  check_wrapped<double>();
}

TEST_CASE("take_keys: the last block goes where it is to, divided, and nowhere else") {
  constexpr Index L = TileRig<float>::L;
  const Index keys = 50;
  for (const Index blocks : {1, 2}) {
    for (const bool finish : {false, true}) {
      TileRig<float> rig({L, keys, 8, 3}, 5);
      const Index stride = rig.out_stride + 5;
      Numbers<float> into((L - 1) * stride + rig.out_stride);
      rig.see_window(0, 20, 2);
      if (blocks == 2) rig.take(0, 17);
      const Numbers<float> before = rig.out;
      TakeMode<float> mode;
      mode.into = into.data();
      mode.into_stride = stride;
      mode.finish = finish;
      rig.take(blocks == 2 ? 17 : 0, keys, mode);
      CAPTURE(blocks, finish);
      CHECK(rig.tile.state == into.data());
      CHECK(rig.tile.state_stride == stride);
      CHECK(rig.error(0, keys, finish) <= allowed);
      CHECK((rig.out == before));
      bool beside = false;
      for (Index r = 0; r + 1 < L; ++r) {
        for (Index c = rig.out_stride; c < stride; ++c) beside |= into[r * stride + c] != untouched;
      }
      CHECK_FALSE(beside);
    }
  }
}

TEST_CASE("take_keys: a block of several parts is a block of their keys in a row") {
  Random random(11);
  for (int trial = 0; trial < 60; ++trial) {
    TileRig<float> rig = rig_of<float>(sizes[std::size_t(trial) % sizes.size()], 3);
    const Index keys = std::min(rig.keys, block_keys), parts = random.in(1, 5);
    rig.see_anything(random);
    TakeMode<float> mode;
    mode.isolate = trial % 5 == 4;
    rig.take(0, keys, mode, 0, std::min(parts, keys));
    CAPTURE(trial, parts);
    CHECK(rig.error(0, keys) <= allowed);
  }
}

namespace {

/// Lanes of both vectors attend `width` keys each, as a sheared part beside `plain` more keys that
/// all attend. Each array ends with the last number that a part may read.
template <class T>
void check_sheared(Index width, Index first, Index high, Index begin, Index end, Index plain,
                   Index low = 0, Index high_lane = TileRig<T>::W - 1) {
  constexpr Index L = TileRig<T>::L, W = TileRig<T>::W;
  const Index line = 60;
  TileRig<T> rig({L, line + plain, 5, 3}, static_cast<unsigned>(width));
  KeyPart<T> part{nullptr, 0, rig.v.data(), rig.out_stride, width};
  part.sheared = true;
  part.high = high;
  part.v_key = -first;
  const ShearedLanes lanes[2] = {{first, line, begin, end, low, high_lane},
                                 {first + high, line, 0, W, low, high_lane}};
  part.k_stride = (high > 0 ? 3 : 1) * W + width - 1;
  Numbers<T> kt(rig.d * part.k_stride);  // of keys that there are not: untouched
  for (Index t = 0; t < rig.d; ++t) {
    for (Index x = 0; x < part.k_stride; ++x) {
      const Index key = first + x;
      if (key >= 0 && key < line) kt[t * part.k_stride + x] = rig.k[key * rig.d + t];
    }
  }
  part.k = kt.data();
  for (Index l = 0; l < L; ++l) {
    const ShearedLanes& of = lanes[l / W];
    const Index key = of.first + std::clamp(l % W, low, high_lane);
    const bool in = of.begin <= l % W && l % W < of.end;
    rig.bounds.first[l] = in ? std::max<Index>(0, key) : 0;
    rig.bounds.last[l] = in ? std::min(line - 1, key + width - 1) : -1;
  }
  KeyBlock<T> block;
  block.clear();
  REQUIRE(block.add_sheared(part, lanes));
  if (plain > 0) {
    LaneBounds<T> all{};
    for (Index& last : all.last) last = 1000;
    const T* k = rig.k.data() + line * rig.d;
    const T* v = rig.v.data() + line * rig.out_stride;
    REQUIRE(block.add({k, rig.d, v, rig.out_stride, plain}, line, all));
    // To the rig these are keys of a run of each lane's: the plain ones come after a hole.
    rig.bounds.has_hole = true;
    for (Index l = 0; l < L; ++l) {
      if (rig.bounds.first[l] > rig.bounds.last[l]) {
        rig.bounds.first[l] = 0;
        rig.bounds.last[l] = -1;
      }
      rig.bounds.hole_first[l] = rig.bounds.last[l] + 1;
      rig.bounds.hole_last[l] = line - 1;
      rig.bounds.last[l] = line + plain - 1;
    }
  }
  rig.take(block);
  CAPTURE(width, first, high, begin, end, plain, low, high_lane);
  CHECK(rig.error(0, line + plain) <= allowed);
  CHECK_FALSE(rig.tile.ragged);
}

template <class T>
void check_sheared() {
  constexpr Index W = TileRig<T>::W;
  for (Index width = 1; width <= 2 * W; ++width) {
    for (const Index first : {-W - width + 2, -width, Index{-1}, Index{0}, Index{9}, 61 - width}) {
      for (const Index high : {Index{0}, W}) {
        check_sheared<T>(width, first, high, 0, W, width % 3);
        check_sheared<T>(width, first, high, W / 3, W - W / 4, width % 2);
        check_sheared<T>(width, first, high, 0, 0, width % 2);
      }
      for (const Index stay : {Index{1}, W / 4, W / 2, W - 1}) {
        if (stay < 0 || stay >= W) continue;
        check_sheared<T>(width, first, 0, 0, W, width % 3, stay);
        check_sheared<T>(width, first, 0, 0, W, width % 2, 0, W - 1 - stay);
        check_sheared<T>(width, first, 0, W / 3, W - W / 4, width % 2, stay);
        check_sheared<T>(width, first, 0, 0, 0, width % 2, 0, 0);
      }
    }
  }
}

}  // namespace

TEST_CASE("take_keys: sheared parts give no row a value that it does not attend") {
  check_sheared<float>();
  check_sheared<double>();
}

TEST_CASE("take_keys: finishing makes a row without keys 0") {
  constexpr Index L = TileRig<double>::L;
  TileRig<double> rig({L, 30, 4, 2}, 6);
  rig.see_window(30 - L / 2, 30);  // the later half of the lanes starts beyond the keys
  TakeMode<double> mode;
  mode.finish = true;
  rig.take(0, 30, mode);
  CHECK(rig.error(0, 30, true) <= allowed);
  CHECK(rig.tile.state == rig.out.data());
}

TEST_CASE("take_keys: goes on from outputs that an earlier pass left elsewhere") {
  constexpr Index L = TileRig<float>::L;
  TileRig<float> rig({L, 60, 8, 2}, 7);
  rig.take(0, 25);
  const Numbers<float> left = rig.out;
  rig.out = Numbers<float>(L * rig.out_stride, std::numeric_limits<double>::quiet_NaN());
  rig.tile.out = rig.out.data();
  rig.tile.state = left.data();
  rig.tile.state_stride = rig.out_stride;
  rig.take(25, 60);
  CHECK(rig.tile.state == rig.out.data());
  CHECK(rig.error(0, 60) <= allowed);

  TakeMode<float> isolate;
  isolate.isolate = true;
  TileRig<float> again({L, 60, 8, 2}, 7);
  again.take(0, 25);
  again.out = Numbers<float>(L * again.out_stride, std::numeric_limits<double>::quiet_NaN());
  again.tile.out = again.out.data();
  again.tile.state = left.data();
  again.take(25, 60, isolate);
  CHECK(again.error(0, 60) <= allowed);
}

TEST_CASE("take_keys: a tile none of whose lanes attends a key of the block keeps its state") {
  constexpr Index L = TileRig<float>::L;
  TileRig<float> rig({L, 60, 8, 2}, 8);
  rig.see_window(0, 10, 0);
  rig.take(20, 40);  // before any key
  CHECK(rig.error(20, 40) == 0);
  rig.take(0, 10);
  const Numbers<float> row_max = rig.row_max, row_sum = rig.row_sum, out = rig.out;
  rig.take(20, 40);
  rig.take(40, 60);
  CHECK((rig.row_max == row_max));
  CHECK((rig.row_sum == row_sum));
  CHECK((rig.out == out));
  CHECK_FALSE(rig.tile.ragged);

  for (Index l = 0; l < L; ++l) rig.bounds.first[l] = 30;  // first > last in the block
  rig.take(20, 40);
  CHECK((rig.row_sum == row_sum));
  CHECK((rig.out == out));
}

TEST_CASE("take_keys: ragged is set where a row is given a value that it does not attend") {
  check_ragged<float>();
  check_ragged<double>();

  // With holes, never missed; and kept once it is set.
  Random random(9);
  for (int trial = 0; trial < 200; ++trial) {
    TileRig<float> rig({TileRig<float>::L, 40, 2, 1}, 1);
    rig.see_anything(random);
    rig.take(0, 40);
    CHECK(rig.tile.ragged >= reads_unattended(rig, 0, 40));
    const bool ragged = rig.tile.ragged;
    rig.see_all();
    rig.take(0, 40);
    CHECK(rig.tile.ragged == ragged);
  }
  const Sieve sieve;
  TileRig<float> rig({4, 40, 2, 1}, 1);
  rig.filter = &sieve;
  rig.take(0, 40);
  CHECK(rig.tile.ragged);
}

#ifndef __FAST_MATH__
TEST_CASE("take_keys: NaN in a key, or in isolation in a value, reaches those that attend it") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr Index L = TileRig<float>::L;
  const Sieve sieve;
  for (const bool in_value : {false, true}) {
    for (const bool isolate : {false, true}) {
      for (const Index key : {0, 13, 27, 59}) {
        TileRig<float> rig({L, 60, 8, 2}, 10), clean({L, 60, 8, 2}, 10);
        (in_value ? rig.v[key * rig.out_stride] : rig.k[key * rig.d]) = nan;
        for (TileRig<float>* each : {&rig, &clean}) {
          each->see_window(0, 30);
          each->bounds.has_hole = key % 2 == 1;
          for (Index l = 0; l < L; ++l) {
            each->bounds.hole_first[l] = l + 10;
            each->bounds.hole_last[l] = l + 13;
          }
          each->filter = key == 27 ? &sieve : nullptr;
          TakeMode<float> mode;
          mode.isolate = isolate;
          each->take_blocks(0, 60, 23, mode);
        }
        bool lost = false, leaked = false;
        for (Index l = 0; l < L; ++l) {
          const float got = rig.out[l * rig.out_stride], without = clean.out[l * rig.out_stride];
          if (rig.attends(l, key)) {
            lost |= !std::isnan(got);
          } else {
            leaked |= got != without;
          }
        }
        CAPTURE(in_value, isolate, key);
        CHECK_FALSE(lost);
        // A value may, and then the tile says that it is to be done again in isolation.
        CHECK((!leaked || (in_value && !isolate && rig.tile.suspect)));
        CHECK_FALSE(clean.tile.suspect);
      }
    }
  }
}
#endif

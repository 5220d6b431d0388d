// Rows of keys and values of all heads: they grow, are copied, and moved to where other runs have
// them.
#include <tartan/cache/kv_store.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

namespace {

float number(Index head, Index row, Index col) {
  return static_cast<float>(head * 10000 + row * 10 + col);
}

KvStore<float> filled(Index rows) {
  KvStore<float> store(2, 3, 1);
  store.grow(rows);
  store.resize(rows);
  for (Index h = 0; h < 2; ++h) {
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < 3; ++c) store.keys(h)[r * 3 + c] = number(h, r, c);
      store.values(h)[r] = number(h, r, 9);
    }
  }
  return store;
}

/// True where row `to` of the store is row `from` of a filled one.
bool is_row(const KvStore<float>& store, Index to, Index from) {
  bool same = true;
  for (Index h = 0; h < 2; ++h) {
    for (Index c = 0; c < 3; ++c) same = same && store.keys(h)[to * 3 + c] == number(h, from, c);
    same = same && store.values(h)[to] == number(h, from, 9);
  }
  return same;
}

}  // namespace

TEST_CASE("KvStore: rows stay while it grows, and in copies") {
  KvStore<float> store = filled(5);
  CHECK(store.bytes() == 2 * 5 * 4 * 4);
  store.grow(9);
  CHECK((store.capacity() == 9 && store.rows() == 5));
  store.grow(3);
  CHECK(store.capacity() == 9);
  const KvStore<float> copy = store;
  store.keys(0)[0] = -1;
  CHECK((copy.capacity() == 5 && copy.rows() == 5));
  for (Index r = 0; r < 5; ++r) CHECK(is_row(copy, r, r));
}

TEST_CASE("KvStore: rearranged into other runs") {
  // Positions 10 to 29 are in rows 2 to 21.
  const KvStore<float> store = filled(22);
  const std::vector<KvRun> from{{{10, 1, 20}, 2}};
  const std::vector<KvRun> to{{{11, 4, 3}, 0}, {{24, 1, 6}, 3}};
  const KvStore<float> other = store.rearranged(from, to, 12);
  CHECK((other.capacity() == 12 && other.rows() == 9));
  for (Index t = 0; t < 3; ++t) CHECK(is_row(other, t, 3 + 4 * t));
  for (Index t = 0; t < 6; ++t) CHECK(is_row(other, 3 + t, 16 + t));
  // And two runs into one, between each other.
  const std::vector<KvRun> odd_even{{{0, 2, 3}, 0}, {{1, 2, 3}, 3}};
  const KvStore<float> mixed = filled(6).rearranged(odd_even, {{{0, 1, 6}, 0}}, 6);
  for (Index t = 0; t < 6; ++t) CHECK(is_row(mixed, t, t % 2 * 3 + t / 2));
}

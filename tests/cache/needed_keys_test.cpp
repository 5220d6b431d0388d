// What later rows see, from the bands, against asking every later row about every key.
#include <tartan/cache/needed_keys.hpp>

#include <tartan/tartan.hpp>

#include "support/catch.hpp"
#include "support/small_patterns.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::AnyPattern;
using Lattices = std::vector<Lattice>;

namespace {

bool has(const Lattices& lattices, Index position) {
  return std::any_of(lattices.begin(), lattices.end(),
                     [&](const Lattice& l) { return l.contains(position); });
}

/// Positions of [0, first) that a row of [first, first + rows) sees.
template <class P>
std::vector<bool> seen_later(const P& pattern, Index first, Index rows) {
  std::vector<bool> seen(static_cast<std::size_t>(first));
  for (Index j = 0; j < first; ++j) {
    for (Index i = first; i < first + rows && !seen[std::size_t(j)]; ++i) {
      seen[std::size_t(j)] = pattern.contains(i, j);
    }
  }
  return seen;
}

/// Says which key is needed and not said to be, or the other way round; "" where none is.
template <class P>
std::string compare(const P& pattern, Index first, Index rows, bool exact) {
  const Lattices needed = needed_keys(pattern, first);
  const std::vector<bool> seen = seen_later(pattern, first, rows);
  Index count = 0;
  for (Index j = 0; j < first; ++j) {
    count += has(needed, j);
    if (seen[std::size_t(j)] && !has(needed, j)) return "forgets " + std::to_string(j);
    if (exact && !seen[std::size_t(j)] && has(needed, j)) return "keeps " + std::to_string(j);
  }
  Index total = 0;
  for (const Lattice& l : needed) total += l.count;
  return total == count ? "" : "a key twice, or one beyond the rows";
}

template <class P>
void check_exact(const char* name, const P& pattern) {
  for (const Index first : {0, 1, 2, 5, 17, 63, 64, 65, 100, 127, 128, 200, 333}) {
    CAPTURE(name, first);
    CHECK(compare(test::any(pattern), first, 2000, true) == "");
  }
}

}  // namespace

TEST_CASE("needed_keys: exactly what the families' later rows see") {
  check_exact("Local", Local{13});
  check_exact("Window", Window{20, 0});
  check_exact("Window, right", Window{0, 4});
  check_exact("Sinks | Window", Sinks{4} | Window{30, 0});
  check_exact("Causal & (Sinks | Window)", Causal{} & (Sinks{4} | Window{30, 0}));
  check_exact("Dilated", Dilated{5, 4});
  check_exact("Causal & Dilated", Causal{} & Dilated{5, 4});
  check_exact("OwnBlock", OwnBlock{16});
  check_exact("Causal & OwnBlock", Causal{} & OwnBlock{16});
  check_exact("Documents", Documents({0, 50, 64, 64, 130, 500, 700}));
  check_exact("Documents of windows", Documents({0, 50, 64, 64, 130, 500, 700}, Local{9}));
  check_exact("Columns", Columns{16});
  check_exact("Columns | Window", Columns{16} | Window{24, 0});
  check_exact("Causal & (Columns | Window)", Causal{} & (Columns{16} | Window{24, 0}));
  check_exact("SummaryColumns", SummaryColumns{16, 3});
  check_exact("Fixed", Fixed{16, 3});
  check_exact("PrefixLM", PrefixLM{10});
  check_exact("Causal", Causal{});
  check_exact("Causal & (Local | Strided)", Causal{} & (Local{9} | Strided{12}));
  check_exact("GlobalTokens", GlobalTokens<>::at({3, 20, 21, 150}));
  check_exact("Local | GlobalTokens", Local{9} | GlobalTokens{3});
  check_exact("Local - Columns", Local{15} - Columns{4});
  check_exact("BlockLayout", BlockLayout(16, {0, 1, 3, 5, 8, 9}, {0, 0, 1, 1, 2, 0, 1, 3, 4}));
  check_exact("Neighborhood", Neighborhood<20, 16>{{.kernel = 3}, {.kernel = 16}});
  check_exact("Nothing", user::Nothing{});
}

TEST_CASE("needed_keys: windows and sinks are a run each") {
  CHECK(needed_keys(Sinks<4>{} | Window<9, 0>{}, 100) == Lattices{{0, 1, 4}, {91, 1, 9}});
  CHECK(needed_keys(Dilated<5, 4>{}, 100) == Lattices{{80, 1, 20}});
  CHECK(needed_keys(Columns<16>{} | Window<9, 0>{}, 100) == Lattices{{0, 16, 6}, {91, 1, 9}});
  CHECK(needed_keys(Causal{} & Strided<8>{}, 100) == Lattices{{0, 1, 100}});
  CHECK(needed_keys(Columns<16>{}, Index{1} << 40) == Lattices{{0, 16, Index{1} << 36}});
}

TEST_CASE("needed_keys: patterns without bands, and of too many, need all keys") {
  CHECK(needed_keys(user::Antidiagonals{}, 100) == Lattices{{0, 1, 100}});
  CHECK(needed_keys(Dilated{3, 5000}, 100000) == Lattices{{0, 1, 100000}});
  CHECK(needed_keys(Strided{101} & Strided{103}, 5000) == Lattices{{0, 1, 5000}});
  CHECK(needed_keys(Strided{Index{1} << 31}, 5000) == Lattices{{0, 1, 5000}});
  CHECK(needed_keys(Columns{100} | Columns{101}, 100000) == Lattices{{0, 1, 100000}});
}

TEST_CASE("needed_keys: huge parameters and positions stay integers") {
  const Index far = std::numeric_limits<Index>::max();
  CHECK(needed_keys(Local{far}, 100) == Lattices{{0, 1, 100}});
  CHECK(needed_keys(Window{far, far}, 100) == Lattices{{0, 1, 100}});
  CHECK(needed_keys(Sinks{far}, 100) == Lattices{{0, 1, 100}});
  CHECK(needed_keys(OwnBlock{far}, 100) == Lattices{{0, 1, 100}});
  CHECK(needed_keys(Window{5, 0}, horizon) == Lattices{{horizon - 5, 1, 5}});
  CHECK(needed_keys(OwnBlock{5}, horizon).size() <= 1);
}

TEST_CASE("needed_keys: every pair of patterns keeps what later rows see") {
  const std::vector<AnyPattern> patterns = test::small_patterns();
  for (const AnyPattern& a : patterns) {
    for (const AnyPattern& b : patterns) {
      for (const AnyPattern& p : {test::either(a, b), test::both(a, b), test::less(a, b)}) {
        for (const Index first : {1, 7, 20, 41}) {
          const std::string wrong = compare(p, first, 120, false);
          if (!wrong.empty()) FAIL(p.name() << " at " << first << ": " << wrong);
        }
      }
    }
  }
  SUCCEED();
}

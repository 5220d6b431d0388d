#include <stdexcept>
#include <tartan/algebra/intersection.hpp>
#include <tartan/algebra/union.hpp>
#include <tartan/patterns/causal.hpp>
#include <tartan/patterns/columns.hpp>
#include <tartan/patterns/documents.hpp>
#include <tartan/patterns/local.hpp>
#include <tartan/patterns/strided.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;
#include "support/user_patterns.hpp"

static_assert(Pattern<Documents<>> && Pattern<Documents<Causal>>);
static_assert(std::same_as<decltype(Documents({0, 5})), Documents<Dense>>);
static_assert(std::same_as<decltype(Documents({0, 5}, Local<3>{})), Documents<Local<3>>>);

namespace {

/// The document of a position: how many documents end at or before it.
Index document(const std::vector<Index>& offsets, Index p) {
  Index x = 0;
  while (offsets[static_cast<std::size_t>(x) + 1] <= p) ++x;
  return x;
}

template <Pattern P>
void check_inside(const P& inside) {
  const std::vector<std::vector<Index>> all = {
      {0}, {0, 9}, {0, 0, 7, 7, 12}, {0, 1, 2, 3, 20}, {0, 5, 11, 24}};
  for (const std::vector<Index>& offsets : all) {
    const Documents pattern(offsets, inside);
    check_laws(pattern, 15);
    for (Index i = -2; i < 27; ++i) {
      for (Index j = 0; j < 27; ++j) {
        bool expected = false;
        if (i >= 0 && i < offsets.back() && j < offsets.back()) {
          const Index x = document(offsets, i), begin = offsets[static_cast<std::size_t>(x)];
          expected = document(offsets, j) == x && inside.contains(i - begin, j - begin);
        }
        CHECK(pattern.contains(i, j) == expected);
      }
    }
  }
}

}  // namespace

TEST_CASE("Documents holds a pattern inside of each document, as if it stood alone") {
  check_inside(any(Dense{}));
  check_inside(any(Causal{}));
  check_inside(any(Causal{} & (Local{3} | Strided{4})));
  check_inside(any(Columns{3}));
  check_inside(any(user::Antidiagonals{}));
  check_inside(any(Strided{2} | Strided{3}));
  check_regular(Documents({0, 3, 3, 8, 20}, Local{5} | Columns{4}));
}

TEST_CASE("Documents in documents") {
  const Documents words({0, 2, 5, 6});
  const Documents texts({0, 6, 12}, words);
  check_laws(texts, 10);
  check_twins(texts, Documents({0, 2, 5, 6, 8, 11, 12}));
}

TEST_CASE("Documents refuses wrong offsets, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { Documents(std::vector<Index>{}); }) ==
        "tartan: Documents: offsets must begin with 0, got none");
  CHECK(message_of<std::invalid_argument>([] {
          Documents({2, 5});
        }) == "tartan: Documents: offsets must begin with 0, got 2");
  CHECK(message_of<std::invalid_argument>([] {
          Documents({0, 5, 4});
        }) == "tartan: Documents: offsets must not descend, got 4 after 5");
}

TEST_CASE("Documents looks as its comment shows") {
  CHECK(ascii(Documents({0, 2, 5}), 5) ==
        "■ ■ □ □ □\n"
        "■ ■ □ □ □\n"
        "□ □ ■ ■ ■\n"
        "□ □ ■ ■ ■\n"
        "□ □ ■ ■ ■\n");
}

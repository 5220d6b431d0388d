// The laws of |, & and bands for all pairs of a list of patterns, and for triples of some: all at
// run time, behind AnyPattern.

#include "support/laws.hpp"
#include "support/small_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

namespace {

/// Only the first finding of each combination is reported: they come in hundreds, or not at all.
void check_bands(const AnyPattern& pattern, const std::vector<Extent>& extents) {
  for (const Extent& extent : extents) {
    const std::string found = broken_law(pattern, extent);
    if (found.empty()) continue;
    FAIL_CHECK(pattern.name() << ": " << found);
    return;
  }
  SUCCEED();
}

}  // namespace

TEST_CASE("every pattern of the list keeps the laws") {
  for (const AnyPattern& pattern : small_patterns()) {
    INFO(pattern.name());
    check_laws(pattern, 60);
  }
}

TEST_CASE("unions, intersections and differences of any two keep the laws, and are those of sets") {
  const std::vector<AnyPattern> patterns = small_patterns();
  for (const AnyPattern& a : patterns) {
    for (const AnyPattern& b : patterns) {
      const AnyPattern sum = either(a, b), product = both(a, b), rest = less(a, b);
      for (const AnyPattern& p : {sum, product, rest}) check_bands(p, law_extents(4));
      INFO(sum.name());
      bool same_sets = true;
      for (Index i = -7; i < 25; ++i) {
        for (Index j = 0; j < 25; ++j) {
          const bool in_a = a.contains(i, j), in_b = b.contains(i, j);
          same_sets = same_sets && sum.contains(i, j) == (in_a || in_b) &&
                      product.contains(i, j) == (in_a && in_b) &&
                      rest.contains(i, j) == (in_a && !in_b);
        }
      }
      CHECK(same_sets);
      CHECK(count(sum, 25, 22) + count(product, 25, 22) == count(a, 25, 22) + count(b, 25, 22));
      CHECK(count(rest, 25, 22) == count(a, 25, 22) - count(product, 25, 22));
    }
  }
}

TEST_CASE("combinations of three keep the laws, associate and distribute") {
  const std::vector<AnyPattern> patterns = few_small_patterns();
  for (const AnyPattern& a : patterns) {
    for (const AnyPattern& b : patterns) {
      for (const AnyPattern& c : patterns) {
        const AnyPattern left = either(either(a, b), c), right = either(a, either(b, c));
        const AnyPattern factored = both(a, either(b, c));
        const AnyPattern expanded = either(both(a, b), both(a, c));
        for (const AnyPattern& p : {left, right, factored, expanded}) {
          check_bands(p, {{0, 21, 26}, {-5, 14, 19}, {3, 4, 17}});
        }
        INFO(left.name());
        const bool associates = mask_matrix(left, 21, 26) == mask_matrix(right, 21, 26);
        const bool distributes = mask_matrix(factored, 21, 26) == mask_matrix(expanded, 21, 26);
        CHECK(associates);
        CHECK(distributes);
      }
    }
  }
}

TEST_CASE("static combinations and their dynamic forms are twins") {
  check_twins(Local<5>{} | Strided<4>{}, Local{5} | Strided{4});
  check_twins(Causal{} & (Local<5>{} | Columns<4>{}), Causal{} & (Local{5} | Columns{4}));
  check_twins(Strided<4>{} | Strided<6>{}, Strided{4} | Strided{6});
  check_twins(Window<3, 1>{} & Strided<2>{}, Window{3, 1} & Strided{2});
}

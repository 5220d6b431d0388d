// attention() of the union, intersection and difference of any two patterns, against the reference.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"
#include "support/small_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

namespace {

/// Only the first finding of each combination is reported: they come in hundreds, or not at all.
void check_pair(const AnyPattern& pattern, const std::vector<Problem<RowMajor<float>>>& problems) {
  for (const Problem<RowMajor<float>>& p : problems) {
    const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    const auto fast = attention_with_lse(p.q, p.k, p.v, pattern, p.options, Serial{});
    if (difference(fast.out, exact.out) < 2e-6 && difference(fast.lse, exact.lse) < 4e-6) continue;
    FAIL_CHECK(pattern.name() << ", " << p.q.rows() << " rows, " << p.k.rows() << " keys");
    return;
  }
  SUCCEED();
}

}  // namespace

TEST_CASE("any two patterns combined: exact") {
  const std::vector<AnyPattern> patterns = small_patterns();
  std::vector<Problem<RowMajor<float>>> problems;
  problems.emplace_back(Sizes{40, 53, 4, 3}, 1);
  problems.emplace_back(Sizes{53, 40, 3, 4, -9}, 2);
  for (const AnyPattern& a : patterns) {
    for (const AnyPattern& b : patterns) {
      check_pair(either(a, b), problems);
      check_pair(both(a, b), problems);
      check_pair(less(a, b), problems);
    }
  }
}

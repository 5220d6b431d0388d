// Every family of patterns with small parameters, so that what combines two of them can be tried on
// all pairs.
#pragma once

#include <vector>

#include "any_pattern.hpp"
#include "user_patterns.hpp"

namespace tartan::test {

/// A few of different kinds, for combinations of three.
inline std::vector<AnyPattern> few_small_patterns() {
  return {AnyPattern::of("Causal", Causal{}), AnyPattern::of("Local{5}", Local{5}),
          AnyPattern::of("Strided{4}", Strided{4}), AnyPattern::of("Columns{3}", Columns{3}),
          AnyPattern::of("Antidiagonals", user::Antidiagonals{})};
}

/// One of each family, and users' own.
inline std::vector<AnyPattern> small_patterns() {
  std::vector<AnyPattern> patterns = few_small_patterns();
  patterns.push_back(AnyPattern::of("Dense", Dense{}));
  patterns.push_back(AnyPattern::of("Local{0}", Local{0}));
  patterns.push_back(AnyPattern::of("Window{6, 1}", Window{6, 1}));
  patterns.push_back(AnyPattern::of("Window{0, 4}", Window{0, 4}));
  patterns.push_back(AnyPattern::of("Strided{6}", Strided{6}));
  patterns.push_back(AnyPattern::of("Strided{2}", Strided{2}));
  patterns.push_back(AnyPattern::of("Columns{4}", Columns{4}));
  patterns.push_back(AnyPattern::of("Sinks{3}", Sinks{3}));
  patterns.push_back(AnyPattern::of("PrefixLM{7}", PrefixLM{7}));
  patterns.push_back(AnyPattern::of("OwnBlock{5}", OwnBlock{5}));
  patterns.push_back(AnyPattern::of("SummaryColumns{5, 2}", SummaryColumns{5, 2}));
  patterns.push_back(AnyPattern::of("Fixed{6, 2, 1}", Fixed{6, 2, 1}));
  patterns.push_back(AnyPattern::of("Dilated{2, 3}", Dilated{2, 3}));
  patterns.push_back(AnyPattern::of("GlobalTokens{2}", GlobalTokens{2}));
  patterns.push_back(AnyPattern::of("GlobalTokens at 4, 9, 10", GlobalTokens<>::at({4, 9, 10})));
  patterns.push_back(AnyPattern::of("Documents", Documents({0, 4, 11, 20})));
  patterns.push_back(AnyPattern::of("Documents of Columns", Documents({0, 9, 23}, Columns{2})));
  patterns.push_back(AnyPattern::of(
      "Neighborhood 4x5",
      Neighborhood<4, 5>{{.kernel = 3, .border = Border::shift}, {.kernel = 2, .causal = true}}));
  patterns.push_back(AnyPattern::of(
      "BlockLayout of 3", BlockLayout(3, {0, 1, 3, 5, 8}, {0, 0, 1, 0, 3, 0, 1, 3}, true)));
  patterns.push_back(AnyPattern::of("Nothing", user::Nothing{}));
  patterns.push_back(AnyPattern::of("FirstColumns{4}", user::FirstColumns{4}));
  patterns.push_back(AnyPattern::of("Diagonals{3, 5}", user::Diagonals{3, 5}));
  return patterns;
}

}  // namespace tartan::test

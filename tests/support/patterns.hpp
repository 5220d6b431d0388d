// The patterns that attention is tested on: every family, and every way in which bands meet. All
// behind one type, so that attention is compiled once for all of them.
#pragma once

#include <tartan/tartan.hpp>

#include "any_pattern.hpp"

/// Calls visit(name, pattern) for each; `w` is a window and `s` a stride.
template <class Visit>
void for_each_test_pattern(tartan::Index w, tartan::Index s, Visit&& visit) {
  using namespace tartan;
  const auto test = [&](const char* name, const auto& pattern) {
    const test::AnyPattern any = test::any(pattern);
    visit(name, any);
  };
  test("Dense", Dense{});
  test("Causal", Causal{});
  test("Local", Local{w});
  test("Window", Window{w, s});
  test("Strided", Strided{s});
  test("Columns", Columns{s});
  test("Sinks", Sinks{s});
  test("PrefixLM", PrefixLM{w});
  test("OwnBlock", OwnBlock{s});
  test("SummaryColumns", SummaryColumns{s, s / 4});
  test("Fixed", Fixed{s, s / 4, 1});
  test("Dilated", Dilated{w / 2, 3});
  test("GlobalTokens", GlobalTokens<>::at({0, 3, s, s + 1}));
  test("Documents", Documents({0, w, w, w + 3, 4 * w + 3}, Causal{} & Local{s}));
  test("Neighborhood", Neighborhood<Dynamic, Dynamic>({9, s}, {.kernel = 3},
                                                      {.kernel = 5, .border = Border::shift}));
  test("Neighborhood, dilated", Neighborhood<Dynamic, Dynamic, Dynamic>(
                                    {3, 4, s}, {.kernel = 2, .causal = true}, {.kernel = 3},
                                    {.kernel = 3, .dilation = 2, .border = Border::shift}));
  test("BlockLayout", BlockLayout(s, {0, 1, 3, 5, 8, 9}, {0, 0, 1, 1, 2, 0, 1, 3, 4}));
  test("BlockLayout of 4, causal", BlockLayout(4, {0, 1, 3, 5, 8}, {0, 0, 1, 0, 2, 0, 1, 3}, true));
  test("Local | Strided", Local{w} | Strided{s});
  test("Local | (Causal & Columns)", Local{w} | (Causal{} & Columns{s}));
  test("Causal & (Local | Strided)", Causal{} & (Local{w} | Strided{s}));
  test("Local | GlobalTokens", Local{w} | GlobalTokens{3});
  test("Local - Columns", Local{w} - Columns{s});
  test("Dense - Local", ~Local{w});
  test("Strided | Strided (irregular)", Strided{s} | Strided{w + 1});
  test("Columns & Strided", Columns{s} & Strided{w + 1});
}

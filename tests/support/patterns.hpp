// The patterns that attention is tested on: every family, and every way in which bands meet. All
// with run-time parameters, so that each is compiled once for many values.
#pragma once

#include <tartan/tartan.hpp>

/// Calls visit(name, pattern) for each; `w` is a window and `s` a stride.
template <class Visit>
void for_each_test_pattern(tartan::Index w, tartan::Index s, Visit&& visit) {
  using namespace tartan;
  visit("Dense", Dense{});
  visit("Causal", Causal{});
  visit("Local", Local{w});
  visit("Window", Window{w, s});
  visit("Strided", Strided{s});
  visit("Columns", Columns{s});
  visit("Local | Strided", Local{w} | Strided{s});
  visit("Local | (Causal & Columns)", Local{w} | (Causal{} & Columns{s}));
  visit("Causal & (Local | Strided)", Causal{} & (Local{w} | Strided{s}));
  visit("Strided | Strided (irregular)", Strided{s} | Strided{w + 1});
  visit("Columns & Strided", Columns{s} & Strided{w + 1});
}

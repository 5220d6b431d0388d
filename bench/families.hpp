// One case for each family of patterns, with about sqrt(n) keys a row or a few times that, and
// block layouts of several sizes. Part of the benchmark.
#pragma once

#include <tartan/layouts/bigbird.hpp>
#include <tartan/layouts/deepspeed.hpp>
#include <tartan/layouts/phi3.hpp>

#include "cases.hpp"

namespace bench {

/// Eight documents of unequal lengths, n tokens in all.
inline std::vector<Index> document_offsets(Index n) {
  std::vector<Index> offsets{0};
  for (const Index share : {3, 10, 1, 7, 20, 4, 13})
    offsets.push_back(offsets.back() + n * share / 64);
  offsets.push_back(n);
  return offsets;
}

/// S stands for the square root of n; grids are S x S.
template <class T>
std::vector<Case<T>> family_cases(Index n) {
  using namespace tartan;
  using Plane = Neighborhood<Dynamic, Dynamic>;
  const Index s = square_root(n);
  const auto plane = [&](Index kernel, Border border) {
    const Axis axis{.kernel = kernel, .border = border};
    return Plane({s, s}, axis, axis);
  };
  std::vector<Case<T>> cases = {
      make_case<T>("Fixed<S, 8>", Fixed{s, 8}),
      make_case<T>("SummaryColumns<S, 8>", SummaryColumns{s, 8}),
      make_case<T>("OwnBlock<S>", OwnBlock{s}),
      make_case<T>("Dilated<S/2, 4>", Dilated{s / 2, 4}),
      make_case<T>("Local<2S> | GlobalTokens<1>", Local{2 * s} | GlobalTokens{1}),
      make_case<T>("Causal & (Sinks<4> | Window<2S - 1, 0>)",
                   Causal{} & (Sinks{4} | Window{2 * s - 1, 0})),
      make_case<T>("PrefixLM<N/4>", PrefixLM{n / 4}),
      make_case<T>("Documents, 8", Documents(document_offsets(n))),
      make_case<T>("Documents, 8, Causal", Documents(document_offsets(n), Causal{})),
      make_case<T>("Local<4S> - Local<S>", Local{4 * s} - Local{s}),
      make_case<T>("Neighborhood 1-D, 2S + 1, shift",
                   Neighborhood<Dynamic>({n}, {.kernel = 2 * s + 1, .border = Border::shift})),
      make_case<T>("Neighborhood 2-D, 9 x 9, shrink", plane(9, Border::shrink)),
      make_case<T>("Neighborhood 2-D, 9 x 9, shift", plane(9, Border::shift)),
      make_case<T>("Neighborhood 2-D, 25 x 25, shift", plane(25, Border::shift)),
      make_case<T>("layouts::phi3, blocks of 64", layouts::phi3(n)),
      make_case<T>("layouts::deepspeed_fixed, blocks of 16", layouts::deepspeed_fixed(n))};
  for (const Index block : {16, 32, 64, 128}) {
    cases.push_back(make_case<T>("layouts::bigbird, blocks of " + std::to_string(block),
                                 layouts::bigbird(n, {.block = block})));
  }
  return cases;
}

}  // namespace bench

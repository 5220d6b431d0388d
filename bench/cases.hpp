// The table of cases: every pattern that is measured, with all that is known about it. Correctness
// and timing are driven by the same rows. Part of the benchmark.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <tartan/tartan.hpp>

#include "baselines/csr_mask.hpp"
#include "problem.hpp"

namespace bench {

/// One thread: the caller's; more: OpenMP's. An executor of our own, so that attention is compiled
/// once for both.
struct Threads {
  int count;
  Index concurrency() const { return count; }
  void operator()(Index tasks, tartan::Task task) const {
    if (count == 1) {
      tartan::Serial{}(tasks, task);
    } else {
      tartan::OpenMP{count}(tasks, task);
    }
  }
};

/// A pattern with its type forgotten.
template <class T>
struct Case {
  std::string name;
  std::function<Index(Index n)> pairs;
  std::function<double(Index n, Index d)> predicted;  ///< share of dense time that work() predicts
  std::function<CsrMask(Index n)> mask;
  std::function<void(Problem<T>&, int threads)> attend;
  /// Rows [first, first + rows) of the result, by the textbook form in double.
  std::function<RowMajor<double>(const Problem<T>&, Index first, Index rows)> expected;
};

template <class T, tartan::Pattern P>
Case<T> make_case(std::string name, P pattern) {
  return {std::move(name),
          [pattern](Index n) { return tartan::count(pattern, n, n); },
          [pattern](Index n, Index d) { return tartan::work<T>(pattern, n, n, d).share_of_dense; },
          [pattern](Index n) { return csr_mask(pattern, n); },
          [pattern](Problem<T>& p, int threads) {
            tartan::attention_into(p.out, p.q, p.k, p.v, pattern, tartan::Options{},
                                   Threads{threads});
          },
          [pattern](const Problem<T>& p, Index first, Index rows) -> RowMajor<double> {
            return tartan::reference::attention(p.q.middleRows(first, rows), p.k, p.v, pattern,
                                                tartan::Options{.query_offset = first});
          }};
}

inline Index square_root(Index n) { return static_cast<Index>(std::lround(std::sqrt(double(n)))); }

template <class T>
Case<T> dense_case() {
  return make_case<T>("Dense", tartan::Dense{});
}

/// Patterns are named as C++ writes them; S and W stand for the square root of n.
template <class T>
std::vector<Case<T>> main_cases(Index n) {
  using namespace tartan;
  const Index root = square_root(n);
  const Local local{root};
  const Strided strided{root};
  return {make_case<T>("Local<W>", local), make_case<T>("Strided<S>", strided),
          make_case<T>("Local<W> | Strided<S>", local | strided)};
}

/// The other rows of the scale table: columns, and the causal forms.
template <class T>
std::vector<Case<T>> more_cases(Index n) {
  using namespace tartan;
  const Index root = square_root(n);
  const Local local{root};
  const Strided strided{root};
  const Columns columns{root};
  const auto summary = Causal{} & columns;
  return {make_case<T>("Columns<S>", columns),
          make_case<T>("Local<W> | (Causal & Columns<S>)", local | summary),
          make_case<T>("Causal", Causal{}),
          make_case<T>("Causal & Local<W>", Causal{} & local),
          make_case<T>("Causal & Strided<S>", Causal{} & strided),
          make_case<T>("Causal & Columns<S>", summary),
          make_case<T>("Causal & (Local<W> | Strided<S>)", Causal{} & (local | strided)),
          make_case<T>("Causal & (Local<W> | Columns<S>)", Causal{} & (local | columns))};
}

/// Twins of main_cases whose parameters are constants of the type; for n = 4096.
template <class T>
std::vector<Case<T>> static_cases() {
  using namespace tartan;
  return {make_case<T>("Local<64>, static", Local<64>{}),
          make_case<T>("Strided<64>, static", Strided<64>{})};
}

/// A pattern that says only contains(): no bands, so every pair is computed and then filtered.
struct ContainsOnly {
  Index period;
  constexpr bool contains(Index i, Index j) const { return (i * 7 + j * 11) % period == 0; }
};

/// From a few keys a row to all of them, in four families; where dense wins is read off these.
template <class T>
std::vector<Case<T>> density_cases(Index n) {
  using namespace tartan;
  std::vector<Case<T>> cases;
  for (const double part : {0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 2.0}) {
    const Index window = static_cast<Index>(part * static_cast<double>(n));
    cases.push_back(make_case<T>("window/" + std::to_string(window), Local{window}));
  }
  for (const Index stride : {1, 2, 3, 4, 8, 16, 48}) {
    cases.push_back(make_case<T>("stride/" + std::to_string(stride), Strided{stride}));
  }
  // The lattices cross irregularly: a predicate decides pair by pair in a part of the bands.
  for (const Index step : {2, 3, 6, 12, 24}) {
    cases.push_back(make_case<T>("crossing/" + std::to_string(step),
                                 Strided{step * 4 / 3 + 1} | Columns{step}));
  }
  cases.push_back(make_case<T>("crossing/36", Strided{Index{48}} | Columns{Index{36}}));
  for (const Index period : {1, 2, 4, 16, 64}) {
    cases.push_back(make_case<T>("contains only/" + std::to_string(period), ContainsOnly{period}));
  }
  return cases;
}

}  // namespace bench

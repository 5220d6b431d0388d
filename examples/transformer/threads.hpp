// Work shared among threads so that results do not depend on how many there are.
#pragma once

#include <algorithm>
#include <tartan/tartan.hpp>

namespace transformer {

using tartan::Index;

/// Calls f(first, count) for runs of `chunk` indices of [0, n), on these threads. Runs are the same
/// for any number of threads, and each writes what is its own: so are the bits.
template <class F>
void in_chunks(const tartan::OpenMP& threads, Index n, Index chunk, const F& f) {
  const auto task = [&](Index t) { f(t * chunk, std::min(chunk, n - t * chunk)); };
  threads((n + chunk - 1) / chunk, tartan::Task(task));
}

/// in_chunks() over the rows of a matrix.
template <class F>
void by_rows(const tartan::OpenMP& threads, Index rows, const F& f) {
  in_chunks(threads, rows, 256, f);
}

}  // namespace transformer

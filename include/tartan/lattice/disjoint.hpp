// Positions of several lattices that may overlap, as lattices that do not. Templates on the type of
// lattice, so that programs that do not call them do not compile them. Layer: lattice.
#pragma once

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "cut.hpp"

namespace tartan::detail {

/// Joins lattices of one step and residue where they overlap or follow each other. Afterwards they
/// are sorted by step, residue and start; single positions have step 1, none is empty.
template <class L>
void join_neighbours(std::vector<L>& lattices) {
  std::erase_if(lattices, [](const L& l) { return l.empty(); });
  for (L& l : lattices) {
    if (l.count == 1) l.step = 1;
  }
  const auto key = [](const Lattice& l) {
    return std::tuple(l.step, floor_mod(l.start, l.step), l.start);
  };
  std::sort(lattices.begin(), lattices.end(),
            [&](const Lattice& a, const Lattice& b) { return key(a) < key(b); });
  std::size_t used = 0;
  for (const Lattice& l : lattices) {
    Lattice* before = used > 0 ? &lattices[used - 1] : nullptr;
    if (before && before->step == l.step && refines(*before, l) &&
        l.start <= (*before)[before->count]) {
      before->count = max(before->count, (l.end() - 1 - before->start) / l.step + 1);
    } else {
      lattices[used++] = l;
    }
  }
  lattices.resize(used);
}

/// The positions around which every residue of a step has its own lattice are a run without gaps;
/// adds it to `runs`, and what is before and after it to `rest`. Precondition: one lattice for each
/// residue.
template <class L>
void join_residues(const L* first, const L* last, std::vector<L>& runs, std::vector<L>& rest) {
  Index begin = first->start, end = first->end();
  for (const Lattice* l = first; l != last; ++l) {
    begin = max(begin, l->start);
    end = min(end, l->end());
  }
  begin -= first->step - 1;
  end += first->step - 1;
  if (begin >= end) {
    rest.insert(rest.end(), first, last);
    return;
  }
  runs.push_back(Lattice::range(begin, end));
  for (const Lattice* l = first; l != last; ++l) {
    rest.push_back(l->within(l->start, begin));
    rest.push_back(l->within(end, l->end()));
  }
}

/// The positions of all lattices, each in one of the result's, in order of their starts. None where
/// that takes more than `most`, or where lattices cross too irregularly to be cut.
///
///     disjoint({{0, 4, 8}, {1, 4, 8}, {2, 4, 8}, {3, 4, 8}}, 100)    // {{0, 1, 32}}
///     disjoint({{0, 4, 8}, {6, 1, 9}}, 100)                          // {{0, 4, 2}, {6, 1, 9},
///                                                                    //  {16, 4, 4}}
template <class L = Lattice>
std::optional<std::vector<L>> disjoint(std::vector<L> lattices, std::size_t most) {
  join_neighbours(lattices);
  std::vector<L> runs, rest;
  for (auto first = lattices.begin(); first != lattices.end();) {
    const Index step = first->step;
    const auto last =
        std::find_if(first, lattices.end(), [step](const Lattice& l) { return l.step != step; });
    Index residues = 1;
    for (auto l = first; l + 1 != last; ++l) residues += !refines(l[0], l[1]);
    if (step == 1) {
      runs.insert(runs.end(), first, last);
    } else if (residues == step && last - first == step) {
      join_residues(&*first, &*first + (last - first), runs, rest);
    } else {
      rest.insert(rest.end(), first, last);
    }
    first = last;
  }
  join_neighbours(rest);  // single positions are runs again
  const auto coarse =
      std::find_if(rest.begin(), rest.end(), [](const Lattice& l) { return l.step > 1; });
  runs.insert(runs.end(), rest.begin(), coarse);
  rest.erase(rest.begin(), coarse);
  join_neighbours(runs);

  constexpr Lattice one_row{0, 1, 1};
  Cutter cutter;
  for (const Lattice& l : rest) {
    if (runs.size() > most) return std::nullopt;
    const Band whole{one_row, l};
    cutter.clear();
    for (const Lattice& run : runs) {
      if (!cutter.add(whole, {one_row, run})) return std::nullopt;
    }
    cutter.cut(whole, [&](const Band& piece) { runs.push_back(piece.keys); });
  }
  if (runs.size() > most) return std::nullopt;
  std::sort(runs.begin(), runs.end(),
            [](const Lattice& a, const Lattice& b) { return a.start < b.start; });
  return runs;
}

}  // namespace tartan::detail

// The driver of the backward pass: cuts each key/value head's work into cells, and has them run in
// an order that is the same for any number of threads. Layer: backward.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "cell_runner.hpp"
#include "targets.hpp"
#include "tickets.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Query heads of a key/value head that have the same pattern.
struct GradientMember {
  Index head;   ///< the first, among those of the key/value head
  Index heads;  ///< of them
  const Plan* plan;
};

/// A key/value head of one sequence: what adds to its dk and dv.
template <class T, class S>
struct GradientJob {
  GradientCall<T, S> call;
  std::vector<GradientMember> members;
  ScoreGradients dscore = {};  ///< its own, where they are asked for and small
};

/// A pass of a job over the rows of one step of a member's plan.
template <class T, class S>
struct GradientPass {
  GradientJob<T, S>* job;
  GradientMember member;
  const Cells* cells;
  bool first_of_rows;       ///< the first of its member
  bool first_of_keys;       ///< the first of its job
  std::vector<T> gathered;  ///< gradients of the gathered bands' keys
};

/// The cells of plans' passes, each made once.
class AllCells {
 public:
  const Cells* of(const Plan* plan, Index step) {
    auto& cells = cells_[{plan, step}];
    if (!cells) cells = std::make_unique<const Cells>(*plan, step);
    return cells.get();
  }

 private:
  std::map<std::pair<const Plan*, Index>, std::unique_ptr<const Cells>> cells_;
};

/// Runs one pass of each of some jobs. `chain`: what all share where gradients of the score's
/// numbers are summed into one place.
template <class T, class S, Executor E>
void run_passes(std::deque<GradientPass<T, S>>& passes, bool chain, const E& executor) {
  struct Piece {
    GradientPass<T, S>* pass;
    const Cell* cell;
  };
  std::vector<Piece> pieces;
  Tickets tickets;
  const Index all = chain ? tickets.share(1) : -1;
  for (auto& pass : passes) {
    const Cells& cells = *pass.cells;
    const GradientCall<T, S>& call = pass.job->call;
    const Index of_key = padded<T>(call.k.cols) + padded<T>(call.v.cols);
    pass.gathered.assign(static_cast<std::size_t>(cells.gathered_keys() * of_key), T(0));
    const Index rows = tickets.share(cells.row_chunks()), keys = tickets.share(cells.key_chunks());
    const Index job = all < 0 && call.dscore ? tickets.share(1) : all;
    for (const Cell& cell : cells.cells()) {
      pieces.push_back({&pass, &cell});
      tickets.add();
      if (cell.row_chunk >= 0) tickets.and_shares(rows + cell.row_chunk);
      for (Index x = 0; x < cell.key_chunks; ++x) tickets.and_shares(keys + cell.key_chunk + x);
      if (job >= 0) tickets.and_shares(job);
    }
  }
  tickets.run(executor, [&](Index ticket) {
    const Piece& piece = pieces[static_cast<std::size_t>(ticket)];
    GradientPass<T, S>& pass = *piece.pass;
    CellRunner<T, S> runner(pass.job->call, *pass.cells, pass.gathered.data());
    for (Index h = 0; h < pass.member.heads; ++h) {
      runner.run(*piece.cell, pass.member.head + h, pass.first_of_rows,
                 pass.first_of_keys && h == 0);
    }
  });
  run_tasks(executor, static_cast<Index>(passes.size()), [&](Index x) {
    const auto& pass = passes[static_cast<std::size_t>(x)];
    add_gathered(pass.job->call, *pass.cells, pass.gathered.data());
  });
}

/// Adds what the chunks of rows have gathered, one after the other.
template <class T, class S>
void add_gathered(const GradientCall<T, S>& call, const Cells& cells, const T* gathered) {
  const Index d = padded<T>(call.k.cols), dv = padded<T>(call.v.cols);
  for (const GatheredBand& band : cells.gathered()) {
    const Lattice& keys = band.band->band.keys;
    for (Index chunk = 0; chunk < band.chunks; ++chunk) {
      const T* from = gathered + (band.offset + chunk * keys.count) * (d + dv);
      add_rows(from, d, call.dk, keys);
      add_rows(from + keys.count * d, dv, call.dv, keys);
    }
  }
}

/// Runs the jobs, as many together as give every thread enough to do: what one pass of them leaves
/// is then in the cache for the next. Gradients are added to what their matrices hold where
/// `accumulate`, else they overwrite it.
template <class T, class S, Executor E>
void run_gradients(std::span<GradientJob<T, S>> jobs, bool accumulate, bool chain,
                   const E& executor) {
  AllCells all_cells;
  const auto passes_of = [](const GradientJob<T, S>& job) {
    std::size_t passes = 0;
    for (const GradientMember& member : job.members) passes += member.plan->steps().size();
    return passes;
  };
  while (!jobs.empty()) {
    std::size_t count = 0, passes = 0;
    Index units = 0;
    do {
      const GradientJob<T, S>& job = jobs[count++];
      passes = std::max(passes, passes_of(job));
      units += ceil_div(job.call.q.rows, 256);
    } while (count < jobs.size() && task_count(executor, units + 1) > units);
    for (std::size_t p = 0; p < passes; ++p) {
      std::deque<GradientPass<T, S>> together;
      for (GradientJob<T, S>& job : jobs.first(count)) {
        std::size_t left = p;
        for (const GradientMember& member : job.members) {
          const std::vector<Index>& steps = member.plan->steps();
          if (left < steps.size()) {
            together.push_back({&job,
                                member,
                                all_cells.of(member.plan, steps[left]),
                                !accumulate && left == 0,
                                !accumulate && p == 0,
                                {}});
            break;
          }
          left -= steps.size();
        }
      }
      run_passes<T, S>(together, chain, executor);
    }
    jobs = jobs.subspan(count);
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

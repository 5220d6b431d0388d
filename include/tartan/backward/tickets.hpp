// Tickets: work that is done in the order of tickets wherever it shares something. Layer: backward.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "../parallel/executor.hpp"

namespace tartan::detail {

/// What a ticket's work shares with that of others, and how many come before it there.
struct TicketTurn {
  Index shared;
  std::int32_t before;
};

/// Work to be done, each piece of which names what it shares. Pieces that share something are done
/// one after the other, in the order of tickets; others at once. So each sum is made in the same
/// order for any number of threads.
class Tickets {
 public:
  static constexpr std::size_t most_turns = 3;

  /// Room for `count` more things to share; returns the first one's number.
  Index share(Index count) {
    const auto first = static_cast<Index>(used_.size());
    used_.resize(used_.size() + static_cast<std::size_t>(count));
    return first;
  }

  /// The next ticket; shared: numbers, or -1.
  void add(const std::array<Index, most_turns>& shared) {
    std::array<TicketTurn, most_turns> turns;
    for (std::size_t x = 0; x < most_turns; ++x) {
      turns[x] = {shared[x], shared[x] < 0 ? 0 : used_[static_cast<std::size_t>(shared[x])]++};
    }
    turns_.push_back(turns);
  }

  Index count() const { return static_cast<Index>(turns_.size()); }

  /// Calls work(ticket) for all of them. Those that run wait for earlier ones only, which run, too,
  /// or have ended: whatever the executor's order, and however few its threads, none waits in vain.
  template <Executor E, class Work>
  void run(const E& executor, const Work& work) const {
    std::atomic<Index> next = 0;
    std::vector<std::atomic<std::int32_t>> done(used_.size());
    run_tasks(executor, count(), [&](Index) {
      const Index ticket = next.fetch_add(1);
      const auto& turns = turns_[static_cast<std::size_t>(ticket)];
      for (const TicketTurn& turn : turns) {
        if (turn.shared >= 0) wait_for(done[static_cast<std::size_t>(turn.shared)], turn.before);
      }
      struct Done {  // also where work throws: others may be waiting
        std::vector<std::atomic<std::int32_t>>& done;
        const std::array<TicketTurn, most_turns>& turns;
        ~Done() {
          for (const TicketTurn& turn : turns) {
            if (turn.shared < 0) continue;
            auto& counter = done[static_cast<std::size_t>(turn.shared)];
            counter.fetch_add(1, std::memory_order_release);
            counter.notify_all();
          }
        }
      } const at_the_end{done, turns};
      work(ticket);
    });
  }

 private:
  static void wait_for(const std::atomic<std::int32_t>& counter, std::int32_t value) {
    for (auto now = counter.load(std::memory_order_acquire); now != value;
         now = counter.load(std::memory_order_acquire)) {
      counter.wait(now, std::memory_order_acquire);
    }
  }

  std::vector<std::array<TicketTurn, most_turns>> turns_;
  std::vector<std::int32_t> used_;  // tickets so far, of what they share
};

}  // namespace tartan::detail

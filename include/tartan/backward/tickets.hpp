// Tickets: work that is done in the order of tickets wherever it shares something. Layer: backward.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
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
  /// Room for `count` more things to share; returns the first one's number.
  Index share(Index count) {
    const auto first = static_cast<Index>(used_.size());
    used_.resize(used_.size() + static_cast<std::size_t>(count));
    return first;
  }

  /// A ticket that shares nothing, the next one.
  void add() { ends_.push_back(turns_.size()); }
  /// The last ticket shares `shared`, too.
  void and_shares(Index shared) {
    turns_.push_back({shared, used_[static_cast<std::size_t>(shared)]++});
    ends_.back() = turns_.size();
  }

  Index count() const { return static_cast<Index>(ends_.size()); }

  /// Calls work(ticket) for all of them. Those that run wait for earlier ones only, which run, too,
  /// or have ended: whatever the executor's order, and however few its threads, none waits in vain.
  template <Executor E, class Work>
  void run(const E& executor, const Work& work) const {
    std::atomic<Index> next = 0;
    std::vector<std::atomic<std::int32_t>> done(used_.size());
    run_tasks(executor, count(), [&](Index) {
      const Index ticket = next.fetch_add(1);
      const std::size_t begin = ticket == 0 ? 0 : ends_[static_cast<std::size_t>(ticket - 1)];
      const std::span turns(turns_.data() + begin, ends_[static_cast<std::size_t>(ticket)] - begin);
      for (const TicketTurn& turn : turns) {
        wait_for(done[static_cast<std::size_t>(turn.shared)], turn.before);
      }
      struct Done {  // also where work throws: others may be waiting
        std::vector<std::atomic<std::int32_t>>& done;
        std::span<const TicketTurn> turns;
        ~Done() {
          for (const TicketTurn& turn : turns) {
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

  std::vector<TicketTurn> turns_;   // ticket after ticket
  std::vector<std::size_t> ends_;   // of each ticket's turns
  std::vector<std::int32_t> used_;  // tickets so far, of what they share
};

}  // namespace tartan::detail

// Tickets: work that shares something is done in their order, on any executor.
#include <tartan/backward/tickets.hpp>
#include <tartan/parallel/serial.hpp>

#include "support/catch.hpp"
#include "support/own_threads.hpp"

using namespace tartan;
using detail::Tickets;

namespace {
/// What each shared thing saw: the tickets that named it, in the order in which they ran.
template <class E>
std::vector<std::vector<Index>> seen(const Tickets& tickets,
                                     const std::vector<std::vector<Index>>& shared, Index things,
                                     const E& executor) {
  std::vector<std::vector<Index>> order(static_cast<std::size_t>(things));
  tickets.run(executor, [&](Index ticket) {
    for (const Index x : shared[static_cast<std::size_t>(ticket)]) {
      order[static_cast<std::size_t>(x)].push_back(ticket);
    }
  });
  return order;
}
}  // namespace

TEST_CASE("tickets that share something run in their order") {
  Tickets tickets;
  const Index first = tickets.share(3), second = tickets.share(2);
  CHECK(first == 0);
  CHECK(second == 3);
  std::vector<std::vector<Index>> shared;
  for (Index t = 0; t < 400; ++t) {
    shared.push_back(t % 7 == 0 ? std::vector<Index>{} : std::vector<Index>{t % 3, 3 + t / 5 % 2});
    tickets.add();
    for (const Index x : shared.back()) tickets.and_shares(x);
  }
  CHECK(tickets.count() == 400);
  std::vector<std::vector<Index>> expected(5);
  for (Index t = 0; t < 400; ++t) {
    for (const Index x : shared[static_cast<std::size_t>(t)]) {
      expected[static_cast<std::size_t>(x)].push_back(t);
    }
  }
  CHECK(seen(tickets, shared, 5, Serial{}) == expected);
  const auto in_reverse = [](Index count, Task task) {
    while (count-- > 0) task(count);
  };
  CHECK(seen(tickets, shared, 5, in_reverse) == expected);
  for (const int threads : {2, 5, 16})
    CHECK(seen(tickets, shared, 5, OwnThreads{threads}) == expected);
}

TEST_CASE("no tickets, no work") {
  Tickets tickets;
  tickets.share(4);
  tickets.run(Serial{}, [](Index) { FAIL("there is no ticket"); });
}

TEST_CASE("work that throws does not keep others waiting") {
  Tickets tickets;
  tickets.share(1);
  for (Index t = 0; t < 50; ++t) {
    tickets.add();
    tickets.and_shares(0);
  }
  for (const int threads : {1, 4}) {
    CHECK(message_of<std::runtime_error>([&] {
            tickets.run(OwnThreads{threads}, [](Index t) {
              if (t == 9) throw std::runtime_error("ticket 9");
            });
          }) == "ticket 9");
  }
}

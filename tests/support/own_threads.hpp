// A user's own executor: new threads for each call, tasks dealt out round robin.
#pragma once

#include <functional>
#include <tartan/lattice/index.hpp>
#include <thread>
#include <vector>

struct OwnThreads {
  int threads;
  void operator()(tartan::Index count, const std::function<void(tartan::Index)>& task) const {
    std::vector<std::thread> team;
    for (tartan::Index t = 0; t < threads; ++t) {
      team.emplace_back([=, this] {
        for (tartan::Index i = t; i < count; i += threads) task(i);
      });
    }
    for (std::thread& thread : team) thread.join();
  }
};

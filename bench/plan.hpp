// What one run of the program measures: a list of measurements, each checked when it is added.
// Part of the benchmark.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "baselines/naive_dense.hpp"
#include "baselines/row_loop.hpp"
#include "check.hpp"
#include "peak.hpp"

namespace bench {

/// One line of the results. `name` is who / pattern, the rest is what the report needs to know.
struct Measurement {
  std::string name = {};
  std::string scalar = {};
  Index n = 0, d = 0;
  int threads = 1;
  double pairs = 0;
  double flops = 0;  // useful ones: 4 * pairs * d
  double bytes = 0;
  double predicted = 1;  // share of dense time that work() tells beforehand
  double first_run = 0;  // seconds of the run that was checked
  std::function<void()> run = {};
};

/// Seconds that one call takes, by the clock on the wall.
template <class Run>
double seconds_of(const Run& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class T>
constexpr const char* scalar_name() {
  return sizeof(T) == 4 ? "float" : "double";
}

class Plan {
 public:
  static constexpr int row_loop_dim = 64;

  const std::vector<Measurement>& measurements() const { return measurements_; }

  /// tartan on this case with each of these numbers of threads; with_row_loop adds the rival, for
  /// which head_dim must be row_loop_dim.
  template <class T>
  void add(const Case<T>& c, std::shared_ptr<Problem<T>> p, const std::vector<int>& threads = {1},
           bool with_row_loop = false) {
    const Expected<T> expected(c, *p);
    for (const int t : threads) {
      add_checked("tartan/" + c.name, c, p, expected, t, [=] { c.attend(*p, t); });
    }
    if (with_row_loop) {
      using Loop = RowLoop<T, row_loop_dim>;
      const auto loop = std::make_shared<Loop>(c.mask(p->tokens()));
      add_checked("row loop/" + c.name, c, p, expected, 1, [=] { (*loop)(*p); });
    }
  }

  /// Dense attention with Eigen's products, where the scores take at most half of free memory.
  template <class T>
  void add_naive_dense(std::shared_ptr<Problem<T>> p) {
    const double free_bytes =
        static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    if (NaiveDense<T>::bytes(p->tokens()) > free_bytes / 2) {
      std::fprintf(stderr, "naive dense at N = %td left out: not enough memory for the scores\n",
                   p->tokens());
      return;
    }
    const Case<T> c = dense_case<T>();
    const auto naive = std::make_shared<NaiveDense<T>>(p->tokens());
    add_checked("naive/Dense", c, p, Expected<T>(c, *p), 1, [=] { (*naive)(*p); });
  }

  /// A measurement that has been checked already.
  void add(Measurement m) { measurements_.push_back(std::move(m)); }
  /// Keeps what measurements refer to.
  void keep_alive(std::shared_ptr<const void> object) { kept_.push_back(std::move(object)); }

  template <class T>
  void add_peak() {
    add_peak<T, 12>();
    add_peak<T, 20>();
  }

  void add_memory_read() {
    const auto memory = std::make_shared<MemoryRead>();
    Measurement m{.name = "machine/memory read", .scalar = "float"};
    m.bytes = memory->bytes();
    m.run = [=] { benchmark::DoNotOptimize(memory->run()); };
    measurements_.push_back(std::move(m));
  }

 private:
  template <class T, class Run>
  void add_checked(const std::string& name, const Case<T>& c, const std::shared_ptr<Problem<T>>& p,
                   const Expected<T>& expected, int threads, Run run) {
    p->out.setConstant(T(-7));
    const double first_run = seconds_of(run);
    expected.check(*p, name);
    const double pairs = static_cast<double>(c.pairs(p->tokens()));
    measurements_.push_back({.name = name,
                             .scalar = scalar_name<T>(),
                             .n = p->tokens(),
                             .d = p->head_dim(),
                             .threads = threads,
                             .pairs = pairs,
                             .flops = 4 * pairs * static_cast<double>(p->head_dim()),
                             .predicted = c.predicted(p->tokens(), p->head_dim()),
                             .first_run = first_run,
                             .run = run});
  }

  template <class T, std::size_t accumulators>
  void add_peak() {
    Measurement m{.name = "machine/FMA peak, " + std::to_string(accumulators) + " chains",
                  .scalar = scalar_name<T>()};
    m.flops = FmaPeak<T, accumulators>::flops();
    m.run = [] { benchmark::DoNotOptimize(FmaPeak<T, accumulators>::run()); };
    measurements_.push_back(std::move(m));
  }

  std::vector<Measurement> measurements_;
  std::vector<std::shared_ptr<const void>> kept_;
};

}  // namespace bench

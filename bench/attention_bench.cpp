// The benchmark: attention_bench SUITE N ROUNDS SECONDS [Google Benchmark's flags]. tools/bench.sh
// calls it once for each suite and size and makes the report.
//
// Speed-ups are ratios, and machines drift: so all that is compared is measured in one process, in
// ROUNDS rounds whose order is shuffled (Google Benchmark's random interleaving), each at least
// SECONDS long; the report divides medians over the rounds.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <thread>

#include "families.hpp"
#include "models.hpp"
#include "plan.hpp"
#include "training.hpp"

namespace {

using bench::Index;
using bench::Plan;

template <class T>
std::shared_ptr<bench::Problem<T>> problem(Index n, Index d) {
  return std::make_shared<bench::Problem<T>>(n, d);
}

/// One thread, d = 64: dense, all patterns, and the baselines. Beyond 16384 tokens tartan alone.
void scale(Plan& plan, Index n) {
  const bool baselines = n <= 16384;
  const auto p = problem<float>(n, Plan::row_loop_dim);
  plan.add_peak<float>();
  plan.add(bench::dense_case<float>(), p);
  if (baselines) plan.add_naive_dense(p);
  for (const auto& c : bench::main_cases<float>(n)) plan.add(c, p, {1}, baselines);
  for (const auto& c : bench::more_cases<float>(n)) plan.add(c, p, {1}, baselines);
  if (n == 4096) {
    for (const auto& c : bench::static_cases<float>()) plan.add(c, p);
  }
}

/// One thread and all of them.
void threads(Plan& plan, Index n) {
  const int all = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const auto p = problem<float>(n, 64);
  plan.add(bench::dense_case<float>(), p, {1, all});
  for (const auto& c : bench::main_cases<float>(n)) plan.add(c, p, {1, all});
}

template <class T>
void shape(Plan& plan, Index n, Index d) {
  const auto p = problem<T>(n, d);
  plan.add(bench::dense_case<T>(), p);
  for (const auto& c : bench::main_cases<T>(n)) plan.add(c, p);
}

/// Other widths and the other scalar type.
void shapes(Plan& plan, Index n) {
  plan.add_peak<float>();
  plan.add_peak<double>();
  plan.add_memory_read();
  for (const Index d : {32, 64, 128}) shape<float>(plan, n, d);
  shape<double>(plan, n, 64);
}

/// Where dense wins.
void density(Plan& plan, Index n) {
  const auto p = problem<float>(n, 64);
  plan.add(bench::dense_case<float>(), p);
  for (const auto& c : bench::density_cases<float>(n)) plan.add(c, p);
}

/// One thread, d = 64: a case for each family of patterns.
void families(Plan& plan, Index n) {
  const auto p = problem<float>(n, 64);
  plan.add(bench::dense_case<float>(), p);
  for (const auto& c : bench::family_cases<float>(n)) plan.add(c, p);
}

/// Heads, score modifiers and scalar types.
void models(Plan& plan, Index n) {
  const int all = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  bench::add_heads(plan, n, all);
  bench::add_scores(plan, n);
  bench::add_scalar<float>(plan, n);
  bench::add_scalar<Eigen::half>(plan, n);
  bench::add_scalar<Eigen::bfloat16>(plan, n);
}

/// A token over a cache of n.
void decoding(Plan& plan, Index n) {
  bench::add_decoding(plan, n, 1);
  bench::add_decoding(plan, n, 8);
}

/// The backward pass beside the forward one; on one thread, and on one and all.
void training(Plan& plan, Index n) { bench::add_training(plan, n, {1}); }
void training_threads(Plan& plan, Index n) {
  const int all = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  bench::add_training(plan, n, {1, all});
}

/// How many runs take at least `seconds`: fixed beforehand, so that no round is spent on guessing.
Index runs_for(const bench::Measurement& m, double seconds) {
  if (m.first_run >= seconds) return 1;
  return static_cast<Index>(std::ceil(seconds / std::max(bench::seconds_of(m.run), 1e-7)));
}

/// Prints how much is done, on a terminal.
class Progress {
 public:
  explicit Progress(std::size_t total) : total_(total), shown_(isatty(STDERR_FILENO) != 0) {}
  void step() {
    ++done_;
    if (shown_) std::fprintf(stderr, "\r      %3zu %%\r", 100 * done_ / total_);
  }

 private:
  std::size_t total_, done_ = 0;
  bool shown_;
};

void measure(benchmark::State& state, const bench::Measurement& m, Progress& progress) {
  for (auto _ : state) {
    m.run();
    benchmark::ClobberMemory();
  }
  state.counters["pairs"] = m.pairs;
  state.counters["flops"] = m.flops;
  state.counters["bytes"] = m.bytes;
  state.counters["predicted"] = m.predicted;
  state.counters["flop/s"] =
      benchmark::Counter(m.flops, benchmark::Counter::kIsIterationInvariantRate);
  progress.step();
}

}  // namespace

int main(int argc, char** argv) try {
  const std::map<std::string, void (*)(Plan&, Index)> suites = {
      {"scale", scale},     {"families", families}, {"threads", threads},
      {"shapes", shapes},   {"models", models},     {"decoding", decoding},
      {"density", density}, {"training", training}, {"training_threads", training_threads}};
  if (argc < 5 || !suites.contains(argv[1])) {
    std::cerr << "usage: attention_bench "
                 "scale|families|threads|shapes|models|decoding|density|training|training_threads "
                 "N ROUNDS SECONDS "
                 "[--benchmark_...]\n";
    return 2;
  }
  const std::string suite = argv[1];
  const int rounds = std::max(1, std::atoi(argv[3]));
  const double seconds = std::atof(argv[4]);
  Eigen::setNbThreads(1);  // the naive baseline, like all that it is compared with

  Plan plan;
  suites.at(suite)(plan, std::atol(argv[2]));

  Progress progress(plan.measurements().size() * static_cast<std::size_t>(rounds));
  for (const bench::Measurement& m : plan.measurements()) {
    const std::string name = m.name + "/" + m.scalar + "/n:" + std::to_string(m.n) +
                             "/d:" + std::to_string(m.d) + "/t:" + std::to_string(m.threads);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [&](benchmark::State& state) { measure(state, m, progress); })
        ->Iterations(runs_for(m, seconds))
        ->Repetitions(rounds)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }

  std::string interleave = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> flags = {argv[0], interleave.data()};
  flags.insert(flags.end(), argv + 5, argv + argc);
  int flag_count = static_cast<int>(flags.size());
  benchmark::Initialize(&flag_count, flags.data());
  if (benchmark::ReportUnrecognizedArguments(flag_count, flags.data())) return 2;
  benchmark::AddCustomContext("suite", suite);
  benchmark::AddCustomContext("compiler", TARTAN_BENCH_COMPILER);
  benchmark::AddCustomContext("flags", TARTAN_BENCH_FLAGS);
  benchmark::AddCustomContext("eigen", std::to_string(EIGEN_WORLD_VERSION) + "." +
                                           std::to_string(EIGEN_MAJOR_VERSION) + "." +
                                           std::to_string(EIGEN_MINOR_VERSION));
  benchmark::AddCustomContext("lanes", std::to_string(Eigen::internal::packet_traits<float>::size));
  benchmark::ConsoleReporter console(benchmark::ConsoleReporter::OO_None);
  console.SetErrorStream(&std::cout);  // the context, too: stderr is for progress and errors
  benchmark::RunSpecifiedBenchmarks(&console);
  benchmark::Shutdown();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "attention_bench: " << error.what() << "\n";
  return 1;
}

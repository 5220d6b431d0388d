// Who runs the work changes nothing about gradients: bitwise the same for any number of threads,
// for one head and for many, with learned numbers, too.
#include "support/catch.hpp"
#include "support/eigen_thread_pool.hpp"
#include "support/gradients.hpp"
#include "support/own_threads.hpp"
#include "support/patterns.hpp"

using namespace tartan;

namespace {

const auto in_reverse = [](Index count, auto task) {
  while (count-- > 0) task(count);
};

}  // namespace

TEST_CASE("one head: the same bits for every executor and number of threads") {
  const Problem<RowMajor<float>> p({1500, 1400, 16, 8, 5}, 50);
  Eigen::ThreadPool pool(3);
  for_each_test_pattern(33, 16, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    const auto serial = differentiated(p, pattern);
    const auto same = [&](const auto& executor) {
      const auto other = differentiated(p, pattern, 90, executor);
      return difference(other.dq, serial.dq) == 0 && difference(other.dk, serial.dk) == 0 &&
             difference(other.dv, serial.dv) == 0;
    };
    for (const int threads : {2, 3, 7}) {
      CAPTURE(threads);
      CHECK(same(OpenMP{threads}));
      CHECK(same(OwnThreads{threads}));
    }
    CHECK(same(EigenThreads{pool}));
    CHECK(same(in_reverse));
  });
}

TEST_CASE("many heads and sequences, learned numbers: the same bits") {
  using M = RowMajor<float>;
  const Heads heads{4, 2};
  const Batch batch{{0, 300, 300, 700}, {}, {}};
  const M q = random_matrix<M>(700, 32, 1), k = random_matrix<M>(700, 16, 2),
          v = random_matrix<M>(700, 16, 3), dout = random_matrix<M>(700, 32, 4);
  const Eigen::MatrixXf table = random_matrix<Eigen::MatrixXf>(41, 4, 5);
  Eigen::MatrixXf bias = random_matrix<Eigen::MatrixXf>(700, 700, 6);
  const auto pattern = Causal{} & (Local{40} | Strided{7});
  const auto check = [&](const Options& options) {
    const auto f = multi_head_attention_with_lse(q, k, v, heads, batch, pattern, options);
    struct Result {
      M dq = M(700, 32), dk = M(700, 16), dv = M(700, 16);
      std::vector<double> dsinks;
      ScoreGradients dscore;
    };
    const auto run = [&](const auto& executor) {
      Result r;
      multi_head_attention_backward_into(
          r.dq, r.dk, r.dv, q, k, v, f.out, f.lse, dout, heads, batch, pattern, options,
          GradientOptions{.dsinks = &r.dsinks, .dscore = &r.dscore}, executor);
      return r;
    };
    const Result serial = run(Serial{});
    const auto same = [&](const auto& executor) {
      const Result r = run(executor);
      bool all = r.dq == serial.dq && r.dk == serial.dk && r.dv == serial.dv &&
                 r.dsinks == serial.dsinks && r.dscore.size() == serial.dscore.size();
      for (std::size_t x = 0; all && x < r.dscore.size(); ++x) {
        all = r.dscore[x] == serial.dscore[x];
      }
      return all;
    };
    for (const int threads : {2, 3, 7}) {
      CAPTURE(threads);
      CHECK(same(OwnThreads{threads}));
      CHECK(same(OpenMP{threads}));
    }
    CHECK(same(in_reverse));
  };
  check({.sinks = {0.5, -1, 0, 2}, .dropout = {0.1, 7}});
  check({.score = {RelativeBias{table, -20}, Softcap{4}, Alibi::of_heads(4)}});
  check({.score = ScoreBias{bias}});
}

TEST_CASE("what a modifier throws reaches the caller, and no thread is left waiting") {
  const Problem<RowMajor<float>> p({1500, 1500, 16, 16}, 51);
  const auto f = attention_with_lse(p.q, p.k, p.v, Causal{});
  Options options;
  options.score = [](const auto& s, const auto& i, const auto&) {
    if (i(0) >= 700) throw std::runtime_error("a modifier");
    return s * 1;
  };
  for (const int threads : {1, 4}) {
    CHECK(message_of<std::runtime_error>([&] {
            attention_backward(p.q, p.k, p.v, f.out, f.lse, f.out, Causal{}, options,
                               OwnThreads{threads});
          }) == "a modifier");
  }
}

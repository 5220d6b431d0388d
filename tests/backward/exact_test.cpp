// attention_backward() against the reference in double: every pattern, shapes at the edges, both
// scalars.
#include "support/catch.hpp"
#include "support/gradients.hpp"
#include "support/patterns.hpp"

using namespace tartan;

namespace {

template <class M>
void check_exact(const Sizes& sizes, Index w, Index s, unsigned seed) {
  const Problem<M> p(sizes, seed);
  for_each_test_pattern(w, s, [&](const char* name, const auto& pattern) {
    CAPTURE(name, w, s, sizes.n, sizes.m, sizes.d, sizes.dv, sizes.query_offset);
    CHECK(gradients_are_exact(p, pattern));
  });
}

}  // namespace

TEST_CASE("float, row-major: exact gradients for every pattern and shape") {
  unsigned seed = 1;
  for (const Sizes& sizes : edge_shapes) {
    check_exact<RowMajor<float>>(sizes, 9, 4, seed);
    check_exact<RowMajor<float>>(sizes, 64, 16, seed + 10);
    seed += 100;
  }
}

TEST_CASE("float, column-major: exact gradients for every pattern and shape") {
  unsigned seed = 2;
  for (const Sizes& sizes : edge_shapes) check_exact<ColMajor<float>>(sizes, 40, 7, seed += 100);
}

TEST_CASE("double: exact gradients for every pattern and shape") {
  unsigned seed = 3;
  for (const Sizes& sizes : edge_shapes) check_exact<RowMajor<double>>(sizes, 33, 8, seed += 100);
}

TEST_CASE("exact gradients of many chunks of rows and keys") {
  check_exact<RowMajor<float>>({1500, 1400, 16, 16, 40}, 48, 12, 5);
  check_exact<RowMajor<float>>({1400, 1500, 16, 8, -700}, 700, 3, 6);
}

TEST_CASE("exact gradients of random shapes and parameters") {
  std::mt19937 generator(4);
  const auto upto = [&](Index most) {
    return std::uniform_int_distribution<Index>(0, most)(generator);
  };
  for (unsigned trial = 0; trial < 30; ++trial) {
    const Sizes sizes{upto(400), upto(400), upto(70), upto(70), upto(300) - 150};
    check_exact<RowMajor<float>>(sizes, upto(200), 1 + upto(60), 1000 + trial);
  }
}

TEST_CASE("gradients are those that finite differences give") {
  const Sizes sizes{23, 29, 5, 4, 3};
  Problem<RowMajor<double>> p(sizes, 30);
  for_each_test_pattern(7, 4, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    const auto g = differentiated(p, pattern);
    const auto loss = [&] {
      return attention(p.q, p.k, p.v, pattern, p.options).cwiseProduct(g.dout).sum();
    };
    const auto agrees = [&](RowMajor<double>& x, const RowMajor<double>& gradient) {
      double worst = 0;
      for (Index r = 0; r < x.rows(); r += 3) {
        for (Index c = 0; c < x.cols(); ++c) {
          const double there = x(r, c), h = 1e-5;
          x(r, c) = there + h;
          const double above = loss();
          x(r, c) = there - h;
          const double below = loss();
          x(r, c) = there;
          worst = std::max(worst, std::abs((above - below) / (2 * h) - gradient(r, c)));
        }
      }
      return worst < 1e-8;
    };
    CHECK(agrees(p.q, g.dq));
    CHECK(agrees(p.k, g.dk));
    CHECK(agrees(p.v, g.dv));
  });
}

TEST_CASE("huge scores: gradients stay finite, and are those of the largest score") {
  const Problem<RowMajor<double>> p({70, 70, 16, 16}, 31, 40.0);
  for_each_test_pattern(20, 6, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    const auto g = differentiated(p, pattern);
    const auto exact = reference::attention_backward(p.q, p.k, p.v, g.dout, pattern, p.options);
    const double size = std::max(1.0, exact.dk.cwiseAbs().maxCoeff());
    CHECK(difference(g.dq, exact.dq) <= 1e-9 * size);
    CHECK(difference(g.dk, exact.dk) <= 1e-9 * size);
    CHECK(difference(g.dv, exact.dv) <= 1e-9 * size);
  });
  const Problem<RowMajor<float>> f({70, 70, 16, 16}, 31, 40.0);
  const auto g = differentiated(f, Causal{} & Local{20});
  CHECK(g.dq.allFinite());
  CHECK(g.dk.allFinite());
  CHECK(g.dv.allFinite());
}

TEST_CASE("one key has all of the weight, however large its score") {
  const auto check = [](auto x) {
    using M = RowMajor<decltype(x)>;
    const M q = M::Constant(1, 1, x), v = M::Constant(1, 1, 3), dout = M::Constant(1, 1, 1);
    const auto f = attention_with_lse(q, q, v, Dense{});
    const auto g = attention_backward(q, q, v, f.out, f.lse, dout, Dense{});
    CAPTURE(x);
    CHECK(std::abs(double(g.dv(0, 0)) - 1) < 1e-4);
    CHECK(std::abs(double(g.dq(0, 0)) / double(x)) < 1e-4);
  };
  for (const float x : {3.2078f, 32.0780299f, 128.179562f, 1025.18291f, 11593.1014f}) check(x);
  for (const double x : {32.0780299, 318433667.0, 1.00049988e10}) check(x);
}

TEST_CASE("rows under a large bias of their own have weights that sum to 1") {
  using M = RowMajor<float>;
  const M q = random_matrix<M>(64, 8, 33), v = M::Ones(64, 1);
  for (const float low : {-1e3f, -1e6f, -1e9f, -1e30f}) {
    M bias = M::Zero(64, 64);
    bias.bottomRows(32).setConstant(low);
    const Options options{.score = ScoreBias{bias}};
    const auto f = attention_with_lse(q, q, v, Dense{}, options);
    const auto g = attention_backward(q, q, v, f.out, f.lse, v, Dense{}, options);
    CAPTURE(low);
    CHECK(std::abs(g.dv.sum() - 64) < 1e-3);
  }
}

TEST_CASE("a scale of its own, 0 and below 0 too") {
  Problem<RowMajor<double>> p({60, 60, 8, 8}, 32);
  for (const double scale : {0.0, -0.5, 3.0}) {
    p.options.scale = scale;
    CAPTURE(scale);
    CHECK(gradients_are_exact(p, Causal{} & (Local{20} | Strided{6})));
  }
}

// Gradients through score modifiers, and of the numbers that they hold.
#include "support/catch.hpp"
#include "support/gradients.hpp"
#include "support/patterns.hpp"

using namespace tartan;

namespace {

const auto bend = [](const auto& s, const auto& i, const auto& j) {
  return s * 0.5f + 0.1f * s.square() - 0.02f * (i - j);
};

/// The same, with its derivative.
struct Bend {
  template <class A>
  A operator()(const A& s, const A& i, const A& j) const {
    using T = typename A::Scalar;
    return s * T(0.5) + T(0.1) * s.square() - T(0.02) * (i - j);
  }
  template <class A>
  A derivative(const A& s, const A&, const A&) const {
    using T = typename A::Scalar;
    return T(0.5) + T(0.2) * s;
  }
};

struct ByHead {
  template <class A>
  A operator()(const A& s, const A&, const A&, Index head) const {
    return s * static_cast<typename A::Scalar>(head + 1);
  }
  template <class A>
  A derivative(const A&, const A&, const A&, Index head) const {
    return A::Constant(static_cast<typename A::Scalar>(head + 1));
  }
};

/// The largest difference, relative to the largest gradient, of what the fast pass gives from what
/// central differences of the loss give, for the numbers that `make` turns into a score.
template <class Make>
double error_of_numbers(Eigen::MatrixXd numbers, const Make& make, std::size_t which = 0) {
  const Heads heads{4, 2};
  const Batch batch{{0, 30, 70}, {}, {}};
  using M = RowMajor<double>;
  const M q = random_matrix<M>(70, 16, 1), k = random_matrix<M>(70, 8, 2),
          v = random_matrix<M>(70, 8, 3), dout = random_matrix<M>(70, 16, 4);
  const auto pattern = Causal{} & (Local{20} | Strided{5});
  const auto forward = [&] {
    Options options;
    options.score = make(numbers);
    return multi_head_attention_with_lse(q, k, v, heads, batch, pattern, options);
  };
  const auto f = forward();
  Options options;
  options.score = make(numbers);
  M dq(70, 16), dk(70, 8), dv(70, 8);
  ScoreGradients dscore;
  multi_head_attention_backward_into(dq, dk, dv, q, k, v, f.out, f.lse, dout, heads, batch, pattern,
                                     options, GradientOptions{.dscore = &dscore});
  const Eigen::MatrixXd& gradient = dscore.at(which);
  REQUIRE(gradient.rows() == numbers.rows());
  REQUIRE(gradient.cols() == numbers.cols());
  double worst = 0;
  for (Index x = 0; x < numbers.size(); x += 1 + numbers.size() / 200) {
    const double there = numbers(x), h = 1e-5;
    numbers(x) = there + h;
    const double above = forward().out.cwiseProduct(dout).sum();
    numbers(x) = there - h;
    const double below = forward().out.cwiseProduct(dout).sum();
    numbers(x) = there;
    worst = std::max(worst, std::abs((above - below) / (2 * h) - gradient(x)));
  }
  return worst / std::max(1.0, gradient.cwiseAbs().maxCoeff());
}

Eigen::MatrixXd random_numbers(Index rows, Index cols) {
  return random_matrix<Eigen::MatrixXd>(rows, cols, 9, 0.3);
}

}  // namespace

TEST_CASE("gradients through each modifier, and through several") {
  const Eigen::MatrixXf table = random_matrix<Eigen::MatrixXf>(41, 1, 5);
  Eigen::MatrixXd bias = random_matrix<Eigen::MatrixXd>(200, 170, 6);
  bias(3, 3) = bias(7, 2) = -std::numeric_limits<double>::infinity();
  const std::vector<Score> scores = {
      Softcap{2}, Alibi{0.1}, RelativeBias{table, -20}, ScoreBias{bias},
      bend,       Bend{},     {bend, ByHead{}},         {Softcap{3}, Alibi{0.02}, Bend{}}};
  for (std::size_t x = 0; x < scores.size(); ++x) {
    CAPTURE(x);
    Problem<RowMajor<double>> p({150, 150, 16, 16, 20}, 60);
    Problem<RowMajor<float>> f({150, 150, 16, 16, 20}, 60);
    p.options.score = f.options.score = scores[x];
    for_each_test_pattern(20, 6, [&](const char* name, const auto& pattern) {
      CAPTURE(name);
      const auto g = differentiated(p, pattern);
      const auto exact = reference::attention_backward(p.q, p.k, p.v, g.dout, pattern, p.options);
      // Slopes are measured: of callables here, of all of them in the reference.
      CHECK(difference(g.dq, exact.dq) < 1e-9);
      CHECK(difference(g.dk, exact.dk) < 1e-9);
      CHECK(difference(g.dv, exact.dv) < 1e-9);
      CHECK(gradients_are_exact(f, pattern, 4));  // the reference's scores are modified in double
    });
  }
}

TEST_CASE("a derivative that is given and one that is measured agree") {
  Problem<RowMajor<float>> measured({100, 100, 8, 8}, 61), given = measured;
  measured.options.score = bend;
  given.options.score = Bend{};
  const auto a = differentiated(measured, Local{30}), b = differentiated(given, Local{30});
  CHECK(difference(a.dq, b.dq) < 1e-6);
  CHECK(difference(a.dk, b.dk) < 1e-6);
}

TEST_CASE("measured slopes of what bends at large scores, and beside what is no number") {
  const auto check = [](const Score& score, double s, double slope, double allowed) {
    CAPTURE(s, slope);
    CHECK(std::abs(score.slope(s, 3, 2) - slope) <= allowed * std::max(1.0, std::abs(slope)));
  };
  const Score sine{[](const auto& s, const auto&, const auto&) { return s.sin(); }};
  for (const double s : {0.3, 50.0, 500.0}) check(sine, s, std::cos(s), 1e-9);
  const Score logarithm{[](const auto& s, const auto&, const auto&) { return s.log(); }};
  for (const double s : {5.0, 1e-3, 1e-5}) check(logarithm, s, 1 / s, 1e-4);
  const Score masked{[](const auto& s, const auto& i, const auto& j) {
    using A = std::decay_t<decltype(s)>;
    using T = typename A::Scalar;
    return A((i - j > T(0)).select(A::Constant(-std::numeric_limits<T>::infinity()), s));
  }};
  check(masked, 2.0, 0, 0);
}

TEST_CASE("gradients of Alibi's slopes") {
  const auto slopes = [](const Eigen::MatrixXd& x) {
    return Score{Alibi{std::vector<double>(x.data(), x.data() + x.size())}};
  };
  CHECK(error_of_numbers(random_numbers(4, 1), slopes) < 1e-8);
  CHECK(error_of_numbers(random_numbers(1, 1), slopes) < 1e-8);
}

TEST_CASE("gradients of a table of distances, and of T5's buckets") {
  const auto table = [](const Eigen::MatrixXd& x) { return Score{RelativeBias{x, -3}}; };
  CHECK(error_of_numbers(random_numbers(20, 4), table) < 1e-8);
  CHECK(error_of_numbers(random_numbers(20, 1), table) < 1e-8);
  const auto t5 = [](const Eigen::MatrixXd& x) { return Score{RelativeBias::t5(x, true, 20)}; };
  CHECK(error_of_numbers(random_numbers(16, 4), t5) < 1e-8);
  CHECK(error_of_numbers(random_numbers(16, 1), t5) < 1e-8);
}

TEST_CASE("gradients of a matrix of biases, which heads and sequences share") {
  static Eigen::MatrixXd there;  // ScoreBias keeps a reference
  const auto bias = [](const Eigen::MatrixXd& x) {
    there = x;
    return Score{ScoreBias{there}};
  };
  CHECK(error_of_numbers(random_numbers(40, 40), bias) < 1e-8);
}

TEST_CASE("gradients of numbers before and after other modifiers") {
  const auto before = [](const Eigen::MatrixXd& x) {
    return Score{RelativeBias{x, 0}, Softcap{2}};
  };
  CHECK(error_of_numbers(random_numbers(20, 4), before) < 1e-8);
  const auto after = [](const Eigen::MatrixXd& x) {
    return Score{Softcap{2}, bend, RelativeBias{x, 0}, ByHead{}};
  };
  CHECK(error_of_numbers(random_numbers(20, 4), after, 2) < 1e-8);
}

TEST_CASE("gradients of sink logits") {
  const Heads heads{4, 2};
  using M = RowMajor<double>;
  const M q = random_matrix<M>(70, 16, 1), k = random_matrix<M>(70, 8, 2),
          dout = random_matrix<M>(70, 16, 4);
  const auto pattern = Local{9} - Columns{2};  // with rows of no key
  for (std::vector<double> sinks : {std::vector<double>{0.5, -1, 2, 0}, {0.7}}) {
    const auto forward = [&] {
      return multi_head_attention_with_lse(q, k, k, heads, pattern,
                                           Options{.sinks = sinks, .dropout = {0.1, 3}});
    };
    const auto f = forward();
    M dq(70, 16), dk(70, 8), dv(70, 8);
    std::vector<double> dsinks;
    multi_head_attention_backward_into(dq, dk, dv, q, k, k, f.out, f.lse, dout, heads, pattern,
                                       Options{.sinks = sinks, .dropout = {0.1, 3}},
                                       GradientOptions{.dsinks = &dsinks});
    REQUIRE(dsinks.size() == sinks.size());
    for (std::size_t x = 0; x < sinks.size(); ++x) {
      const double there = sinks[x], h = 1e-5;
      sinks[x] = there + h;
      const double above = forward().out.cwiseProduct(dout).sum();
      sinks[x] = there - h;
      const double below = forward().out.cwiseProduct(dout).sum();
      sinks[x] = there;
      CHECK(std::abs((above - below) / (2 * h) - dsinks[x]) < 1e-8);
    }
  }
}

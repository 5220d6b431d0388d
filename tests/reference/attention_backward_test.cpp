// The reference's gradients, which all others are held against, against finite differences of the
// reference itself.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {
using M = RowMajor<double>;

/// The largest difference of gradients from central differences of the loss.
template <class Loss>
double error_of(M& x, const Eigen::MatrixXd& gradient, const Loss& loss) {
  double worst = 0;
  for (Index e = 0; e < x.size(); ++e) {
    double& number = *(x.data() + e);
    const double there = number, h = 1e-5;
    number = there + h;
    const double above = loss();
    number = there - h;
    const double below = loss();
    number = there;
    worst =
        std::max(worst, std::abs((above - below) / (2 * h) - gradient(e / x.cols(), e % x.cols())));
  }
  return worst;
}
}  // namespace

TEST_CASE("the reference's gradients are those of finite differences") {
  const auto pattern = Causal{} & (Local{7} | Columns{4});
  const Options plain{.query_offset = 2};
  const Options all{
      .scale = 0.7, .score = {Softcap{2}, Alibi{0.1}}, .sinks = {0.4}, .dropout = {0.3, 9}};
  for (const Options& options : {plain, all}) {
    M q = random_matrix<M>(17, 5, 1), k = random_matrix<M>(19, 5, 2),
      v = random_matrix<M>(19, 4, 3);
    const M dout = random_matrix<M>(17, 4, 4);
    const auto g = reference::attention_backward(q, k, v, dout, pattern, options);
    const auto loss = [&] {
      return reference::attention(q, k, v, pattern, options).cwiseProduct(dout).sum();
    };
    CHECK(error_of(q, g.dq, loss) < 1e-8);
    CHECK(error_of(k, g.dk, loss) < 1e-8);
    CHECK(error_of(v, g.dv, loss) < 1e-8);
    if (options.sinks.empty()) continue;
    Options other = options;
    const auto at = [&](double sink) {
      other.sinks = {sink};
      return reference::attention(q, k, v, pattern, other).cwiseProduct(dout).sum();
    };
    CHECK(std::abs((at(0.4 + 1e-5) - at(0.4 - 1e-5)) / 2e-5 - g.dsink) < 1e-8);
  }
}

TEST_CASE("the reference's gradients of grouped heads and sequences add up") {
  const Heads heads{4, 2};
  const Batch batch{{0, 6, 15}, {}, {}};
  M q = random_matrix<M>(15, 12, 1), k = random_matrix<M>(15, 6, 2), v = random_matrix<M>(15, 4, 3);
  const M dout = random_matrix<M>(15, 8, 4);
  const PerHead patterns{Causal{}, Local{5}};
  const auto g = reference::multi_head_attention_backward(q, k, v, dout, heads, batch, patterns);
  const auto loss = [&] {
    return reference::multi_head_attention_with_lse(q, k, v, heads, batch, patterns)
        .out.cwiseProduct(dout)
        .sum();
  };
  CHECK(error_of(q, g.dq, loss) < 1e-8);
  CHECK(error_of(k, g.dk, loss) < 1e-8);
  CHECK(error_of(v, g.dv, loss) < 1e-8);
}

// The public calls of the backward pass: heads, batches, layouts, scalar types, accumulation, and
// what is refused.
#include "support/catch.hpp"
#include "support/gradients.hpp"
#include "support/numbers.hpp"

using namespace tartan;

namespace {

const auto tartan_mask = Causal{} & (Local{40} | Strided{7});

template <class M, class P>
void check_heads(Index n, Index m, const Heads& heads, Index d, Index dv, const P& pattern,
                 const Batch& batch, const Options& options = {}) {
  using T = typename M::Scalar;
  const M q = random_matrix<M>(n, heads.query * d, 1),
          k = random_matrix<M>(m, heads.kv_heads() * d, 2),
          v = random_matrix<M>(m, heads.kv_heads() * dv, 3),
          dout = random_matrix<M>(n, heads.query * dv, 4);
  CAPTURE(n, m, heads.query, heads.kv, d, dv);
  const auto f = multi_head_attention_with_lse(q, k, v, heads, batch, pattern, options);
  const auto exact =
      reference::multi_head_attention_backward(q, k, v, dout, heads, batch, pattern, options);
  const auto rounded =
      reference::multi_head_attention_backward<T>(q, k, v, dout, heads, batch, pattern, options);
  const auto g =
      multi_head_attention_backward(q, k, v, f.out, f.lse, dout, heads, batch, pattern, options);
  CHECK(difference(g.dq, exact.dq) <= allowed_gradient_error<T>(exact.dq, rounded.dq, n));
  CHECK(difference(g.dk, exact.dk) <= allowed_gradient_error<T>(exact.dk, rounded.dk, n));
  CHECK(difference(g.dv, exact.dv) <= allowed_gradient_error<T>(exact.dv, rounded.dv, n));
  M dq = M::Constant(n, q.cols(), T(7)), dk = M::Constant(m, k.cols(), T(7)),
    dv_ = M::Constant(m, v.cols(), T(7));
  multi_head_attention_backward_into(dq, dk, dv_, q, k, v, f.out, f.lse, dout, heads, batch,
                                     pattern, options, GradientOptions{}, OpenMP{2});
  CHECK(difference(dq, g.dq) == 0);
  CHECK(difference(dk, g.dk) == 0);
  CHECK(difference(dv_, g.dv) == 0);
}

template <class M, class P>
void check_heads(Index n, Index m, const Heads& heads, Index d, Index dv, const P& pattern,
                 const Options& options = {}) {
  check_heads<M>(n, m, heads, d, dv, pattern, Batch{{0, n}, {0, m}, {}}, options);
}

}  // namespace

TEST_CASE("gradients of heads, plain and grouped, in both storage orders") {
  for (const Heads heads : {Heads{1}, Heads{3}, Heads{8, 8}, Heads{8, 2}, Heads{6, 1}}) {
    check_heads<RowMajor<float>>(150, 150, heads, 16, 16, tartan_mask);
    check_heads<ColMajor<float>>(70, 130, heads, 9, 5, tartan_mask, {.query_offset = 60});
    check_heads<RowMajor<double>>(65, 33, heads, 3, 20, Dense{});
  }
  check_heads<RowMajor<float>>(600, 600, Heads{4, 2}, 16, 16, Local{30} | Columns{16});
}

TEST_CASE("gradients of heads of no rows, keys or columns") {
  for (const Heads heads : {Heads{4}, Heads{4, 2}}) {
    check_heads<RowMajor<float>>(0, 5, heads, 4, 4, Causal{});
    check_heads<RowMajor<float>>(5, 0, heads, 4, 4, Causal{});
    check_heads<RowMajor<float>>(5, 5, heads, 0, 4, Causal{});
    check_heads<RowMajor<float>>(5, 5, heads, 4, 0, Causal{});
  }
}

TEST_CASE("gradients of a pattern for each head, which share keys") {
  const PerHead by_number{[](Index head) { return Causal{} & (Local{9} | Strided{2 + head}); }};
  const PerHead listed{Local{30}, Strided{6}, Causal{}};
  for (const Heads heads : {Heads{6}, Heads{6, 2}}) {
    check_heads<RowMajor<float>>(140, 140, heads, 16, 16, by_number);
    check_heads<RowMajor<float>>(140, 140, heads, 16, 16, listed);
  }
}

TEST_CASE("gradients of sequences of unequal lengths, packed") {
  const Batch packed{{0, 3, 3, 40, 41, 170}, {}, {}};
  const Batch crossed{{0, 10, 60}, {0, 50, 55}, {}};
  const Batch chunks{{0, 10, 30}, {0, 100, 220}, {90, 100}};
  for (const Heads heads : {Heads{2}, Heads{4, 2}}) {
    check_heads<RowMajor<float>>(170, 170, heads, 16, 16, tartan_mask, packed);
    check_heads<RowMajor<float>>(60, 55, heads, 8, 9, Dense{}, crossed);
    check_heads<RowMajor<float>>(30, 220, heads, 8, 8, tartan_mask, chunks);
    check_heads<RowMajor<float>>(120, 120, heads, 8, 8, PerHead{Causal{}, Local{9}},
                                 Batch::equal(4, 30));
    check_heads<RowMajor<float>>(0, 0, heads, 8, 8, Causal{}, Batch{{0}, {}, {}});
  }
}

TEST_CASE("gradients with dropout and sinks") {
  const Options options{.sinks = {0.5, -1, 3, 0}, .dropout = {0.25, 11}};
  check_heads<RowMajor<float>>(170, 170, Heads{4, 2}, 16, 16, tartan_mask,
                               Batch{{0, 3, 3, 40, 41, 170}, {}, {}}, options);
  check_heads<RowMajor<double>>(90, 90, Heads{4}, 8, 8, Dense{}, options);
}

TEST_CASE("a head's gradients have the bits of a call of its own") {
  using M = RowMajor<float>;
  const M q = random_matrix<M>(300, 32, 1), k = random_matrix<M>(300, 32, 2),
          dout = random_matrix<M>(300, 32, 3);
  const auto f = multi_head_attention_with_lse(q, k, k, Heads{2}, tartan_mask);
  const auto all =
      multi_head_attention_backward(q, k, k, f.out, f.lse, dout, Heads{2}, tartan_mask);
  for (Index h = 0; h < 2; ++h) {
    const auto of = [&](const auto& x) { return x.middleCols(h * 16, 16); };
    const auto one =
        attention_backward(of(q), of(k), of(k), of(f.out), f.lse.col(h), of(dout), tartan_mask);
    CHECK(difference(of(all.dq), one.dq) == 0);
    CHECK(difference(of(all.dk), one.dk) == 0);
    CHECK(difference(of(all.dv), one.dv) == 0);
  }
}

TEST_CASE("a pattern named as a type, and any storage") {
  const Problem<RowMajor<float>> p({80, 80, 12, 20}, 5);
  const auto g = differentiated(p, Local<9>{});
  const auto named = attention_backward<Local<9>>(p.q, p.k, p.v, g.out, g.lse, g.dout);
  CHECK(difference(named.dk, g.dk) == 0);
  // Columns of larger matrices, rows with steps between them, the other order: no element beside
  // the gradients is written.
  using Stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  using Strided2 = Eigen::Map<ColMajor<float>, Eigen::Unaligned, Stride>;
  for (const Stride& stride : {Stride(1, 40), Stride(200, 2)}) {
    std::vector<float> memory[3];
    const auto map = [&](int x, Index rows, Index cols) {
      memory[x].assign(std::size_t(30000), float(test::untouched));
      return Strided2(memory[x].data() + 7, rows, cols, stride);
    };
    auto dq = map(0, 80, 12), dk = map(1, 80, 12), dv = map(2, 80, 20);
    attention_backward_into(dq, dk, dv, p.q, p.k, p.v, g.out, g.lse, g.dout, Local<9>{});
    CHECK(difference(dq, g.dq) < 1e-5);
    CHECK(difference(dk, g.dk) < 1e-5);
    CHECK(difference(dv, g.dv) < 1e-5);
    const auto written = [&](const std::vector<float>& numbers) {
      return std::count_if(numbers.begin(), numbers.end(),
                           [](float x) { return x != float(test::untouched); });
    };
    CHECK(written(memory[0]) == 80 * 12);
    CHECK(written(memory[1]) == 80 * 12);
    CHECK(written(memory[2]) == 80 * 20);
  }
}

TEST_CASE("16-bit types: within their rounding") {
  const auto check = [](auto scalar) {
    using S = decltype(scalar);
    const Problem<RowMajor<double>> exact({300, 280, 24, 16}, 6);
    Problem<RowMajor<S>> p({300, 280, 24, 16}, 6);
    const auto g = differentiated(p, tartan_mask);
    const auto reference = reference::attention_backward(
        p.q.template cast<double>(), p.k.template cast<double>(), p.v.template cast<double>(),
        g.dout.template cast<double>(), tartan_mask);
    // The output, which delta is made of, is rounded; so are the gradients. The rounding of each of
    // up to 300 rows adds up in a key's.
    const double rounding = std::is_same_v<S, Eigen::half> ? 0x1p-11 : 0x1p-8;
    CHECK(difference(g.dq.template cast<double>(), reference.dq) < 8 * rounding);
    CHECK(difference(g.dk.template cast<double>(), reference.dk) < 16 * rounding);
    CHECK(difference(g.dv.template cast<double>(), reference.dv) < 16 * rounding);
  };
  check(Eigen::half{});
  check(Eigen::bfloat16{});
}

TEST_CASE("accumulation adds to what is there") {
  const auto check = [](auto matrix, const auto& pattern) {
    using M = decltype(matrix);
    Problem<M> p({400, 400, 16, 16}, 7);
    p.options.sinks = {0.5};
    p.options.score = Alibi{0.01};
    const auto g = differentiated(p, pattern);
    M dq = M::Constant(400, 16, 1), dk = M::Constant(400, 16, 2), dv = M::Constant(400, 16, 3);
    std::vector<double> dsinks;
    ScoreGradients dscore;
    GradientOptions into{.dsinks = &dsinks, .dscore = &dscore};
    M scratch_q = dq, scratch_k = dk, scratch_v = dv;
    attention_backward_into(scratch_q, scratch_k, scratch_v, p.q, p.k, p.v, g.out, g.lse, g.dout,
                            pattern, p.options, into);
    const double dsink = dsinks[0], dslope = dscore[0](0, 0);
    CHECK(dsink != 0);
    CHECK(dslope != 0);
    into.accumulate = true;
    attention_backward_into(dq, dk, dv, p.q, p.k, p.v, g.out, g.lse, g.dout, pattern, p.options,
                            into);
    CHECK(difference(dq, (g.dq.array() + 1).matrix()) < 1e-4);
    CHECK(difference(dk, (g.dk.array() + 2).matrix()) < 1e-4);
    CHECK(difference(dv, (g.dv.array() + 3).matrix()) < 1e-4);
    CHECK(dsinks[0] == 2 * dsink);
    CHECK(dscore[0](0, 0) == 2 * dslope);
  };
  check(RowMajor<float>(), tartan_mask);
  check(RowMajor<float>(), Strided{5});
  check(ColMajor<float>(), tartan_mask);
  check(ColMajor<double>(), Local{33});
}

TEST_CASE("what is refused, before anything is written") {
  using M = RowMajor<float>;
  const M q = M::Zero(6, 8), k = M::Zero(7, 8), v = M::Zero(7, 4), out = M::Zero(6, 4);
  const Eigen::VectorXf lse = Eigen::VectorXf::Zero(6);
  M dq = M::Constant(6, 8, 3.0f), dk = M::Constant(7, 8, 3.0f), dv = M::Constant(7, 4, 3.0f);
  const auto refused = [&](const auto& call) {
    const std::string message = message_of<std::invalid_argument>(call);
    CHECK(dq == M::Constant(6, 8, 3.0f));
    CHECK(dk == M::Constant(7, 8, 3.0f));
    CHECK(dv == M::Constant(7, 4, 3.0f));
    return message;
  };
  const auto into = [&](const M& o, const Eigen::VectorXf& l, const M& dout,
                        const Options& options = {}, const GradientOptions& g = {}) {
    return refused(
        [&] { attention_backward_into(dq, dk, dv, q, k, v, o, l, dout, Dense{}, options, g); });
  };
  CHECK(into(v, lse, out) ==
        "tartan: attention: out is 7x4 but must be 6x4 (rows of q, query "
        "heads times columns of v)");
  CHECK(into(out, lse, v) == "tartan: attention: dout is 7x4 but must be 6x4 (as out)");
  CHECK(into(out, Eigen::VectorXf::Zero(5), out) ==
        "tartan: attention: lse is 5x1 but must be 6x1 (rows of q, query heads)");
  CHECK(into(out, lse, out, {.dropout = {1.0, 0}}) ==
        "tartan: attention: the probability of dropout must be >= 0 and < 1, got 1.000000");
  std::vector<double> two(2);
  CHECK(into(out, lse, out, {.sinks = {1}}, {.accumulate = true, .dsinks = &two}) ==
        "tartan: attention: dsinks has 2 numbers for 1 sinks (it is added to)");
  ScoreGradients none;
  CHECK(into(out, lse, out, {.score = Alibi{1}}, {.accumulate = true, .dscore = &none}) ==
        "tartan: attention: dscore is not shaped as score.no_gradients() (it is added to)");
  CHECK(refused([&] {
          M small = M::Zero(6, 4);
          attention_backward_into(small, dk, dv, q, k, v, out, lse, out, Dense{});
        }) == "tartan: attention: dq is 6x4 but must be 6x8 (as q); it is never resized");
  CHECK(refused([&] {
          M square = M::Zero(7, 8);
          attention_backward_into(square.topRows(6), square, dv, q, k, v, out, lse, out, Dense{});
        }) == "tartan: attention: dq, dk and dv share memory with each other");
  M own = q;
  CHECK(refused([&] { attention_backward_into(own, dk, dv, own, k, v, out, lse, out, Dense{}); }) ==
        "tartan: attention: a gradient shares memory with an input (they are read while it is "
        "written)");
}

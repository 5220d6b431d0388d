// attention() against the reference in double: every pattern, shapes at the edges, both scalars.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

template <class M>
void check_exact(const Sizes& sizes, Index w, Index s, unsigned seed) {
  const Problem<M> p(sizes, seed);
  for_each_test_pattern(w, s, [&](const char* name, const auto& pattern) {
    CAPTURE(name, w, s, sizes.n, sizes.m, sizes.d, sizes.dv, sizes.query_offset);
    const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    const auto fast = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    CHECK(difference(fast.out, exact.out) <=
          allowed_error(p.q, p.k, p.v, pattern, p.options, exact.out));
    const double epsilon = static_cast<double>(std::numeric_limits<typename M::Scalar>::epsilon());
    CHECK(difference(fast.lse, exact.lse) <= 64 * epsilon);
    CHECK(difference(attention(p.q, p.k, p.v, pattern, p.options), fast.out) == 0);
  });
}

}  // namespace

TEST_CASE("float, row-major: exact for every pattern and shape") {
  unsigned seed = 1;
  for (const Sizes& sizes : edge_shapes) {
    check_exact<RowMajor<float>>(sizes, 9, 4, seed);
    check_exact<RowMajor<float>>(sizes, 64, 16, seed + 10);
    seed += 100;
  }
}

TEST_CASE("float, column-major: exact for every pattern and shape") {
  unsigned seed = 2;
  for (const Sizes& sizes : edge_shapes) check_exact<ColMajor<float>>(sizes, 40, 7, seed += 100);
}

TEST_CASE("double: exact for every pattern and shape") {
  unsigned seed = 3;
  for (const Sizes& sizes : edge_shapes) check_exact<RowMajor<double>>(sizes, 33, 8, seed += 100);
}

TEST_CASE("random shapes and parameters") {
  std::mt19937 generator(4);
  const auto upto = [&](Index most) {
    return std::uniform_int_distribution<Index>(0, most)(generator);
  };
  for (unsigned trial = 0; trial < 40; ++trial) {
    const Sizes sizes{upto(260), upto(260), upto(70), upto(70), upto(300) - 150};
    check_exact<RowMajor<float>>(sizes, upto(200), 1 + upto(60), 1000 + trial);
  }
}

TEST_CASE("windows longer than the sequence are dense") {
  const Problem<RowMajor<float>> p({70, 70, 16, 16}, 5);
  const auto dense = attention(p.q, p.k, p.v, Dense{});
  CHECK(difference(attention(p.q, p.k, p.v, Local{1000}), dense) < 1e-6);
  CHECK(difference(attention(p.q, p.k, p.v, Strided<1>{}), dense) < 1e-6);
  CHECK(difference(attention<Columns<1>>(p.q, p.k, p.v), dense) < 1e-6);
}

TEST_CASE("a row that sees one key returns its value, exactly") {
#ifdef __FAST_MATH__
  const double allowed = 1e-6;  // a division may be an approximate reciprocal
#else
  const double allowed = 0;
#endif
  const Problem<RowMajor<float>> p({100, 100, 64, 64}, 6, 3.0);
  CHECK(difference(attention(p.q, p.k, p.v, Window<0, 0>{}), p.v) <= allowed);
}

TEST_CASE("static and dynamic patterns give the same bits") {
  const Problem<RowMajor<float>> p({300, 300, 64, 64}, 7);
  CHECK(difference(attention<Local<64>>(p.q, p.k, p.v), attention(p.q, p.k, p.v, Local{64})) == 0);
  CHECK(difference(attention(p.q, p.k, p.v, Causal{} & (Local<32>{} | Strided<16>{})),
                   attention(p.q, p.k, p.v, Causal{} & (Local{32} | Strided{16}))) == 0);
}

/// The rows `sample` of the result against the reference.
template <class M, class P>
void check_rows(const Problem<M>& p, const P& pattern, std::initializer_list<Index> sample) {
  const M fast = attention(p.q, p.k, p.v, pattern);
  for (const Index row : sample) {
    const Options at{.scale = {}, .query_offset = row};
    const M q = p.q.row(row);
    const auto exact = reference::attention(q, p.k, p.v, pattern, at);
    CHECK(difference(fast.row(row), exact) <= allowed_error(q, p.k, p.v, pattern, at, exact));
  }
}

TEST_CASE("long sequences, row by row against the reference on a sample") {
  const Problem<RowMajor<float>> p({5000, 5000, 32, 32}, 8);
  for_each_test_pattern(70, 71, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    check_rows(p, pattern, {0, 1, 70, 2499, 4095, 4999});
  });
}

TEST_CASE("huge and tiny scores") {
  for (const double size : {1e-20, 1e-3, 30.0, 1e4}) {
    const Problem<RowMajor<float>> p({90, 90, 16, 16}, 9, size);
    const auto pattern = Causal{} & (Local{20} | Strided{8});
    CAPTURE(size);
    const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern);
    const auto fast = attention_with_lse(p.q, p.k, p.v, pattern);
    CHECK(fast.out.allFinite());
    CHECK(difference(fast.out, exact.out) <=
          allowed_error(p.q, p.k, p.v, pattern, Options{}, exact.out));
    // The log-sum-exp is as exact as the scores that it sums.
    const double largest = exact.lse.cwiseAbs().maxCoeff();
    CHECK(difference(fast.lse, exact.lse) <= 1e-5 * std::max(1.0, largest));
  }
}

TEST_CASE("scores so low that only the bounds of float hold them") {
  // q·k is about -3e30 for all keys: attended all the same, and equal.
  const RowMajor<float> q = RowMajor<float>::Constant(40, 1, -1e15f);
  const RowMajor<float> k = RowMajor<float>::Constant(40, 1, 3e15f);
  const RowMajor<float> v = random_matrix<RowMajor<float>>(40, 8, 10);
  const auto exact = reference::attention(q, k, v, Causal{});
  CHECK(difference(attention(q, k, v, Causal{}), exact) < 1e-5);
}

TEST_CASE("scale") {
  const Problem<RowMajor<float>> p({50, 60, 16, 8}, 11);
  for (const double scale : {0.0, -0.5, 0.125, 2.0}) {
    const Options options{.scale = scale};
    const auto exact = reference::attention(p.q, p.k, p.v, Local{9}, options);
    CHECK(difference(attention(p.q, p.k, p.v, Local{9}, options), exact) <=
          allowed_error(p.q, p.k, p.v, Local{9}, options, exact));
  }
}

TEST_CASE("chunks of the queries give the rows of the whole") {
  const Problem<RowMajor<float>> p({220, 220, 24, 24}, 12);
  for_each_test_pattern(30, 12, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    const auto whole = attention(p.q, p.k, p.v, pattern);
    for (Index begin = 0; begin < 220; begin += 50) {
      const Index rows = std::min<Index>(50, 220 - begin);
      const auto chunk = attention(p.q.middleRows(begin, rows), p.k, p.v, pattern,
                                   Options{.scale = {}, .query_offset = begin});
      CHECK(difference(chunk, whole.middleRows(begin, rows)) < 2e-6);
    }
  });
}

TEST_CASE("inputs beyond the cache, where the kernel looks ahead") {
  const Problem<RowMajor<float>> p({5000, 5000, 128, 128}, 9);
  check_rows(p, Local{70}, {0, 127, 128, 2500, 4999});
  check_rows(p, Causal{} & (Local{70} | Strided{71}), {0, 127, 128, 2500, 4999});
  check_rows(p, Local{70} | Columns{71}, {0, 127, 128, 2500, 4999});
  const Problem<Eigen::MatrixXf> by_column({5000, 5000, 128, 128}, 10);
  check_rows(by_column, Local{70} | Strided{71}, {0, 127, 128, 2500, 4999});
  const Problem<RowMajor<float>> wide({200, 20000, 64, 64}, 11);
  check_rows(wide, Dense{}, {0, 127, 128, 199});
}

// NaN and infinity reach the gradients of rows and keys that attend each other, and no others; what
// attends nothing has gradients of 0.
#include "support/catch.hpp"
#include "support/gradients.hpp"
#include "support/patterns.hpp"

using namespace tartan;

namespace {

template <class M>
struct Gradients {
  M dq, dk, dv;
};

/// Forward and backward, of these matrices.
template <class M, class P>
Gradients<M> gradients(const Problem<M>& p, const M& dout, const P& pattern) {
  const auto f = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
  const auto g = attention_backward(p.q, p.k, p.v, f.out, f.lse, dout, pattern, p.options);
  return {g.dq, g.dk, g.dv};
}

/// Where a poisoned row or key must not be seen: rows that do not attend the key, or are not the
/// row; keys that no such row attends.
template <class M, class P>
bool isolated(const Gradients<M>& got, const Gradients<M>& clean, const Sizes& s, const P& pattern,
              const std::vector<bool>& tainted_rows) {
  bool leaked = false;
  for (Index r = 0; r < s.n; ++r) {
    if (tainted_rows[static_cast<std::size_t>(r)]) continue;
    leaked |= !(difference(got.dq.row(r), clean.dq.row(r)) < 1e-5);
  }
  for (Index j = 0; j < s.m; ++j) {
    bool tainted = false;
    for (Index r = 0; r < s.n; ++r) {
      tainted |=
          tainted_rows[static_cast<std::size_t>(r)] && pattern.contains(s.query_offset + r, j);
    }
    if (tainted) continue;
    leaked |= !(difference(got.dk.row(j), clean.dk.row(j)) < 1e-5);
    leaked |= !(difference(got.dv.row(j), clean.dv.row(j)) < 1e-5);
  }
  return !leaked;
}

template <class M>
void check_isolated(const Sizes& s, Index w, Index stride, float poison) {
  const auto x = static_cast<typename M::Scalar>(poison);
  const Problem<M> clean(s, 40);
  const M dout = random_matrix<M>(s.n, s.dv, 44);
  for_each_test_pattern(w, stride, [&](const char* name, const auto& pattern) {
    const Gradients<M> expected = gradients(clean, dout, pattern);
    for (const Index j : {Index{0}, s.m / 2, s.m - 1}) {
      std::vector<bool> tainted(static_cast<std::size_t>(s.n));
      for (Index r = 0; r < s.n; ++r) {
        tainted[static_cast<std::size_t>(r)] = pattern.contains(s.query_offset + r, j);
      }
      for (const bool in_values : {false, true}) {
        CAPTURE(name, j, in_values, poison, w, stride);
        Problem<M> p = clean;
        (in_values ? p.v : p.k).row(j).setConstant(x);
        CHECK(isolated(gradients(p, dout, pattern), expected, s, pattern, tainted));
      }
    }
    for (const Index r : {Index{0}, s.n / 3, s.n - 1}) {
      std::vector<bool> tainted(static_cast<std::size_t>(s.n));
      tainted[static_cast<std::size_t>(r)] = true;
      CAPTURE(name, r, poison, w, stride);
      Problem<M> p = clean;
      p.q.row(r).setConstant(x);
      CHECK(isolated(gradients(p, dout, pattern), expected, s, pattern, tainted));
      M poisoned = dout;
      poisoned.row(r).setConstant(x);
      CHECK(isolated(gradients(clean, poisoned, pattern), expected, s, pattern, tainted));
    }
  });
}

}  // namespace

TEST_CASE("NaN and infinity do not reach the gradients of what does not attend them") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float poison : {nan, infinity}) {
    check_isolated<RowMajor<float>>({150, 150, 16, 16}, 9, 4, poison);
    check_isolated<RowMajor<float>>({150, 150, 16, 16}, 64, 32, poison);
    check_isolated<ColMajor<float>>({70, 110, 8, 5, 30}, 12, 5, poison);
    check_isolated<RowMajor<double>>({70, 70, 8, 8}, 20, 6, poison);
  }
}

TEST_CASE("modifiers of the score keep rows and keys apart, too") {
  const Sizes s{100, 100, 8, 8};
  Problem<RowMajor<float>> clean(s, 41);
  clean.options.score = {Softcap{3}, Alibi{0.1}, [](const auto& x, const auto&, const auto&) {
                           return x * 0.5f + 0.1f * x.square();
                         }};
  clean.options.dropout = {0.2, 5};
  const RowMajor<float> dout = random_matrix<RowMajor<float>>(100, 8, 45);
  const auto pattern = Causal{} & (Local{20} | Strided{7});
  const auto expected = gradients(clean, dout, pattern);
  for (const Index x : {0, 50, 99}) {
    for (const float poison :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      std::vector<bool> tainted(100);
      for (Index r = 0; r < 100; ++r) tainted[static_cast<std::size_t>(r)] = pattern.contains(r, x);
      CAPTURE(x, poison);
      Problem<RowMajor<float>> p = clean;
      p.k.row(x).setConstant(poison);
      CHECK(isolated(gradients(p, dout, pattern), expected, s, pattern, tainted));
      tainted.assign(100, false);
      tainted[static_cast<std::size_t>(x)] = true;
      p = clean;
      p.q.row(x).setConstant(poison);
      CHECK(isolated(gradients(p, dout, pattern), expected, s, pattern, tainted));
    }
  }
}

TEST_CASE("rows without a key and keys without a row have gradients of 0") {
  Problem<RowMajor<float>> p({120, 90, 16, 16}, 42);
  const auto check = [&](const auto& pattern) {
    const auto g = differentiated(p, pattern);
    for (Index r = 0; r < 120; ++r) {
      bool empty = true;
      for (Index j = 0; j < 90; ++j) empty = empty && !pattern.contains(r, j);
      CAPTURE(r);
      if (empty) CHECK(g.dq.row(r).isZero(0));
    }
    for (Index j = 0; j < 90; ++j) {
      bool empty = true;
      for (Index r = 0; r < 120; ++r) empty = empty && !pattern.contains(r, j);
      CAPTURE(j);
      if (empty) CHECK((g.dk.row(j).isZero(0) && g.dv.row(j).isZero(0)));
    }
  };
  check(Local{9});
  check(Strided{200});
  check(Columns{16} & Local{5});
  check(Causal{} & SummaryColumns{32, 8});
  check(~Dense{});
  check(Documents({0, 10, 10, 60}, Strided{3}));
}

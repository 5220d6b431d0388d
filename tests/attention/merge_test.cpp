// Parts over disjoint keys, merged, are attention over all of them.
#include <tartan/attention/merge.hpp>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

template <class T>
using Vector = Eigen::Matrix<T, Dynamic, 1>;

template <class M, class L>
struct Part {
  M out;
  L lse;
};

/// Parts with log-sum-exps far apart: mostly of one part's weight, or of both's.
template <class M>
auto random_part(Index n, Index dv, Index heads, unsigned seed) {
  using T = typename M::Scalar;
  using L = Eigen::Matrix<T, Dynamic, Dynamic>;
  return Part<M, L>{random_matrix<M>(n, heads * dv, seed),
                    random_matrix<L>(n, heads, seed + 100, 3.0)};
}

/// The formula, in double, and 0 where neither part has a key.
template <class P>
Part<Eigen::MatrixXd, Eigen::MatrixXd> exact_merge(const P& a, const P& b) {
  const Index n = a.out.rows(), heads = a.lse.cols(), dv = heads > 0 ? a.out.cols() / heads : 0;
  Part<Eigen::MatrixXd, Eigen::MatrixXd> merged{Eigen::MatrixXd::Zero(n, heads * dv),
                                                Eigen::MatrixXd(n, heads)};
  for (Index r = 0; r < n; ++r) {
    for (Index h = 0; h < heads; ++h) {
      const double x = static_cast<double>(a.lse(r, h)), y = static_cast<double>(b.lse(r, h));
      const double most = std::max(x, y), sum = std::exp(x - most) + std::exp(y - most);
      merged.lse(r, h) = most + std::log(sum);
      for (Index c = h * dv; c < (h + 1) * dv; ++c) {
        merged.out(r, c) = (std::exp(x - most) * static_cast<double>(a.out(r, c)) +
                            std::exp(y - most) * static_cast<double>(b.out(r, c))) /
                           sum;
      }
    }
  }
  return merged;
}

template <class T>
constexpr double rounding = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());

template <class A, class B>
bool same(const A& a, const B& b) {
  return difference(a.out, b.out) == 0 && difference(a.lse, b.lse) == 0;
}

template <class A, class B>
double distance(const A& a, const B& b) {
  return std::max(difference(a.out, b.out), difference(a.lse, b.lse));
}

template <class A>
auto merged(const A& a, const A& b) {
  return merge(a.out, a.lse, b.out, b.lse);
}

/// merge() and merge_into() against the formula, for parts of any two storage orders.
template <class M1, class M2>
void check_formula(Index n, Index dv, Index heads) {
  using T = typename M1::Scalar;
  const auto a = random_part<M1>(n, dv, heads, 1);
  const auto b = random_part<M2>(n, dv, heads, 2);
  const Part<Eigen::MatrixXd, Eigen::MatrixXd> a64{a.out.template cast<double>(),
                                                   a.lse.template cast<double>()};
  const Part<Eigen::MatrixXd, Eigen::MatrixXd> b64{b.out.template cast<double>(),
                                                   b.lse.template cast<double>()};
  const auto exact = exact_merge(a64, b64);
  const auto ab = merge(a.out, a.lse, b.out, b.lse);
  const auto ba = merge(b.out, b.lse, a.out, a.lse);
  CAPTURE(n, dv, heads);
  CHECK(distance(ab, exact) < 4 * rounding<T>);
  CHECK(same(ab, ba));
  auto accumulated = a;
  merge_into(accumulated.out, accumulated.lse, b.out, b.lse);
  CHECK(same(accumulated, ab));
}

/// Attention over keys [0, cut) and [cut, m), by rows of k.
template <class M>
void check_rows_of_k(Index cut) {
  const auto window = Window{30, 5};
  const Problem<M> p({80, 90, 16, 20}, 7);
  const auto whole = attention_with_lse(p.q, p.k, p.v, window);
  const auto left = attention_with_lse(p.q, p.k.topRows(cut), p.v.topRows(cut), window);
  const auto right = attention_with_lse(p.q, p.k.bottomRows(90 - cut), p.v.bottomRows(90 - cut),
                                        window, {.query_offset = -cut});
  CAPTURE(cut);
  CHECK(distance(merged(left, right), whole) < rounding<typename M::Scalar>);
}

}  // namespace

TEMPLATE_TEST_CASE("merge: the formula, for any sizes and storage orders", "", float, double) {
  for (const Index n : {0, 1, 2, 63, 64, 65, 200}) {
    for (const Index dv : {0, 1, 3, 16, 37}) {
      for (const Index heads : {1, 3}) {
        check_formula<RowMajor<TestType>, RowMajor<TestType>>(n, dv, heads);
        check_formula<ColMajor<TestType>, ColMajor<TestType>>(n, dv, heads);
        check_formula<RowMajor<TestType>, ColMajor<TestType>>(n, dv, heads);
      }
    }
  }
}

TEMPLATE_TEST_CASE("merge: a window in two halves is the window", "", RowMajor<float>,
                   ColMajor<double>) {
  const auto window = Window{20, 11};
  const auto half = Window{6, 0};
  const Problem<TestType> p({90, 77, 12, 19, 3}, 5);
  const auto run = [&](const auto& pattern) {
    return attention_with_lse(p.q, p.k, p.v, pattern, p.options);
  };
  const auto whole = run(window);
  const auto near = run(half), far = run(window - half);
  const auto both = merged(near, far);
  static_assert(std::is_same_v<decltype(both), decltype(whole)>);
  CHECK(distance(both, whole) < rounding<typename TestType::Scalar>);
}

TEST_CASE("merge: keys split by rows, with rows that see none of one part, or of both") {
  for (const Index cut : {0, 1, 20, 45, 89, 90}) {
    check_rows_of_k<RowMajor<float>>(cut);
    check_rows_of_k<ColMajor<double>>(cut);
  }
}

TEST_CASE("merge: of many heads at once") {
  const auto window = Window{20, 11}, half = Window{6, 0};
  const Problem<RowMajor<float>> p({90, 77, 3 * 12, 3 * 19, 3}, 5);
  const auto run = [&](const auto& pattern) {
    return multi_head_attention_with_lse(p.q, p.k, p.v, Heads{3}, pattern, p.options);
  };
  const auto whole = run(window);
  const auto both = merged(run(half), run(window - half));
  static_assert(std::is_same_v<decltype(both), decltype(whole)>);
  CHECK(distance(both, whole) < rounding<float>);
}

TEMPLATE_TEST_CASE("merge: a part without keys changes nothing, whatever it holds", "",
                   RowMajor<float>, ColMajor<float>, RowMajor<double>, ColMajor<double>) {
  using T = typename TestType::Scalar;
  const auto a = random_part<TestType>(70, 21, 2, 1);
  auto none = a;
  none.lse.setConstant(-infinity<T>);
  for (const T held : {T(0), T(7), infinity<T>, std::numeric_limits<T>::quiet_NaN()}) {
    none.out.setConstant(held);
    CHECK(same(merged(a, none), a));
    CHECK(same(merged(none, a), a));
    const auto nothing = merged(none, none);
    CHECK(difference(nothing.out, TestType::Zero(70, 42)) == 0);
    bool all_none = true;
    for (Index r = 0; r < 70; ++r) all_none = all_none && detail::of_no_key(nothing.lse(r, 1));
    CHECK(all_none);
  }
  // Some rows of a block without keys, in one head.
  auto some = random_part<TestType>(70, 21, 2, 5);
  some.out(3, 30) = infinity<T>;
  some.lse(3, 1) = -infinity<T>;
  const auto both = merged(a, some);
  CHECK(difference(both.out.row(3).tail(21), a.out.row(3).tail(21)) == 0);
  CHECK(both.out(3, 0) != a.out(3, 0));
  CHECK(both.out(2, 30) != a.out(2, 30));
}

TEMPLATE_TEST_CASE("merge: log-sum-exps of any size", "", float, double) {
  using T = TestType;
  const T most = std::numeric_limits<T>::max();
  const RowMajor<T> one = RowMajor<T>::Constant(1, 5, T(1)), three = 3 * one;
  const auto at = [&](T lse1, T lse2) {
    return merge(one, Vector<T>{{lse1}}, three, Vector<T>{{lse2}});
  };
  for (const T size : {T(0), T(1e4), T(-1e4), T(1e30), -most / 2, most / 2}) {
    const auto even = at(size, size);
    CHECK(even.out(0, 4) == T(2));
    CHECK(std::abs(even.lse(0) - size) <= T(0.7));
  }
  CHECK(at(1e30f, -1e30f).out(0, 0) == T(1));
  CHECK(at(-1e30f, 1e30f).out(0, 0) == T(3));
  CHECK(at(-most, T(0)).lse(0) == T(0));
  CHECK(std::abs(at(std::log(T(3)), T(0)).out(0, 0) - T(1.5)) < rounding<T>);
  CHECK(std::abs(at(std::log(T(3)), T(0)).lse(0) - std::log(T(4))) < rounding<T>);
  // Values of any size: shares do not sum to more than 1.
  const RowMajor<T> large = RowMajor<T>::Constant(1, 5, most / 2);
  const auto both = merge(large, Vector<T>{{T(0)}}, large, Vector<T>{{T(1)}});
  CHECK((both.out - large).cwiseAbs().maxCoeff() <= static_cast<T>(rounding<T>) * most);
}

TEMPLATE_TEST_CASE("merge: in any order", "", RowMajor<float>, ColMajor<double>) {
  const auto a = random_part<TestType>(100, 24, 2, 1), b = random_part<TestType>(100, 24, 2, 2),
             c = random_part<TestType>(100, 24, 2, 3);
  const auto left = merge(merged(a, b).out, merged(a, b).lse, c.out, c.lse);
  const auto right = merge(a.out, a.lse, merged(b, c).out, merged(b, c).lse);
  CHECK(distance(left, right) < 2 * rounding<typename TestType::Scalar>);
}

TEST_CASE("merge: the two parts swapped give the same bits, where numbers are smallest too") {
  RowMajor<float> tiny1(1, 40), tiny2(1, 40);
  for (Index c = 0; c < 40; ++c) {
    tiny1(c) = static_cast<float>(c) * std::numeric_limits<float>::denorm_min();
    tiny2(c) = static_cast<float>(c % 7) * std::numeric_limits<float>::denorm_min();
  }
  for (const float lse : {0.0f, 0.3f}) {
    const Eigen::VectorXf lse1 = Eigen::VectorXf::Constant(1, lse), lse2 = Eigen::VectorXf::Zero(1);
    CHECK(same(merge(tiny1, lse1, tiny2, lse2), merge(tiny2, lse2, tiny1, lse1)));
  }
}

#ifndef __FAST_MATH__
TEMPLATE_TEST_CASE("merge: NaN stays in its row", "", RowMajor<float>, ColMajor<float>) {
  const auto a = random_part<TestType>(70, 21, 2, 1);
  auto b = random_part<TestType>(70, 21, 2, 2);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  b.out(3, 30) = nan;
  b.lse(3, 1) = -1e30f;  // a share of 0
  b.lse(66, 0) = nan;
  for (const auto& both : {merged(a, b), merged(b, a)}) {
    CHECK(std::isnan(both.out(3, 30)));
    CHECK(both.out.row(66).head(21).array().isNaN().all());
    CHECK(std::isnan(both.lse(66, 0)));
    CHECK(both.out.array().isNaN().count() == 22);
    CHECK(both.lse.array().isNaN().count() == 1);
  }
}
#endif

TEST_CASE("merge: blocks and Maps of any strides, accumulated in place") {
  const auto a = random_part<RowMajor<float>>(90, 20, 2, 1);
  const auto b = random_part<RowMajor<float>>(90, 20, 2, 2);
  const auto expected = merged(a, b);
  RowMajor<float> store = RowMajor<float>::Constant(90, 100, 5.0f);
  using Strides = Eigen::Stride<Dynamic, Dynamic>;
  Eigen::Map<RowMajor<float>, 0, Strides> out(store.data() + 1, 90, 40, Strides(100, 2));
  Eigen::MatrixXf more = Eigen::MatrixXf::Constant(90, 4, 5.0f);
  auto lse = more.middleCols(1, 2);
  out = a.out;
  lse = a.lse;
  merge_into(out, lse, b.out.block(0, 0, 90, 40), b.lse);
  CHECK(same(Part<Eigen::MatrixXf, Eigen::MatrixXf>{out, lse}, expected));
  Index untouched = 0;
  for (Index c = 0; c < 100; ++c) untouched += (store.col(c).array() == 5.0f).all();
  CHECK(untouched == 60);
  CHECK((more.col(0).array() == 5.0f).all());
  CHECK((more.col(3).array() == 5.0f).all());
  // Temporaries, by value.
  RowMajor<float> halves(90, 40);
  halves = a.out;
  Eigen::MatrixXf lse_of_both = a.lse;
  merge_into(halves.leftCols(20), lse_of_both.col(0), b.out.leftCols(20), b.lse.col(0));
  CHECK(difference(halves.leftCols(20), expected.out.leftCols(20)) == 0);
  CHECK(difference(halves.rightCols(20), a.out.rightCols(20)) == 0);
}

TEST_CASE("merge: the same bits for every executor") {
  const auto a = random_part<RowMajor<float>>(1000, 20, 2, 1);
  const auto b = random_part<RowMajor<float>>(1000, 20, 2, 2);
  const auto serial = merge(a.out, a.lse, b.out, b.lse, Serial{});
  CHECK(same(merge(a.out, a.lse, b.out, b.lse, OpenMP{3}), serial));
  const auto reversed = [](Index count, auto task) {
    while (count-- > 0) task(count);
  };
  CHECK(same(merge(a.out, a.lse, b.out, b.lse, reversed), serial));
}

TEST_CASE("merge refuses what does not belong together") {
  const auto message = [](Index rows1, Index cols1, Index n1, Index h1, Index rows2, Index cols2,
                          Index n2, Index h2) {
    return message_of<std::invalid_argument>([&] {
      merge(Eigen::MatrixXf::Zero(rows1, cols1).eval(), Eigen::MatrixXf::Zero(n1, h1).eval(),
            Eigen::MatrixXf::Zero(rows2, cols2).eval(), Eigen::MatrixXf::Zero(n2, h2).eval());
    });
  };
  CHECK(message(4, 8, 4, 1, 5, 8, 4, 1) ==
        "tartan: merge: out1 is 4x8 but out2 is 5x8 (both are results for the same queries)");
  CHECK(message(4, 8, 4, 1, 4, 8, 4, 2) ==
        "tartan: merge: lse1 is 4x1 but lse2 is 4x2 (both are results for the same queries)");
  CHECK(message(4, 8, 1, 4, 4, 8, 1, 4) ==
        "tartan: merge: out1 is 4x8 but lse1 is 1x4 (both have seqlen_q rows)");
  CHECK(message(4, 8, 4, 3, 4, 8, 4, 3) ==
        "tartan: merge: out1 is 4x8 but lse1 is 4x3 (lse has a column for each head, out as many "
        "columns for each)");
  CHECK(message(4, 8, 4, 0, 4, 8, 4, 0) ==
        "tartan: merge: out1 is 4x8 but lse1 is 4x0 (lse has a column for each head, out as many "
        "columns for each)");
  CHECK(message(4, 0, 4, 0, 4, 0, 4, 0) == "nothing was thrown");
}

TEST_CASE("merge_into refuses shared memory, and writes nothing") {
  RowMajor<float> store = RowMajor<float>::Ones(6, 12);
  Eigen::VectorXf lse1 = Eigen::VectorXf::Zero(6), lse2 = Eigen::VectorXf::Zero(6);
  const std::string shares =
      "tartan: merge: out1 or lse1 shares memory with another argument (they are written)";
  const auto message = [](auto&& out1, auto&& l1, const auto& out2, const auto& l2) {
    return message_of<std::invalid_argument>([&] { merge_into(out1, l1, out2, l2); });
  };
  CHECK(message(store.leftCols(6), lse1, store.middleCols(5, 6), lse2) == shares);
  CHECK(message(store.leftCols(6), lse1, store.rightCols(6), lse1) == shares);
  CHECK(message(store.leftCols(6), store.col(3), store.rightCols(6), lse2) == shares);
  CHECK(message(store.leftCols(6), lse1, store.rightCols(6), store.col(2)) == shares);
  CHECK(message(store.leftCols(6), store.col(7), store.rightCols(6), lse2) == shares);
  using Strides = Eigen::Stride<Dynamic, Dynamic>;
  Eigen::Map<RowMajor<float>, 0, Strides> one_row(store.data(), 6, 6, Strides(0, 1));
  CHECK(message(one_row, lse1, store.rightCols(6), lse2) ==
        "tartan: merge: out1 or lse1 has a stride of 0 (its elements must be apart)");
  CHECK(store == RowMajor<float>::Ones(6, 12));
  CHECK(lse1 == Eigen::VectorXf::Zero(6));
  CHECK(message(store.leftCols(6), lse1, store.rightCols(6), lse2) == "nothing was thrown");
}

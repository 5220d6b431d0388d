// The public calls: what they accept, what they return, and that all forms of one call agree.
#include <Eigen/Dense>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"

namespace {

using namespace tartan;
using Row = RowMajor<float>;

const auto past = Causal{} & (Local<9>{} | Strided<8>{});
using Past = std::remove_const_t<decltype(past)>;

struct NotAPattern {
  int contains;
};

template <class P, class... Rest>
concept Attends = requires(const Row& m, const P& p, const Rest&... rest) {
  attention(m, m, m, p, rest...);
  attention_with_lse(m, m, m, p, rest...);
};
template <class P, class... Rest>
concept AttendsByType = requires(const Row& m, const Rest&... rest) {
  attention<P>(m, m, m, rest...);
  attention_with_lse<P>(m, m, m, rest...);
};
static_assert(Attends<Past> && Attends<Past, Options> && Attends<Past, Options, Serial>);
static_assert(Attends<Local<>>);
static_assert(AttendsByType<Past> && AttendsByType<Past, Options, Serial>);
static_assert(!AttendsByType<Local<>>);  // has no default value
static_assert(!Attends<NotAPattern> && !Attends<int>);
static_assert(!Attends<Past, Options, int>);

template <class Out>
concept IsOutput = requires(Out&& out, const Row& m) {
  attention_into(std::forward<Out>(out), m, m, m, past);
};
static_assert(IsOutput<Row&> && IsOutput<Eigen::Block<Row>>);
static_assert(!IsOutput<float*> && !IsOutput<int>);

static_assert(std::is_same_v<decltype(attention(Row(), Row(), Row(), past)), Row>);
static_assert(std::is_same_v<decltype(attention(ColMajor<double>(), ColMajor<double>(),
                                                RowMajor<double>(), past)),
                             ColMajor<double>>);
static_assert(std::is_same_v<decltype(attention_with_lse(Row(), Row(), Row(), past)),
                             Attention<float, Eigen::RowMajor>>);
static_assert(std::is_same_v<decltype(Attention<double>::lse), Eigen::VectorXd>);

/// Serial, but it counts the calls: whether it was asked at all.
struct Counting {
  Index* tasks;
  void operator()(Index count, Task task) const {
    *tasks += count;
    Serial{}(count, task);
  }
};

}  // namespace

TEST_CASE("all forms of one call give the same bits") {
  const Problem<Row> p({100, 90, 12, 20, 7}, 70);
  const Row expected = attention(p.q, p.k, p.v, past, p.options);
  CHECK(difference(attention<Past>(p.q, p.k, p.v, p.options), expected) == 0);
  CHECK(difference(attention_with_lse(p.q, p.k, p.v, past, p.options).out, expected) == 0);
  const auto [out, lse] = attention_with_lse<Past>(p.q, p.k, p.v, p.options);
  CHECK(difference(out, expected) == 0);
  CHECK(lse.size() == 100);
  Row into = Row::Constant(100, 20, 9.0f);
  attention_into(into, p.q, p.k, p.v, past, p.options);
  CHECK(difference(into, expected) == 0);
  into.setConstant(9.0f);
  attention_into<Past>(into, p.q, p.k, p.v, p.options);
  CHECK(difference(into, expected) == 0);
  const auto exact = reference::attention_with_lse(p.q, p.k, p.v, past, p.options);
  CHECK(difference(expected, exact.out) < 1e-5);
  CHECK(difference(lse, exact.lse) < 1e-5);
}

TEST_CASE("options left out are those of Options{}") {
  const Problem<Row> p({40, 40, 16, 8}, 71);
  const Row expected = attention(p.q, p.k, p.v, past, Options{.scale = 0.25, .query_offset = 0});
  CHECK(difference(attention(p.q, p.k, p.v, past), expected) == 0);
  CHECK(difference(attention<Past>(p.q, p.k, p.v), expected) == 0);
  CHECK(difference(attention(p.q, p.k, p.v, past, {}), expected) == 0);
}

TEST_CASE("every form hands its work to the executor that is given") {
  const Problem<Row> p({700, 700, 4, 4}, 72);
  const Row expected = attention(p.q, p.k, p.v, past);
  Row out = Row::Zero(700, 4);
  const auto check = [&](auto&& call) {
    Index tasks = 0;
    out.setZero();
    call(Counting{&tasks});
    CHECK(tasks > 1);
    CHECK(difference(out, expected) == 0);
  };
  const Options none;
  check([&](auto e) { out = attention(p.q, p.k, p.v, past, none, e); });
  check([&](auto e) { out = attention<Past>(p.q, p.k, p.v, none, e); });
  check([&](auto e) { out = attention_with_lse(p.q, p.k, p.v, past, none, e).out; });
  check([&](auto e) { out = attention_with_lse<Past>(p.q, p.k, p.v, none, e).out; });
  check([&](auto e) { attention_into(out, p.q, p.k, p.v, past, none, e); });
  check([&](auto e) { attention_into<Past>(out, p.q, p.k, p.v, none, e); });
}

TEST_CASE("a call inside a task of a parallel call") {
  const Problem<Row> p({200, 200, 8, 8}, 73);
  const Row expected = attention(p.q, p.k, p.v, past);
  std::vector<double> off(6, -1);
  const auto heads = [&](Index head) {
    off[static_cast<std::size_t>(head)] = difference(attention(p.q, p.k, p.v, past), expected);
  };
  DefaultExecutor{}(6, Task(heads));
  CHECK((off == std::vector<double>(6, 0.0)));
}

TEST_CASE("using both namespaces") {
  using namespace Eigen;
  const Index n = 20;
  const MatrixXf q = MatrixXf::Random(n, 8), k = MatrixXf::Random(n, 8);
  const Matrix<float, Dynamic, 5> v = Matrix<float, Dynamic, 5>::Random(n, 5);
  MatrixXf out = attention(q, k, v, Local<5>{} | Strided<4>{}, Options{}, Serial{});
  CHECK(out.cols() == 5);
  attention_into(out, q, k, v, Causal{} & Window<3, 0>{} & Columns<2>{});
  CHECK(count(Causal{}, n) == 210);
}

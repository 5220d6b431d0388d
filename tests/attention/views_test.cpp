// Any matrix in memory: storage orders, blocks, maps with strides, and where the result goes.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {
using Row = RowMajor<float>;
using Col = ColMajor<float>;
const Sizes sizes{90, 110, 12, 20, 15};
}  // namespace

TEST_CASE("every mixture of storage orders gives the same") {
  const Problem<Row> p(sizes, 30);
  const Col qc = p.q, kc = p.k, vc = p.v;
  for_each_test_pattern(21, 8, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    const Row expected = attention(p.q, p.k, p.v, pattern, p.options);
    CHECK(difference(attention(qc, kc, vc, pattern, p.options), expected) < 1e-6);
    CHECK(difference(attention(qc, p.k, vc, pattern, p.options), expected) < 1e-6);
    Col out(sizes.n, sizes.dv);
    attention_into(out, p.q, kc, p.v, pattern, p.options);
    CHECK(difference(out, expected) < 1e-6);
  });
}

TEST_CASE("the result has the storage order of q") {
  const Problem<Row> p(sizes, 31);
  static_assert(decltype(attention(p.q, p.k, p.v, Dense{}))::IsRowMajor);
  const Col q = p.q;
  static_assert(!decltype(attention(q, p.k, p.v, Dense{}))::IsRowMajor);
  const Eigen::MatrixXf out = attention(q, p.k, p.v, Dense{});
  CHECK(out.rows() == sizes.n);
}

TEST_CASE("blocks of larger matrices, and maps with strides in both directions") {
  const Problem<Row> p(sizes, 32);
  for_each_test_pattern(21, 8, [&](const char* name, const auto& pattern) {
    CAPTURE(name);
    const Row expected = attention(p.q, p.k, p.v, pattern, p.options);

    Row heads = Row::Constant(sizes.n, 100, 7.0f);
    heads.middleCols(33, sizes.d) = p.q;
    Row keys = Row::Constant(sizes.m + 9, 64, 7.0f);
    keys.block(5, 3, sizes.m, sizes.d) = p.k;
    keys.block(5, 33, sizes.m, sizes.dv) = p.v;
    Row out = Row::Constant(sizes.n + 4, 50, 7.0f);
    attention_into(out.block(2, 11, sizes.n, sizes.dv), heads.middleCols(33, sizes.d),
                   keys.block(5, 3, sizes.m, sizes.d), keys.block(5, 33, sizes.m, sizes.dv),
                   pattern, p.options);
    CHECK(difference(out.block(2, 11, sizes.n, sizes.dv), expected) < 1e-6);
    out.block(2, 11, sizes.n, sizes.dv).setConstant(7.0f);
    CHECK((out.array() == 7.0f).all());  // nothing beside the block was written

    using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
    using Map = Eigen::Map<Row, 0, Strides>;
    std::vector<float> q_data(static_cast<std::size_t>(sizes.n * 80), 7.0f);
    std::vector<float> v_data(static_cast<std::size_t>(sizes.m * 90), 7.0f);
    std::vector<float> out_data(static_cast<std::size_t>(sizes.n * 90), 7.0f);
    Map q(q_data.data(), sizes.n, sizes.d, Strides(80, 3));
    Map v(v_data.data(), sizes.m, sizes.dv, Strides(90, 2));
    Map strided_out(out_data.data(), sizes.n, sizes.dv, Strides(90, 4));
    q = p.q;
    v = p.v;
    attention_into(strided_out, q, p.k, v, pattern, p.options);
    CHECK(difference(strided_out, expected) < 1e-6);
    strided_out.setConstant(7.0f);
    CHECK(std::ranges::count(out_data, 7.0f) == std::ssize(out_data));
  });
}

TEST_CASE("fixed-size matrices, and data that is aligned to nothing") {
  const Problem<Row> p({8, 8, 4, 4}, 33);
  const Eigen::Matrix<float, 8, 4> q = p.q, k = p.k, v = p.v;
  CHECK(difference(attention(q, k, v, Local<3>{}), attention(p.q, p.k, p.v, Local<3>{})) < 1e-6);

  const Problem<Row> large({100, 100, 64, 64}, 34);
  std::vector<float> bytes(100 * 64 + 1);
  Eigen::Map<Row> v_off(bytes.data() + 1, 100, 64);
  v_off = large.v;
  CHECK(difference(attention(large.q, large.k, v_off, Local<32>{}),
                   attention(large.q, large.k, large.v, Local<32>{})) == 0);
}

TEST_CASE("one column") {
  const Problem<Row> p({40, 40, 1, 1}, 35);
  const Eigen::VectorXf q = p.q, k = p.k, v = p.v;
  CHECK(difference(attention(q, k, v, Local<5>{}), attention(p.q, p.k, p.v, Local<5>{})) < 1e-6);
}

TEST_CASE("out may lie beside its inputs in one matrix") {
  const Problem<Row> p({60, 60, 16, 16}, 36);
  Row all(60, 64);
  all << p.q, p.k, p.v, Row::Zero(60, 16);
  attention_into(all.rightCols(16), all.leftCols(16), all.middleCols(16, 16),
                 all.middleCols(32, 16), Local<9>{} | Strided<8>{});
  CHECK(difference(all.rightCols(16), attention(p.q, p.k, p.v, Local<9>{} | Strided<8>{})) == 0);
  CHECK(difference(all.leftCols(16), p.q) == 0);
}

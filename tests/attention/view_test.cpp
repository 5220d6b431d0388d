// Views of everything that Eigen keeps in memory: the same elements, at the same addresses.
#include <tartan/attention/view.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

namespace {

using Row = Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>;
using Col = Eigen::MatrixXf;
using Strides = Eigen::Stride<Dynamic, Dynamic>;

static_assert(has_direct_access<Row> && has_direct_access<Col>);
static_assert(has_direct_access<Eigen::Block<Row>>);
static_assert(has_direct_access<Eigen::Map<const Col, 0, Strides>>);
static_assert(has_direct_access<Eigen::Transpose<Row>>);
static_assert(has_direct_access<Eigen::Matrix<double, 3, 5>>);
static_assert(!has_direct_access<decltype(Col() + Col())>);
static_assert(!has_direct_access<decltype(Col() * 2.0f)>);
static_assert(!has_direct_access<decltype(Col().cast<double>())>);

/// The view has each element of the matrix where the matrix has it.
template <class M>
bool same_elements(const M& m) {
  const auto v = view(m);
  bool same = v.rows == m.rows() && v.cols == m.cols() && v.data == m.data();
  for (Index r = 0; r < m.rows(); ++r) {
    for (Index c = 0; c < m.cols(); ++c) same = same && v.at(r, c) == &m.coeffRef(r, c);
  }
  return same;
}

}  // namespace

TEST_CASE("a view has the elements of its matrix") {
  const Row row = Row::Random(7, 9);
  const Col col = Col::Random(7, 9);
  CHECK(same_elements(row));
  CHECK(same_elements(col));
  CHECK(same_elements(row.block(1, 2, 5, 4)));
  CHECK(same_elements(col.block(1, 2, 5, 4)));
  CHECK(same_elements(row.transpose()));
  CHECK(same_elements(col.middleCols(3, 2).transpose()));
  CHECK(same_elements(row.row(3)));
  CHECK(same_elements(row.col(3)));
  CHECK(same_elements(col.row(3)));
  CHECK(same_elements(Eigen::Map<const Row, 0, Strides>(row.data(), 3, 4, Strides(20, 2))));
  CHECK(same_elements(Eigen::Map<const Col, 0, Strides>(col.data(), 3, 4, Strides(15, 3))));
  CHECK(same_elements(
      Eigen::Map<const Row, 0, Eigen::OuterStride<>>(row.data(), 3, 4, Eigen::OuterStride<>(11))));
  const Eigen::Matrix<float, 3, 5> fixed = Eigen::Matrix<float, 3, 5>::Random();
  CHECK(same_elements(fixed));
  const Eigen::VectorXf vector = Eigen::VectorXf::Random(6);
  CHECK(same_elements(vector));
  const Eigen::Ref<const Row> ref = row;
  CHECK(same_elements(ref));
}

TEST_CASE("storage orders are strides") {
  const Row row(7, 9);
  CHECK(view(row).row_stride == 9);
  CHECK(view(row).col_stride == 1);
  const Col col(7, 9);
  CHECK(view(col).row_stride == 1);
  CHECK(view(col).col_stride == 7);
}

TEST_CASE("a matrix without elements: its sizes, and strides that reach nowhere") {
  const auto check = [](Index rows, Index cols) {
    const auto v = view(Col(rows, cols));
    CHECK(v.rows == rows);
    CHECK(v.cols == cols);
    CHECK(v.row_stride == 0);
    CHECK(v.col_stride == 1);
  };
  check(0, 0);
  check(0, 5);
  check(5, 0);
}

TEST_CASE("what is written through a mutable view is in the matrix") {
  Row m = Row::Zero(4, 6);
  auto block = m.block(1, 2, 2, 3);
  const View<float> v = mutable_view(block);
  *v.at(1, 2) = 5;
  CHECK(m(2, 4) == 5);
  CHECK(as_const(v).at(1, 2) == v.at(1, 2));
  static_assert(std::is_same_v<decltype(as_const(v)), View<const float>>);
  CHECK(as_const(v).rows == 2);
  CHECK(as_const(v).cols == 3);
  CHECK(as_const(v).row_stride == 6);
}

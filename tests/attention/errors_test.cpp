// What is refused: with both shapes in the message, and before anything is written.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {
using Row = RowMajor<float>;
template <class F>
std::string refused(F&& call) {
  return message_of<std::invalid_argument>(std::forward<F>(call));
}
}  // namespace

TEST_CASE("shapes that disagree") {
  const Row q = Row::Zero(5, 64), k = Row::Zero(7, 32), v = Row::Zero(7, 8);
  CHECK(refused([&] { attention(q, k, v, Dense{}); }) ==
        "tartan: attention: q is 5x64 but k is 7x32 (both have head_dim columns)");
  CHECK(refused([&] { attention(q, q, v, Dense{}); }) ==
        "tartan: attention: k is 5x64 but v is 7x8 (both have seqlen_k rows)");
  CHECK(refused([&] { attention_with_lse(q, k, v, Local<3>{}); }) ==
        "tartan: attention: q is 5x64 but k is 7x32 (both have head_dim columns)");
}

TEST_CASE("an output of another shape is refused, not resized, and not written") {
  const Row q = Row::Zero(5, 4), k = Row::Zero(7, 4), v = Row::Zero(7, 8);
  Row out = Row::Constant(5, 7, 3.0f);
  CHECK(refused([&] { attention_into(out, q, k, v, Dense{}); }) ==
        "tartan: attention: out is 5x7 but must be 5x8 (rows of q, columns of v); it is never "
        "resized");
  CHECK(out == Row::Constant(5, 7, 3.0f));
}

TEST_CASE("a query_offset beyond what positions can hold") {
  const Row q = Row::Ones(2, 4);
  Row out = Row::Constant(2, 4, 3.0f);
  const Index most = Index{1} << 60;
  for (const Index offset : {most + 1, -most - 1, std::numeric_limits<Index>::max(),
                             std::numeric_limits<Index>::min()}) {
    CHECK(refused([&] { attention_into(out, q, q, q, Dense{}, {.query_offset = offset}); }) ==
          "tartan: attention: query_offset must be within 2^60 of 0, got " +
              std::to_string(offset));
  }
  CHECK(out == Row::Constant(2, 4, 3.0f));
  CHECK(difference(attention(q, q, q, Causal{}, {.query_offset = most}), q) < 1e-6);
  CHECK(attention(q, q, q, Causal{}, {.query_offset = -most}) == Row::Zero(2, 4));
}

TEST_CASE("an output whose elements are not apart") {
  const Row q = Row::Ones(3, 4);
  std::vector<float> memory(16, 7.0f);
  using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  Eigen::Map<Row, 0, Strides> same_row(memory.data(), 3, 4, Strides(0, 1));
  CHECK(refused([&] { attention_into(same_row, q, q, q, Dense{}); }) ==
        "tartan: attention: out has a stride of 0 (its elements must be apart)");
  CHECK(memory == std::vector<float>(16, 7.0f));
}

TEST_CASE("an output that shares memory with an input") {
  Row q = Row::Ones(6, 4), k = Row::Ones(6, 4), v = Row::Ones(6, 4);
  const std::string message =
      "tartan: attention: out shares memory with q, k or v (they are read while out is written)";
  CHECK(refused([&] { attention_into(q, q, k, v, Dense{}); }) == message);
  CHECK(refused([&] { attention_into(k, q, k, v, Dense{}); }) == message);
  CHECK(refused([&] { attention_into(v, q, k, v, Dense{}); }) == message);
  CHECK(q == Row::Ones(6, 4));

  Row all = Row::Ones(12, 8);
  CHECK(refused([&] {
          attention_into(all.block(3, 0, 6, 4), all.block(0, 0, 6, 4), k, v, Dense{});
        }) == message);
  CHECK(refused([&] {
          attention_into(all.block(0, 3, 6, 4), all.block(0, 0, 6, 4), k, v, Dense{});
        }) == message);
  // Beside each other, above each other, and further on in the next row: no shared element.
  CHECK_NOTHROW(attention_into(all.block(0, 4, 6, 4), all.block(0, 0, 6, 4), k, v, Dense{}));
  CHECK_NOTHROW(attention_into(all.block(6, 0, 6, 4), all.block(0, 0, 6, 4), k, v, Dense{}));
  CHECK_NOTHROW(attention_into(all.block(1, 0, 6, 4), all.block(0, 4, 6, 4), k, v, Dense{}));
  Eigen::MatrixXf columns = Eigen::MatrixXf::Ones(12, 8);
  CHECK_NOTHROW(
      attention_into(columns.block(6, 0, 6, 4), columns.block(0, 0, 6, 4), k, v, Dense{}));
  CHECK(refused([&] {
          attention_into(columns.block(5, 0, 6, 4), columns.block(0, 0, 6, 4), k, v, Dense{});
        }) == message);
}

TEST_CASE("overlap of two views, against the elements themselves") {
  std::vector<float> memory(400);
  std::mt19937 generator(40);
  const auto pick = [&](int most) {
    return std::uniform_int_distribution<int>(0, most)(generator);
  };
  int shared = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const Index stride = 5 + pick(6);
    const auto view = [&] {
      const Index cols = pick(static_cast<int>(stride));
      return detail::View<const float>{memory.data() + pick(120), pick(8), cols, stride, 1};
    };
    detail::View<const float> a = view(), b = view();
    if (pick(1)) {
      std::swap(a.row_stride, a.col_stride);
      std::swap(b.row_stride, b.col_stride);
      std::swap(a.rows, a.cols);
      std::swap(b.rows, b.cols);
    }
    std::vector<int> owner(400, 0);
    bool same = false;
    const auto each = [&](const detail::View<const float>& x, auto f) {
      for (Index r = 0; r < x.rows; ++r) {
        for (Index c = 0; c < x.cols; ++c) f(static_cast<std::size_t>(x.at(r, c) - memory.data()));
      }
    };
    each(a, [&](std::size_t at) { owner[at] = 1; });
    each(b, [&](std::size_t at) { same |= owner[at] == 1; });
    shared += same;
    // Never missed; and of one layout, wrongly seen only where rows touch across the ends.
    CHECK(detail::overlap(a, b) >= same);
  }
  CHECK(shared > 300);
}

TEST_CASE("a pattern's parameter out of range is refused where it is made") {
  CHECK(refused([] { Local{-1}; }) == "tartan: Local: window must be >= 0, got -1");
  CHECK(refused([] { Strided{0}; }) == "tartan: Strided: stride must be >= 1, got 0");
}

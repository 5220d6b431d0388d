// Rotary position embedding against each published formula, and its laws.
#include <tartan/rotary/rotary.hpp>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

constexpr double pi = 3.14159265358979323846;

/// transformers, modeling_llama.py and modeling_gpt_neox.py: x * cos + rotate_half(x) * sin, with
/// rotate_half(x) = (-x2, x1) and cos of (angles, angles); columns past rotary_dim pass through.
Eigen::MatrixXd half_split_formula(const Eigen::MatrixXd& x, Index d, Index r, double base,
                                   const std::vector<Index>& positions) {
  Eigen::MatrixXd y = x;
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index c = 0; c < x.cols(); ++c) {
      const Index t = c % d;
      if (t >= r) continue;
      const double inv_freq = 1.0 / std::pow(base, 2.0 * double(t % (r / 2)) / double(r));
      const double angle = double(positions[std::size_t(i)]) * inv_freq;
      const double rotate_half = t < r / 2 ? -x(i, c + r / 2) : x(i, c - r / 2);
      y(i, c) = x(i, c) * std::cos(angle) + rotate_half * std::sin(angle);
    }
  }
  return y;
}

/// RoFormer, equation 15: a block-diagonal matrix of turns by m * theta_t, theta_t = base^(-2t/d),
/// of the pairs (2t, 2t + 1).
Eigen::MatrixXd interleaved_formula(const Eigen::MatrixXd& x, Index d, Index r, double base,
                                    const std::vector<Index>& positions) {
  Eigen::MatrixXd y = x;
  for (Index i = 0; i < x.rows(); ++i) {
    Eigen::MatrixXd turn = Eigen::MatrixXd::Identity(d, d);
    for (Index t = 0; t < r / 2; ++t) {
      const double angle =
          double(positions[std::size_t(i)]) * std::pow(base, -2.0 * double(t) / double(r));
      turn(2 * t, 2 * t) = turn(2 * t + 1, 2 * t + 1) = std::cos(angle);
      turn(2 * t + 1, 2 * t) = std::sin(angle);
      turn(2 * t, 2 * t + 1) = -std::sin(angle);
    }
    for (Index c = 0; c < x.cols(); c += d) {
      y.row(i).segment(c, d) = (turn * x.row(i).segment(c, d).transpose()).transpose();
    }
  }
  return y;
}

std::vector<Index> counting(Index first, Index n) {
  std::vector<Index> positions;
  for (Index r = 0; r < n; ++r) positions.push_back(first + r);
  return positions;
}

template <class T>
double rounding() {
  if constexpr (std::is_same_v<T, Eigen::half>) return 1.0 / 2048;
  if constexpr (std::is_same_v<T, Eigen::bfloat16>) return 1.0 / 256;
  return static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
}

/// The formula that a Rotary asks for, in double.
Eigen::MatrixXd formula(const Eigen::MatrixXd& x, const Rotary& rotary,
                        const std::vector<Index>& positions) {
  const Index r = rotary.rotary_dim == 0 ? rotary.head_dim : rotary.rotary_dim;
  return rotary.interleaved ? interleaved_formula(x, rotary.head_dim, r, rotary.base, positions)
                            : half_split_formula(x, rotary.head_dim, r, rotary.base, positions);
}

/// Both conventions, all of a head and a part of it.
const std::vector<Rotary>& rotaries() {
  static const std::vector<Rotary> all{
      {.head_dim = 2},
      {.head_dim = 64},
      {.head_dim = 64, .interleaved = true},
      {.head_dim = 30, .base = 500.0},
      {.head_dim = 30, .base = 500.0, .interleaved = true},
      {.head_dim = 35, .rotary_dim = 10},
      {.head_dim = 35, .interleaved = true, .rotary_dim = 10},
  };
  return all;
}

template <class M>
M random_heads(Index n, Index heads, const Rotary& rotary) {
  return random_matrix<M>(n, heads * rotary.head_dim, 3);
}

template <class M>
void check_formula(Index n, Index heads) {
  using T = typename M::Scalar;
  for (const Rotary& rotary : rotaries()) {
    for (const Index first : {Index{0}, Index{5000}, Index{-40}, (Index{1} << 24) - 3}) {
      const M x = random_heads<M>(n, heads, rotary);
      const auto positions = counting(first, n);
      const Eigen::MatrixXd exact = formula(x.template cast<double>(), rotary, positions);
      const M y = rotated(x, rotary, first);
      // Numbers reach 4, sums of two of them 6; and the angle itself is rounded.
      const double last = std::abs(static_cast<double>(first + n));
      const double allowed = 24 * rounding<T>() + 4e-16 * 6 * (last + 1);
      CAPTURE(n, heads, rotary.head_dim, rotary.interleaved, first);
      CHECK(difference(y.template cast<double>(), exact) < allowed);
      M in_place = x;
      apply_rotary(in_place, rotary, positions);
      CHECK(difference(in_place.template cast<double>(), y.template cast<double>()) == 0);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("rotary: each published formula, for any sizes", "", float, double, Eigen::half,
                   Eigen::bfloat16) {
  for (const Index n : {0, 1, 5, 64, 100}) {
    check_formula<RowMajor<TestType>>(n, 1);
    check_formula<ColMajor<TestType>>(n, 1);
    check_formula<RowMajor<TestType>>(n, 3);
    check_formula<ColMajor<TestType>>(n, 3);
  }
  check_formula<RowMajor<TestType>>(5, 0);
}

TEST_CASE("rotary: a turn of a quarter, written out") {
  // One pair a head: pair 0 turns by its position. scaling = 2 / pi makes position 1 a quarter.
  const Rotary quarter{.head_dim = 2, .scaling = 2 / pi};
  Eigen::MatrixXd x(2, 4);
  x << 1, 2, 3, 4,  //
      1, 2, 3, 4;
  Eigen::MatrixXd expected(2, 4);
  expected << 1, 2, 3, 4,  //
      -2, 1, -4, 3;
  CHECK(difference(rotated(x, quarter), expected) < 1e-15);
}

TEST_CASE("rotary: scaling divides positions") {
  const RowMajor<double> x = random_matrix<RowMajor<double>>(10, 64, 1);
  std::vector<Index> every_fourth;
  for (Index r = 0; r < 10; ++r) every_fourth.push_back(4 * r);
  CHECK(difference(rotated(x, Rotary{.head_dim = 64, .scaling = 4.0}, every_fourth),
                   rotated(x, Rotary{.head_dim = 64})) < 1e-13);
}

TEST_CASE("rotary: norms are kept, and position 0 changes nothing") {
  for (const Rotary& rotary : rotaries()) {
    const auto x = random_heads<RowMajor<double>>(50, 2, rotary);
    CHECK(difference(rotated(x, rotary, 1000).rowwise().norm(), x.rowwise().norm()) < 1e-13);
    CHECK(difference(rotated(x.row(7), rotary, 0), x.row(7)) == 0);
    CHECK(difference(rotated(x, rotary, std::vector<Index>(50, 0)), x) == 0);
  }
}

TEST_CASE("rotary: the product of a query and a key depends on their distance alone") {
  for (const Rotary& rotary : rotaries()) {
    const auto q = random_heads<RowMajor<double>>(1, 1, rotary);
    const RowMajor<double> k = random_matrix<RowMajor<double>>(1, rotary.head_dim, 9);
    const auto score = [&](Index i, Index j) {
      return rotated(q, rotary, i).row(0).dot(rotated(k, rotary, j).row(0));
    };
    for (const Index distance : {0, 1, -7, 300}) {
      const double expected = score(distance, 0);
      for (const Index j : {1, 64, 1000, -500, 100000}) {
        CAPTURE(rotary.head_dim, distance, j);
        CHECK(std::abs(score(j + distance, j) - expected) < 1e-9);
      }
    }
  }
}

TEMPLATE_TEST_CASE("rotary: turning back undoes, and is the transpose", "", RowMajor<double>,
                   ColMajor<double>) {
  for (const Rotary& rotary : rotaries()) {
    const auto x = random_heads<TestType>(70, 2, rotary);
    const TestType w = random_matrix<TestType>(70, x.cols(), 8);
    const auto y = rotated(x, rotary, 100), z = rotated(w, rotary, 100, Rotation::inverse);
    CHECK(difference(rotated(y, rotary, 100, Rotation::inverse), x) < 1e-14);
    CHECK(difference(rotated(x, rotary, std::vector<Index>(70, -3)),
                     rotated(x, rotary, std::vector<Index>(70, 3), Rotation::inverse)) < 1e-15);
    CHECK(std::abs((y.array() * w.array()).sum() - (x.array() * z.array()).sum()) < 1e-11);
  }
}

TEMPLATE_TEST_CASE("rotary: what is not turned keeps its bits", "", float, Eigen::half) {
  for (const bool interleaved : {false, true}) {
    const Rotary part{.head_dim = 20, .interleaved = interleaved, .rotary_dim = 6};
    const RowMajor<TestType> x = random_matrix<RowMajor<TestType>>(70, 60, 1);
    const auto y = rotated(x, part, 10);
    for (const Index head : {0, 20, 40}) {
      CHECK(x.middleCols(head + 6, 14) == y.middleCols(head + 6, 14));
      CHECK(x.middleCols(head, 6) != y.middleCols(head, 6));
    }
  }
}

TEMPLATE_TEST_CASE("rotary: any strides, and nothing beside x is written", "", float, Eigen::half) {
  using M = RowMajor<TestType>;
  using Strides = Eigen::Stride<Dynamic, Dynamic>;
  for (const Rotary& rotary : rotaries()) {
    const M x = random_heads<M>(70, 2, rotary);
    const auto expected = rotated(x, rotary, 3);
    const Index cols = x.cols();
    const auto check = [&](Index outer, Index inner) {
      const TestType seven(7.0f);
      Eigen::Matrix<TestType, Dynamic, 1> store =
          Eigen::Matrix<TestType, Dynamic, 1>::Constant(70 * outer + cols * inner, seven);
      Eigen::Map<M, 0, Strides> map(store.data(), 70, cols, Strides(outer, inner));
      map = x;
      apply_rotary(map, rotary, 3);
      CAPTURE(outer, inner, rotary.head_dim, rotary.interleaved);
      const M y = map;
      CHECK(difference(y.template cast<double>(), expected.template cast<double>()) <
            16 * rounding<TestType>());
      map.setConstant(seven);
      CHECK((store.array() == seven).all());
    };
    check(cols + 5, 1);
    check(3 * cols, 3);
    check(2, 150);
    check(1, 71);
  }
  // Blocks, by value: the heads of q in a matrix of q, k and v.
  M qkv = random_matrix<M>(40, 3 * 64, 5);
  const M before = qkv;
  apply_rotary(qkv.leftCols(64), Rotary{.head_dim = 32});
  CHECK(qkv.leftCols(64) == rotated(before.leftCols(64), Rotary{.head_dim = 32}));
  CHECK(qkv.rightCols(128) == before.rightCols(128));
}

TEST_CASE("rotary: packed documents, and a token decoded, to the bit") {
  for (const Rotary& rotary : rotaries()) {
    const auto x = random_heads<RowMajor<float>>(200, 2, rotary);
    std::vector<Index> positions;
    for (const Index length : {3, 0, 90, 107}) {
      for (Index i = 0; i < length; ++i) positions.push_back(i);
    }
    const auto packed = rotated(x, rotary, positions);
    CHECK(packed.topRows(3) == rotated(x.topRows(3), rotary));
    CHECK(packed.middleRows(3, 90) == rotated(x.middleRows(3, 90), rotary));
    CHECK(packed.bottomRows(107) == rotated(x.bottomRows(107), rotary));
    CHECK(packed.row(150) == rotated(x.row(150), rotary, positions[150]));
  }
}

TEMPLATE_TEST_CASE("rotary: a table gives the same bits", "", RowMajor<float>, ColMajor<double>,
                   RowMajor<Eigen::half>, ColMajor<Eigen::bfloat16>) {
  using C = detail::Computed<typename TestType::Scalar>;
  for (const Rotary& rotary : rotaries()) {
    const auto x = random_heads<TestType>(150, 2, rotary);
    const RotaryTable<C> table(rotary, 300, -20);
    CHECK(rotated(x, table, 17) == rotated(x, rotary, 17));
    CHECK(rotated(x, table, -20, Rotation::inverse) == rotated(x, rotary, -20, Rotation::inverse));
    std::vector<Index> positions;
    for (Index r = 0; r < 150; ++r) positions.push_back((7 * r) % 280);
    CHECK(rotated(x, table, positions) == rotated(x, rotary, positions));
  }
}

TEMPLATE_TEST_CASE("rotary: the same bits for every executor", "", RowMajor<float>,
                   ColMajor<float>) {
  const Rotary rotary{.head_dim = 30, .interleaved = true};
  const auto x = random_heads<TestType>(1000, 2, rotary);
  const auto serial = rotated(x, rotary, -7, Rotation::forward, Serial{});
  CHECK(rotated(x, rotary, -7, Rotation::forward, OpenMP{3}) == serial);
  const auto reversed = [](Index count, auto task) {
    while (count-- > 0) task(count);
  };
  CHECK(rotated(x, rotary, -7, Rotation::forward, reversed) == serial);
}

TEST_CASE("rotary: attention of what is turned depends on distances, not on where it starts") {
  const Problem<RowMajor<float>> p({60, 60, 32, 16}, 4);
  const Rotary rotary{.head_dim = 32};
  const auto run = [&](Index first) {
    return attention(rotated(p.q, rotary, first), rotated(p.k, rotary, first), p.v, Causal{});
  };
  CHECK(difference(run(0), run(1234)) < 1e-5);
}

TEST_CASE("rotary refuses what does not fit, and writes nothing") {
  Eigen::MatrixXf x = Eigen::MatrixXf::Ones(4, 96);
  const auto message = [&](const auto& rotary, const Positions& positions = {}) {
    return message_of<std::invalid_argument>([&] { apply_rotary(x, rotary, positions); });
  };
  CHECK(message(Rotary{.head_dim = 64}) ==
        "tartan: rotary: x is 4x96 and head_dim is 64 (x has head_dim columns for each head)");
  CHECK(message(Rotary{.head_dim = 3}) ==
        "tartan: rotary: rotary_dim must be even (columns turn in pairs), got 3");
  CHECK(message(Rotary{.head_dim = 32}, std::vector<Index>{1, 2, 3}) ==
        "tartan: rotary: there are 3 positions for 4 rows (each row has one)");
  const RotaryTable<float> table(Rotary{.head_dim = 32}, 10, 5);
  CHECK(message(table) == "tartan: rotary: row 0 is at position 0, and the table has [5, 15)");
  CHECK(message(table, 12) == "tartan: rotary: row 3 is at position 15, and the table has [5, 15)");
  CHECK(x == Eigen::MatrixXf::Ones(4, 96));
  CHECK(message(table, 11) == "nothing was thrown");
  using Strides = Eigen::Stride<Dynamic, Dynamic>;
  Eigen::Map<RowMajor<float>, 0, Strides> one_row(x.data(), 4, 32, Strides(0, 1));
  CHECK(message_of<std::invalid_argument>([&] { apply_rotary(one_row, Rotary{.head_dim = 32}); }) ==
        "tartan: rotary: x has a stride of 0 (its elements must be apart)");
}

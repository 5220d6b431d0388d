#include <stdexcept>
#include <tartan/queries/mask.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

namespace {

template <Index N, Index M, Pattern P>
constexpr bool array_is_contains(const P& pattern) {
  const auto mask = mask_array<N, M>(pattern);
  for (Index i = 0; i < N; ++i) {
    for (Index j = 0; j < M; ++j) {
      const bool held = mask[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
      if (held != pattern.contains(i, j)) return false;
    }
  }
  return true;
}

}  // namespace

constexpr auto tartan_8 = mask_array<8>(Local<3>{} | Strided<4>{});
static_assert(std::same_as<decltype(tartan_8), const std::array<std::array<bool, 8>, 8>>);
static_assert(tartan_8[0] == std::array{true, true, false, false, true, false, false, false});
static_assert(tartan_8[1] == std::array{true, true, true, false, false, true, false, false});
static_assert(array_is_contains<8, 8>(Causal{}) && array_is_contains<5, 9>(Window<2, 1>{}));
static_assert(array_is_contains<9, 5>(Strided<3>{}) && array_is_contains<7, 7>(Columns<2>{}));
static_assert(array_is_contains<12, 12>(Strided<4>{} | Strided<6>{}));
static_assert(array_is_contains<12, 9>(Causal{} & (Local<5>{} | Columns<4>{})));
static_assert(array_is_contains<9, 9>(user::Antidiagonals{} | Local<3>{}));
static_assert(array_is_contains<0, 4>(Dense{}) && array_is_contains<4, 0>(Dense{}));
static_assert(array_is_contains<4, 7>(Local{3}));

TEST_CASE("mask_array at run time is mask_array at compile time") {
  const Local run_time{3};
  CHECK(mask_array<8>(run_time | Strided{4}) == tartan_8);
  CHECK(array_is_contains<9, 12>(run_time | Columns{5}));
}

TEST_CASE("mask_matrix holds what the pattern holds") {
  for (const auto& [n, m] :
       {std::pair<Index, Index>{0, 0}, {0, 4}, {4, 0}, {1, 1}, {7, 13}, {13, 7}}) {
    const Eigen::Matrix<bool, Dynamic, Dynamic> mask = mask_matrix(Local{3} | Strided{4}, n, m);
    REQUIRE(mask.rows() == n);
    REQUIRE(mask.cols() == m);
    CHECK(broken_query(any(Local{3} | Strided{4}), n, m) == "");
    CHECK(broken_query(any(user::Antidiagonals{}), n, m) == "");
  }
  CHECK(mask_matrix(Causal{}, 5).cols() == 5);
  CHECK(mask_matrix(Causal{}, 5).count() == 15);
}

TEST_CASE("mask_matrix refuses negative sizes") {
  CHECK(message_of<std::invalid_argument>([] { mask_matrix(Dense{}, 2, -1); }) ==
        "tartan: mask_matrix: n and m must be >= 0, got n = 2 and m = -1");
  CHECK(message_of<std::invalid_argument>([] { mask_matrix(Dense{}, -1); }) ==
        "tartan: mask_matrix: n and m must be >= 0, got n = -1 and m = -1");
}

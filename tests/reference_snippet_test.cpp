// The snippet that this library began with: its rule, its pictures, its tokens and its counts.
#include <string>
#include <tartan/queries/count.hpp>
#include <tartan/queries/mask.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

namespace {

/// sparse_mask(n, window, stride) as the snippet has it: a window to both sides, and columns
/// counted from position 0 up to the query.
std::vector<std::vector<int>> sparse_mask(int n, int window, int stride) {
  std::vector<std::vector<int>> mask(static_cast<std::size_t>(n),
                                     std::vector<int>(static_cast<std::size_t>(n), 0));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const int distance = i < j ? j - i : i - j;
      if (distance <= window / 2 || (j <= i && j % stride == 0)) {
        mask[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = 1;
      }
    }
  }
  return mask;
}

/// The first rows of the mask on `m` keys, as the snippet prints them.
template <Pattern P>
std::vector<std::string> rows(const P& pattern, Index n, Index m) {
  const auto mask = mask_matrix(pattern, n, m);
  std::vector<std::string> lines(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < m; ++j) lines[static_cast<std::size_t>(i)] += mask(i, j) ? 'X' : '.';
  }
  return lines;
}

template <Pattern P>
std::vector<Index> keys_of_token(const P& pattern, Index token, Index n) {
  std::vector<Index> keys;
  const auto mask = mask_matrix(pattern, n);
  for (Index j = 0; j < n; ++j) {
    if (mask(token, j)) keys.push_back(j);
  }
  return keys;
}

/// Per mille of n * n pairs, rounded: 51.6 % is 516.
template <Pattern P>
constexpr Index per_mille(const P& pattern, Index n) {
  return static_cast<Index>(1000 * density(pattern, n) + 0.5);
}

using Lines = std::vector<std::string>;
using Keys = std::vector<Index>;

// The five causal masks of its notebook, 32×32.
constexpr auto full = Causal{};
constexpr auto window = Causal{} & Window<8, 0>{};
constexpr auto columns = Causal{} & Columns<5>{};
constexpr auto window_and_columns = Causal{} & (Window<8, 0>{} | Columns<5>{});
constexpr auto window_and_first = Causal{} & (Window<8, 0>{} | user::FirstColumns{4});

static_assert(count(full, 32) == 528 && per_mille(full, 32) == 516);
static_assert(count(window, 32) == 252 && per_mille(window, 32) == 246);
static_assert(count(columns, 32) == 119 && per_mille(columns, 32) == 116);
static_assert(count(window_and_columns, 32) == 317 && per_mille(window_and_columns, 32) == 310);
static_assert(count(window_and_first, 32) == 338 && per_mille(window_and_first, 32) == 330);

}  // namespace

TEST_CASE("sparse_mask(n, window, stride) is Local | (Causal & Columns)") {
  for (const int n : {1, 2, 3, 7, 8, 16, 31, 48}) {
    for (const int w : {0, 1, 2, 3, 4, 5, 8, 15, 64}) {
      for (const int s : {1, 2, 3, 4, 5, 7, 16, 50}) {
        const auto expected = sparse_mask(n, w, s);
        const auto mask = mask_matrix(Local{w} | (Causal{} & Columns{s}), n);
        Index pairs = 0;
        for (Index i = 0; i < n; ++i) {
          for (Index j = 0; j < n; ++j) {
            const int held = expected[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
            pairs += held;
            if (mask(i, j) != (held == 1))
              FAIL(n << ", " << w << ", " << s << ": " << i << ", " << j);
          }
        }
        CHECK(count(Local{w} | (Causal{} & Columns{s}), n) == pairs);
      }
    }
  }
}

TEST_CASE("the same with static parameters") {
  const auto expected = sparse_mask(24, 4, 5);
  const auto mask = mask_array<24>(Local<4>{} | (Causal{} & Columns<5>{}));
  for (std::size_t i = 0; i < 24; ++i) {
    for (std::size_t j = 0; j < 24; ++j) CHECK(mask[i][j] == (expected[i][j] == 1));
  }
}

TEST_CASE("it is not causal, and an even window of 4 has 5 keys") {
  const auto mask = mask_matrix(Local<4>{} | (Causal{} & Columns<100>{}), 20);
  CHECK(mask(10, 12));
  CHECK(keys_of_token(Local<4>{}, 10, 20) == Keys{8, 9, 10, 11, 12});
}

TEST_CASE("its pictures, row by row") {
  CHECK(rows(Local<3>{}, 3, 8) == Lines{"XX......", "XXX.....", ".XXX...."});
  CHECK(rows(Strided<4>{}, 3, 8) == Lines{"X...X...", ".X...X..", "..X...X."});
  CHECK(rows(Local<3>{} | Strided<4>{}, 3, 8) == Lines{"XX..X...", "XXX..X..", ".XXX..X."});
}

TEST_CASE("its tokens: 5 in a window, 8 and 9 on a stride") {
  CHECK(keys_of_token(Local<5>{}, 5, 16) == Keys{3, 4, 5, 6, 7});
  CHECK(keys_of_token(Causal{} & Columns<4>{}, 8, 16) == Keys{0, 4, 8});
  CHECK(keys_of_token(Causal{} & Strided<4>{}, 8, 16) == Keys{0, 4, 8});
  CHECK(keys_of_token(Causal{} & Columns<4>{}, 9, 16) == Keys{0, 4, 8});
  CHECK(keys_of_token(Causal{} & Strided<4>{}, 9, 16) == Keys{1, 5, 9});
}

TEST_CASE("the five masks of its notebook have its counts, in their matrices too") {
  CHECK(mask_matrix(full, 32).count() == 528);
  CHECK(mask_matrix(window, 32).count() == 252);
  CHECK(mask_matrix(columns, 32).count() == 119);
  CHECK(mask_matrix(window_and_columns, 32).count() == 317);
  CHECK(mask_matrix(window_and_first, 32).count() == 338);
}

// multi_head_attention(): heads, grouped heads, patterns by head, batches, against the reference,
// and against calls of attention() one by one.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

template <class M, class P>
void check_heads(Index n, Index m, const Heads& heads, Index d, Index dv, const P& pattern,
                 const Batch& batch, const Options& options = {}) {
  const M q = random_matrix<M>(n, heads.query * d, 1),
          k = random_matrix<M>(m, heads.kv_heads() * d, 2),
          v = random_matrix<M>(m, heads.kv_heads() * dv, 3);
  CAPTURE(n, m, heads.query, heads.kv, d, dv);
  const auto exact =
      reference::multi_head_attention_with_lse(q, k, v, heads, batch, pattern, options);
  const auto fast = multi_head_attention_with_lse(q, k, v, heads, batch, pattern, options);
  const double epsilon = static_cast<double>(std::numeric_limits<typename M::Scalar>::epsilon());
  CHECK(difference(fast.out, exact.out) <= 64 * epsilon);
  CHECK(difference(fast.lse, exact.lse) <= 64 * epsilon);
  CHECK(difference(multi_head_attention(q, k, v, heads, batch, pattern, options), fast.out) == 0);
  M out = M::Constant(n, heads.query * dv, typename M::Scalar(7));
  multi_head_attention_into(out, q, k, v, heads, batch, pattern, options, OpenMP{2});
  CHECK(difference(out, fast.out) == 0);
}

template <class M, class P>
void check_heads(Index n, Index m, const Heads& heads, Index d, Index dv, const P& pattern,
                 const Options& options = {}) {
  check_heads<M>(n, m, heads, d, dv, pattern, Batch{{0, n}, {0, m}, {}}, options);
}

const auto tartan_mask = Causal{} & (Local{40} | Strided{7});

}  // namespace

TEST_CASE("heads, plain and grouped, in both storage orders") {
  for (const Heads heads : {Heads{1}, Heads{3}, Heads{8, 8}, Heads{8, 2}, Heads{6, 1}}) {
    check_heads<RowMajor<float>>(150, 150, heads, 16, 16, tartan_mask);
    check_heads<ColMajor<float>>(70, 130, heads, 9, 5, tartan_mask, {.query_offset = 60});
    check_heads<RowMajor<double>>(65, 33, heads, 3, 20, Dense{});
  }
}

TEST_CASE("heads of no rows, keys or columns") {
  for (const Heads heads : {Heads{4}, Heads{4, 2}}) {
    check_heads<RowMajor<float>>(0, 5, heads, 4, 4, Causal{});
    check_heads<RowMajor<float>>(5, 0, heads, 4, 4, Causal{});
    check_heads<RowMajor<float>>(5, 5, heads, 0, 4, Causal{});
    check_heads<RowMajor<float>>(5, 5, heads, 4, 0, Causal{});
  }
}

TEST_CASE("a pattern for each head") {
  const PerHead by_number{[](Index head) { return Causal{} & (Local{9} | Strided{2 + head}); }};
  const PerHead listed{Local{30}, Strided{6}, Causal{}};
  for (const Heads heads : {Heads{6}, Heads{6, 2}}) {
    check_heads<RowMajor<float>>(140, 140, heads, 16, 16, by_number);
    check_heads<RowMajor<float>>(140, 140, heads, 16, 16, listed);
  }
}

TEST_CASE("each head has the bits of a call of its own") {
  const RowMajor<float> q = random_matrix<RowMajor<float>>(300, 4 * 16, 1),
                        k = random_matrix<RowMajor<float>>(300, 2 * 16, 2),
                        v = random_matrix<RowMajor<float>>(300, 2 * 16, 3);
  const auto all = multi_head_attention(q, k, v, Heads{4, 2}, tartan_mask);
  for (Index h = 0; h < 4; ++h) {
    const auto one = attention(q.middleCols(h * 16, 16), k.middleCols(h / 2 * 16, 16),
                               v.middleCols(h / 2 * 16, 16), tartan_mask);
    CHECK(difference(all.middleCols(h * 16, 16), one) == 0);
  }
}

TEST_CASE("the same bits for any number of threads") {
  const RowMajor<float> q = random_matrix<RowMajor<float>>(500, 6 * 16, 1),
                        k = random_matrix<RowMajor<float>>(500, 3 * 16, 2);
  const auto serial = multi_head_attention(q, k, k, Heads{6, 3}, tartan_mask, Options{}, Serial{});
  for (const int threads : {2, 3, 7}) {
    CHECK(difference(
              multi_head_attention(q, k, k, Heads{6, 3}, tartan_mask, Options{}, OpenMP{threads}),
              serial) == 0);
  }
}

TEST_CASE("sequences of unequal lengths, packed") {
  const Batch packed{{0, 3, 3, 40, 41, 170}, {}, {}};
  const Batch crossed{{0, 10, 60}, {0, 50, 55}, {}};
  const Batch chunks{{0, 10, 30}, {0, 100, 220}, {90, 100}};
  for (const Heads heads : {Heads{2}, Heads{4, 2}}) {
    check_heads<RowMajor<float>>(170, 170, heads, 16, 16, tartan_mask, packed);
    check_heads<RowMajor<float>>(60, 55, heads, 8, 9, Dense{}, crossed);
    check_heads<RowMajor<float>>(30, 220, heads, 8, 8, tartan_mask, chunks);
    check_heads<RowMajor<float>>(120, 120, heads, 8, 8, PerHead{Causal{}, Local{9}},
                                 Batch::equal(4, 30));
    check_heads<RowMajor<float>>(0, 0, heads, 8, 8, Causal{}, Batch{{0}, {}, {}});
  }
}

TEST_CASE("a batch is Documents, but for the work of planning it") {
  const RowMajor<float> x = random_matrix<RowMajor<float>>(170, 16, 1);
  const std::vector<Index> offsets{0, 3, 3, 40, 41, 170};
  const auto batch = multi_head_attention(x, x, x, Heads{1}, Batch{offsets, {}, {}}, Causal{});
  CHECK(difference(batch, attention(x, x, x, Documents(offsets, Causal{}))) < 1e-5);
}

TEST_CASE("heads and batches that do not fit are refused, and nothing is written") {
  using M = RowMajor<float>;
  const M q = M::Zero(6, 12), k = M::Zero(6, 12);
  M out = M::Constant(6, 12, 3.0f);
  const auto refused = [&](const Heads& heads, const Batch& batch, const Options& options = {}) {
    const std::string message = message_of<std::invalid_argument>(
        [&] { multi_head_attention_into(out, q, k, k, heads, batch, Causal{}, options); });
    CHECK(out == M::Constant(6, 12, 3.0f));
    return message;
  };
  const Batch one{{0, 6}, {}, {}};
  CHECK(refused({5, 5}, one) ==
        "tartan: attention: q has 12 columns for 5 heads (a multiple of them)");
  CHECK(refused({4, 3}, one) ==
        "tartan: attention: there are 4 query heads for 3 key/value heads (both >= 1, the first a "
        "multiple of the second)");
  CHECK(refused({0, 0}, one).starts_with("tartan: attention: there are 0 query heads"));
  CHECK(refused({4, 2}, one) ==
        "tartan: attention: q is 6x3 but k is 6x6 (both have head_dim columns)");
  CHECK(refused({2}, {{0, 5}, {}, {}}) ==
        "tartan: attention: query_offsets must begin with 0 and end with the number of rows, 6, "
        "got 0 to 5");
  CHECK(refused({2}, {{}, {}, {}}).ends_with(", got none"));
  CHECK(refused({2}, {{0, 4, 3, 6}, {}, {}}) ==
        "tartan: attention: query_offsets must not descend, got 3 after 4");
  CHECK(refused({2}, {{0, 6}, {0, 3, 6}, {}}) ==
        "tartan: attention: query_offsets are of 1 sequences but key_offsets of 2");
  CHECK(refused({2}, {{0, 6}, {}, {1, 2}}) ==
        "tartan: attention: there are 2 first_positions for 1 sequences");
  CHECK(refused({2}, one, {.sinks = {1, 2, 3}}) ==
        "tartan: attention: there are 3 sinks for 2 query heads (none, one for all, or one for "
        "each)");
  CHECK(refused({2}, one, {.sinks = {1e39}}) ==
        "tartan: attention: a sink must be within 1e37 of 0");
  CHECK(refused({2}, one, {.score = Alibi({1, 2, 3})}) ==
        "tartan: Alibi: there are 3 slopes for 2 query heads (one for all, or one for each)");
  const M narrow = M::Zero(6, 6);
  M wrong(6, 12);
  CHECK(message_of<std::invalid_argument>(
            [&] { multi_head_attention_into(wrong, q, k, narrow, Heads{2}, Causal{}); }) ==
        "tartan: attention: out is 6x12 but must be 6x6 (rows of q, query heads times "
        "columns of a head of v); it is never resized");
  M shared = q;
  CHECK(message_of<std::invalid_argument>([&] {
          multi_head_attention_into(shared, shared, k, k, Heads{2}, Causal{});
        }).starts_with("tartan: attention: out shares memory with q, k or v"));
}

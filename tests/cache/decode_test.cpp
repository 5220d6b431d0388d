// decode(): token by token, in chunks, in batches, against attention over the whole sequence.
#include <tartan/cache/decode.hpp>

#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

template <class M>
using CacheOf = KvCache<typename M::Scalar>;

/// Feeds the sequence to a cache `chunk` tokens at a time, and holds each chunk's rows against the
/// reference over the whole sequence.
template <class M, class P>
void check_decoding(const P& pattern, Index n, Index chunk, const Heads& heads, Index d, Index dv,
                    const Options& options = {}, double allowed = 2e-5) {
  const M q = random_matrix<M>(n, heads.query * d, 1),
          k = random_matrix<M>(n, heads.kv_heads() * d, 2),
          v = random_matrix<M>(n, heads.kv_heads() * dv, 3);
  const auto exact =
      reference::multi_head_attention_with_lse(q, k, v, heads, Causal{} & pattern, options);
  CacheOf<M> cache({.kv_heads = heads.kv_heads(), .head_dim = d, .value_dim = dv}, pattern);
  for (Index row = 0; row < n; row += chunk) {
    const Index rows = std::min(chunk, n - row);
    cache.append(k.middleRows(row, rows), v.middleRows(row, rows));
    const auto got =
        decode_with_lse(q.middleRows(row, rows), cache, Causal{} & pattern, options, OpenMP{2});
    CAPTURE(n, chunk, row, heads.query, heads.kv, d, dv);
    REQUIRE(difference(got.out.template cast<double>(), exact.out.middleRows(row, rows)) <=
            allowed);
    REQUIRE(difference(got.lse, exact.lse.middleRows(row, rows)) <= 2e-5);
  }
}

}  // namespace

TEST_CASE("one token at a time, a few, and chunks agree with the whole sequence") {
  for (const Index chunk : {1, 3, 15, 16, 40, 200}) {
    check_decoding<RowMajor<float>>(Local{9} | Strided{7}, 130, chunk, {4, 2}, 16, 16);
    check_decoding<RowMajor<float>>(Window{30, 0}, 600, chunk, {2}, 8, 5);
    check_decoding<RowMajor<float>>(Sinks{4} | Window{19, 0}, 600, chunk, {6, 1}, 9, 17);
    check_decoding<ColMajor<double>>(Dense{}, 70, chunk, {3}, 20, 3);
  }
}

TEST_CASE("every kind of pattern decodes through a cache that forgets") {
  const Index chunk = GENERATE(1, 20);
  check_decoding<RowMajor<float>>(Dilated{5, 3}, 700, chunk, {2}, 8, 8);
  check_decoding<RowMajor<float>>(OwnBlock{64}, 700, chunk, {2}, 8, 8);
  check_decoding<RowMajor<float>>(Columns{16} | Window{40, 0}, 900, chunk, {2}, 8, 8);
  check_decoding<RowMajor<float>>(Fixed{32, 4}, 300, chunk, {2}, 8, 8);
  check_decoding<RowMajor<float>>(Documents({0, 100, 103, 400, 700}, Causal{}), 700, chunk, {2}, 8,
                                  8);
  check_decoding<RowMajor<float>>(Strided{4} | Strided{6}, 150, chunk, {2}, 8, 8);
  check_decoding<RowMajor<float>>(PrefixLM{20}, 150, chunk, {2}, 8, 8);
}

TEST_CASE("long contexts are shared out in parts, and merged: the same bits for any executor") {
  using M = RowMajor<float>;
  const Index n = 9000;
  const M k = random_matrix<M>(n, 2 * 8, 2), v = random_matrix<M>(n, 2 * 8, 3),
          q = random_matrix<M>(1, 4 * 8, 4);
  KvCache<float> cache({.kv_heads = 2, .head_dim = 8});
  cache.append(k, v);
  const auto serial = decode_with_lse(q, cache, Dense{}, {}, Serial{});
  const auto exact = reference::multi_head_attention_with_lse(q, k, v, Heads{4, 2}, Dense{},
                                                              {.query_offset = n - 1});
  CHECK(difference(serial.out, exact.out) < 1e-5);
  CHECK(difference(serial.lse, exact.lse) < 1e-5);
  for (const int threads : {2, 5}) {
    CHECK(difference(decode(q, cache, Dense{}, {}, OpenMP{threads}), serial.out) == 0);
  }
}

TEST_CASE("score modifiers, sinks and patterns by head") {
  const Options options{.score = {Softcap{5}, Alibi::of_heads(4)}, .sinks = {-1, 0, 1, 2}};
  for (const Index chunk : {1, 16}) {
    check_decoding<RowMajor<float>>(Local{21} | Strided{5}, 120, chunk, {4, 2}, 16, 16, options);
    check_decoding<RowMajor<float>>(Strided{4} | Strided{6}, 120, chunk, {4}, 16, 16, options);
    check_decoding<RowMajor<float>>(
        Window{30, 0}, 300, chunk, {4, 2}, 8, 8,
        {.score = RelativeBias(random_matrix<Eigen::MatrixXd>(40, 4, 7), 0)});
  }
  using M = RowMajor<float>;
  const PerHead by_head{Causal{} & Local{9}, Causal{} & Strided{3}};
  const M x = random_matrix<M>(60, 4 * 8, 1), kv = random_matrix<M>(60, 2 * 8, 2);
  const auto exact = reference::multi_head_attention_with_lse(x, kv, kv, Heads{4, 2}, by_head);
  KvCache<float> cache({.kv_heads = 2, .head_dim = 8});
  cache.append(kv, kv);
  CHECK(difference(decode(x.bottomRows(1), cache, by_head), exact.out.bottomRows(1)) < 1e-5);
  CHECK(difference(decode(x.bottomRows(30), cache, by_head), exact.out.bottomRows(30)) < 1e-5);
}

TEST_CASE("16-bit caches") {
  check_decoding<RowMajor<Eigen::half>>(Local{9} | Strided{7}, 100, 1, {4, 2}, 16, 20, {}, 4e-3);
  check_decoding<RowMajor<Eigen::half>>(Sinks{4} | Window{19, 0}, 400, 20, {4, 2}, 16, 20, {},
                                        4e-3);
  check_decoding<RowMajor<Eigen::bfloat16>>(Window{19, 0}, 400, 1, {2}, 64, 64, {}, 3e-2);
}

TEST_CASE("a batch of caches of different lengths") {
  using M = RowMajor<float>;
  const auto mask = Causal{} & (Local{9} | Strided{4});
  std::vector<KvCache<float>> caches;
  for (const Index length : {7, 300, 41}) {
    const M k = random_matrix<M>(length, 2 * 8, unsigned(length));
    caches.emplace_back(KvCacheShape{.kv_heads = 2, .head_dim = 8}, mask);
    caches.back().append(k, k);
  }
  for (const Index rows : {1, 5}) {
    const M q = random_matrix<M>(3 * rows, 4 * 8, 9);
    const auto all = decode(q, caches, mask);
    for (Index b = 0; b < 3; ++b) {
      const auto one = decode(q.middleRows(b * rows, rows), caches[std::size_t(b)], mask);
      CHECK(difference(all.middleRows(b * rows, rows), one) == 0);
    }
  }
}

TEST_CASE("what is wrong is refused") {
  using M = RowMajor<float>;
  const M k = M::Zero(600, 16), q = M::Zero(4, 32);
  KvCache<float> cache({.kv_heads = 2, .head_dim = 8}, Window{20, 0});
  const auto refused = [&](const auto& rows, const auto& pattern, const Options& options = {}) {
    return message_of<std::invalid_argument>([&] { decode(rows, cache, pattern, options); });
  };
  CHECK(refused(q, Dense{}) ==
        "tartan: decode: q has 4 rows for a cache of 0 tokens (rows are its last tokens)");
  for (Index row = 0; row < 600; ++row) cache.append(k.row(row), k.row(row));
  CHECK(refused(M::Zero(1, 24).eval(), Window{20, 0}) ==
        "tartan: decode: q has 24 columns but must have a multiple of 16 (kv_heads * head_dim of "
        "the cache)");
  CHECK(refused(q, Window{20, 0}, {.query_offset = 3}) ==
        "tartan: decode: query_offset must be 0, got 3 (rows are the cache's last tokens)");
  CHECK(
      refused(M::Zero(1, 32).eval(), Causal{}).starts_with("tartan: decode: the pattern attends "));
  CHECK(refused(M::Zero(40, 32).eval(), Causal{})
            .starts_with("tartan: decode: the pattern attends "));
  CHECK(decode(M::Zero(1, 32).eval(), cache, Window{20, 0}).isZero());
  const std::vector<KvCache<float>> none;
  CHECK(message_of<std::invalid_argument>([&] { decode(q, none, Dense{}); }) ==
        "tartan: decode: there must be a cache");
}

#ifndef __FAST_MATH__
TEST_CASE("NaN in keys that a row does not attend stays there") {
  using M = RowMajor<float>;
  M k = random_matrix<M>(100, 8, 1);
  k.row(50).setConstant(std::numeric_limits<float>::quiet_NaN());
  const M q = random_matrix<M>(40, 8, 2);
  KvCache<float> cache({.kv_heads = 1, .head_dim = 8});
  cache.append(k, k);
  CHECK(decode(q.bottomRows(1), cache, Strided{5}).allFinite());
  CHECK(decode(q, cache, Window{5, 0}).allFinite());
  CHECK(!decode(q.bottomRows(1), cache, Dense{}).allFinite());
}
#endif

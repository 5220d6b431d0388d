// Decoding: the last rows of sequences against their caches. Layer: cache.
#pragma once

#include <memory>

#include "../attention/multi_head.hpp"
#include "kv_cache.hpp"
#include "row_driver.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Rows of one sequence from which on the kernel of many queries is faster.
inline constexpr Index many_rows = 16;

/// One call of decode(): sequence b's rows are the b-th `rows` rows of q, out and lse.
template <class S>
struct DecodeRequest {
  using T = Computed<S>;
  View<const S> q;
  View<S> out;
  T* lse;  ///< rows of q × query heads, column-major, or null
  std::span<const KvCache<S>* const> caches;

  const KvCache<S>& shape() const { return *caches.front(); }
  Index sequences() const { return static_cast<Index>(caches.size()); }
  Index rows() const { return caches.empty() ? 0 : q.rows / sequences(); }
  Index kv_heads() const { return shape().kv_heads(); }
  Index heads() const { return q.cols / shape().head_dim(); }
  Index group() const { return heads() / kv_heads(); }
  Index out_cols() const { return heads() * shape().value_dim(); }
};

template <class S>
void check_decode(const DecodeRequest<S>& r, const Options& options) {
  const auto refuse = [](const std::string& what) {
    throw std::invalid_argument("tartan: decode: " + what);
  };
  if (r.caches.empty()) refuse("there must be a cache");
  if (r.q.rows % r.sequences() != 0) {
    refuse("q has " + std::to_string(r.q.rows) + " rows for " + std::to_string(r.sequences()) +
           " caches (a multiple of them)");
  }
  const Index width = r.kv_heads() * r.shape().head_dim();
  if (r.q.cols == 0 || r.q.cols % width != 0) {
    refuse("q has " + std::to_string(r.q.cols) + " columns but must have a multiple of " +
           std::to_string(width) + " (kv_heads * head_dim of the cache)");
  }
  for (const KvCache<S>* cache : r.caches) {
    if (cache->kv_heads() != r.kv_heads() || cache->head_dim() != r.shape().head_dim() ||
        cache->value_dim() != r.shape().value_dim()) {
      refuse("the caches must have one shape");
    }
    if (r.rows() > cache->next_position()) {
      refuse("q has " + std::to_string(r.rows()) + " rows for a cache of " +
             std::to_string(cache->next_position()) + " tokens (rows are its last tokens)");
    }
  }
  if (options.query_offset != 0) {
    refuse("query_offset must be 0, got " + std::to_string(options.query_offset) +
           " (rows are the cache's last tokens)");
  }
  check_options(options, r.heads());
  if (options.dropout) refuse("dropout is for training: its probability must be 0 when decoding");
  for (const KvCache<S>* cache : r.caches) {
    const Index next = cache->next_position();
    options.score.check({next - r.rows(), next, next}, r.heads());
  }
}

/// Few rows of each sequence: row by row.
template <class S, class P, Executor E>
void decode_rows(const DecodeRequest<S>& r, const P& pattern, const Options& options,
                 const E& executor) {
  using T = Computed<S>;
  const Index d = r.shape().head_dim(), dv = r.shape().value_dim();
  // Heads that have the same keys: all with one pattern, else each its own.
  const Index group = Pattern<P> ? r.group() : 1;
  std::vector<std::unique_ptr<const std::vector<RowKeysInCache>>> keys;
  std::vector<RowGroup<T, S>> groups;
  for (Index b = 0; b < r.sequences(); ++b) {
    const KvCache<S>& cache = *r.caches[std::size_t(b)];
    for (Index x = 0; x < r.rows(); ++x) {
      const Index row = b * r.rows() + x, position = cache.next_position() - r.rows() + x;
      for (Index head = 0; head < r.heads(); head += group) {
        if (!Pattern<P> || head == 0) {
          with_pattern(pattern, head, [&](const auto& p) {
            keys.push_back(std::make_unique<const std::vector<RowKeysInCache>>(
                keys_of_row(p, position, cache.next_position(), cache.runs())));
          });
        }
        const Index kv = head / r.group();
        groups.push_back(
            {cache.keys(kv),
             cache.values(kv),
             {r.q.at(row, head * d), group, d, d * r.q.col_stride, r.q.col_stride},
             {r.out.at(row, head * dv), group, dv, dv * r.out.col_stride, r.out.col_stride},
             r.lse ? r.lse + head * r.q.rows + row : nullptr,
             r.q.rows,
             position,
             head,
             keys.back().get()});
      }
    }
  }
  RowDriver<T, S>(groups, options, static_cast<T>(options.scale_for(d))).run(executor);
}

/// Many rows of each sequence: tiles of them, as attention() has them.
template <class S, class P, Executor E>
void decode_tiles(const DecodeRequest<S>& r, const P& pattern, const Options& options,
                  const E& executor) {
  using T = Computed<S>;
  const Index d = r.shape().head_dim(), dv = r.shape().value_dim(), n = r.rows();
  const Index group = Pattern<P> ? r.group() : 1;
  const std::vector<T> sinks = sinks_of<T>(options, r.heads());
  std::vector<std::unique_ptr<const Plan>> plans;
  std::vector<Problem<T, S>> problems;
  for (Index b = 0; b < r.sequences(); ++b) {
    const KvCache<S>& cache = *r.caches[std::size_t(b)];
    const Index next = cache.next_position(), row = b * n;
    for (Index head = 0; head < r.heads(); head += group) {
      if (!Pattern<P> || head == 0) {
        with_pattern(pattern, head, [&](const auto& p) {
          check_rows(p, next - n, next, cache.runs());
          plans.push_back(std::make_unique<const Plan>(PatternInCache(p, cache.runs()),
                                                       Extent{next - n, next, next}));
        });
      }
      const Index kv = head / r.group(), kept = cache.size();
      Call<T, S> call{{r.q.at(row, head * d), n, d, r.q.row_stride, r.q.col_stride},
                      {cache.keys(kv), kept, d, d, 1},
                      {cache.values(kv), kept, dv, dv, 1},
                      {r.out.at(row, head * dv), n, dv, r.out.row_stride, r.out.col_stride},
                      r.lse ? r.lse + head * r.q.rows + row : nullptr,
                      static_cast<T>(options.scale_for(d))};
      call.heads = group;
      call.lse_stride = r.q.rows;
      call.first_head = head;
      call.runs = cache.runs();
      if (options.score) call.score = &options.score;
      if (!sinks.empty()) call.sinks = sinks.data() + head;
      problems.push_back({call, plans.back().get()});
    }
  }
  run_attention<T, S>(problems, executor);
}

template <class S, class P, Executor E>
void run_decode(const DecodeRequest<S>& r, const P& pattern, const Options& options,
                const E& executor) {
  if (r.q.rows == 0) return;
  if (r.rows() < many_rows) {
    decode_rows(r, pattern, options, executor);
  } else {
    decode_tiles(r, pattern, options, executor);
  }
}

/// A whole call, with a result of its own.
template <class Q, class S, class P, Executor E>
auto decode_all(const Eigen::MatrixBase<Q>& q, std::span<const KvCache<S>* const> caches,
                const P& pattern, const Options& options, const E& executor, bool with_lse) {
  static_assert(std::is_same_v<typename Q::Scalar, S>,
                "tartan: decode: q must have the scalar type of the cache (use .cast<>())");
  DecodeRequest<S> request{view(q), {}, nullptr, caches};
  check_decode(request, options);
  MultiHeadAttention<S, order_of<Q>> result;
  result.out.resize(q.rows(), request.out_cols());
  request.out = mutable_view(result.out);
  if (with_lse) {
    result.lse.resize(q.rows(), request.heads());
    request.lse = result.lse.data();
  }
  run_decode(request, pattern, options, executor);
  return result;
}

}  // namespace tartan::detail::inline TARTAN_ISA

namespace tartan::inline TARTAN_ISA {

/// Attention of the last tokens of a sequence over its cache, to which their keys and values have
/// been appended: row x of q, of n, is position next_position() - n + x. q: n×(heads·d), a multiple
/// of the cache's kv_heads of heads beside each other. Returns n×(heads·dv). `pattern` is one for
/// all heads or a schedule with one for each. Only keys of the rows' patterns are read. One row is
/// decoding, a few are speculative decoding, many are a chunk of a prompt; with a causal
/// pattern all agree, to rounding, with multi_head_attention() of the whole sequence. Throws
/// std::invalid_argument, with nothing written, where shapes differ, or a row's pattern has a key
/// that the cache has forgotten.
///
///     KvCache<float> cache({.kv_heads = 8, .head_dim = 64}, mask);
///     while (more) {
///       cache.append(k, v);                                  // of the token: 1 × 512
///       Eigen::MatrixXf out = decode(q, cache, mask);        // 1 × 2048, for 32 query heads
///     }
template <class Q, class S, detail::PatternOfHeads P, Executor E = DefaultExecutor>
auto decode(const Eigen::MatrixBase<Q>& q, const KvCache<S>& cache, const P& pattern,
            const Options& options = {}, const E& executor = {}) {
  const KvCache<S>* one = &cache;
  return detail::decode_all<Q, S>(q, {&one, 1}, pattern, options, executor, false).out;
}

/// decode(), and the log-sum-exp of each row and head.
template <class Q, class S, detail::PatternOfHeads P, Executor E = DefaultExecutor>
auto decode_with_lse(const Eigen::MatrixBase<Q>& q, const KvCache<S>& cache, const P& pattern,
                     const Options& options = {}, const E& executor = {}) {
  const KvCache<S>* one = &cache;
  return detail::decode_all<Q, S>(q, {&one, 1}, pattern, options, executor, true);
}

/// The same for a batch: as many rows for each of the caches, those of the first before those of
/// the second, ...; the caches may be of different lengths.
template <class Q, class S, detail::PatternOfHeads P, Executor E = DefaultExecutor>
auto decode(const Eigen::MatrixBase<Q>& q, const std::vector<KvCache<S>>& caches, const P& pattern,
            const Options& options = {}, const E& executor = {}) {
  std::vector<const KvCache<S>*> all;
  for (const KvCache<S>& cache : caches) all.push_back(&cache);
  return detail::decode_all<Q, S>(q, all, pattern, options, executor, false).out;
}

}  // namespace tartan::inline TARTAN_ISA

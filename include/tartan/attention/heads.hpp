// Heads and batches: how one call's matrices hold many attentions. Layer: attention.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "../lattice/index.hpp"

namespace tartan {

/// Heads stand beside each other in the columns of token-major matrices, as projections produce
/// them: q is n×(query·d), k m×(kv·d), v m×(kv·dv). With fewer key/value heads than query heads
/// (grouped-query attention; multi-query with kv = 1), query head h reads key/value head
/// h / (query / kv).
struct Heads {
  Index query = 1;
  Index kv = 0;  ///< 0: as many as query heads

  constexpr Index kv_heads() const { return kv == 0 ? query : kv; }
  /// Query heads that share a key/value head.
  constexpr Index group() const { return query / kv_heads(); }
};

/// Sequences stand below each other in the rows of the matrices, without padding. Each has its own
/// positions: the pattern holds inside each, as if it stood alone.
struct Batch {
  /// Sequence b's queries are the rows [query_offsets[b], query_offsets[b + 1]); from 0 to n.
  std::vector<Index> query_offsets = {};
  /// The same of its keys and values, from 0 to m; empty: as of the queries.
  std::vector<Index> key_offsets = {};
  /// The position of each sequence's first query; empty: Options::query_offset for all.
  std::vector<Index> first_positions = {};

  const std::vector<Index>& keys() const {
    return key_offsets.empty() ? query_offsets : key_offsets;
  }

  /// `count` sequences of the same lengths: a strided batch.
  static Batch equal(Index count, Index seqlen_q, Index seqlen_k) {
    if (count < 0 || seqlen_q < 0 || seqlen_k < 0) {
      throw std::invalid_argument(
          "tartan: Batch: sizes must be >= 0, got " + std::to_string(count) + " sequences of " +
          std::to_string(seqlen_q) + " queries and " + std::to_string(seqlen_k) + " keys");
    }
    Batch batch;
    for (Index b = 0; b <= count; ++b) {
      batch.query_offsets.push_back(b * seqlen_q);
      batch.key_offsets.push_back(b * seqlen_k);
    }
    return batch;
  }
  static Batch equal(Index count, Index seqlen) { return equal(count, seqlen, seqlen); }
};

namespace detail {

/// One sequence of a batch: its rows in the matrices, and the position of its first query.
struct Sequence {
  Index query_begin, query_end;
  Index key_begin, key_end;
  Index first_position;
  Index number;  ///< in its batch

  Index queries() const { return query_end - query_begin; }
  Index keys() const { return key_end - key_begin; }
};

}  // namespace detail
}  // namespace tartan

// What is refused, before anything is written. Layer: attention.
#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "heads.hpp"
#include "options.hpp"
#include "view.hpp"

namespace tartan::detail::inline TARTAN_ISA {

[[noreturn]] inline void refuse(const std::string& what) {
  throw std::invalid_argument("tartan: attention: " + what);
}

inline std::string shape_text(Index rows, Index cols) {
  return std::to_string(rows) + "x" + std::to_string(cols);
}

/// Throws std::invalid_argument unless q is n×d, k m×d, v m×dv.
template <class T>
void check_shapes(const View<const T>& q, const View<const T>& k, const View<const T>& v) {
  if (q.cols != k.cols) {
    refuse("q is " + shape_text(q.rows, q.cols) + " but k is " + shape_text(k.rows, k.cols) +
           " (both have head_dim columns)");
  }
  if (k.rows != v.rows) {
    refuse("k is " + shape_text(k.rows, k.cols) + " but v is " + shape_text(v.rows, v.cols) +
           " (both have seqlen_k rows)");
  }
}

/// Throws std::invalid_argument where positions would leave what integers can hold.
inline void check_query_offset(Index query_offset) {
  constexpr Index most = Index{1} << 60;
  if (query_offset < -most || query_offset > most) {
    refuse("query_offset must be within 2^60 of 0, got " + std::to_string(query_offset));
  }
}

/// Throws std::invalid_argument unless out is rows×cols, each element in a place of its own.
template <class T>
void check_out_shape(const View<T>& out, Index rows, Index cols,
                     const char* which = "rows of q, columns of v", const char* name = "out") {
  if (out.rows != rows || out.cols != cols) {
    refuse(std::string(name) + " is " + shape_text(out.rows, out.cols) + " but must be " +
           shape_text(rows, cols) + " (" + which + "); it is never resized");
  }
  if (out.rows * out.cols > 0 &&
      ((out.rows > 1 && out.row_stride == 0) || (out.cols > 1 && out.col_stride == 0))) {
    refuse(std::string(name) + " has a stride of 0 (its elements must be apart)");
  }
}

/// True where the two may share an element. Exact for matrices of one layout, such as columns of
/// one larger matrix; else true where their address ranges overlap.
template <class T>
bool overlap(const View<const T>& a, const View<const T>& b) {
  if (a.rows == 0 || a.cols == 0 || b.rows == 0 || b.cols == 0) return false;
  // The lowest and the highest address: strides may be negative.
  const auto corner = [](const View<const T>& x, bool low) {
    return reinterpret_cast<std::uintptr_t>(x.at((x.row_stride < 0) == low ? x.rows - 1 : 0,
                                                 (x.col_stride < 0) == low ? x.cols - 1 : 0));
  };
  const auto first = [&](const View<const T>& x) { return corner(x, true); };
  const auto last = [&](const View<const T>& x) { return corner(x, false); };
  if (last(a) < first(b) || last(b) < first(a)) return false;
  if (a.row_stride != b.row_stride || a.col_stride != b.col_stride) return true;
  // Columns [0, a.cols) of a against those of b, which start `shift` further on in a row of
  // `outer`.
  const bool row_major = a.col_stride <= a.row_stride;
  const Index outer = row_major ? a.row_stride : a.col_stride;
  const Index inner = row_major ? a.col_stride : a.row_stride;
  const Index a_width = row_major ? a.cols : a.rows, b_width = row_major ? b.cols : b.rows;
  if (inner != 1 || max(a_width, b_width) > outer) return true;
  const auto elements = static_cast<Index>(first(b) - first(a)) / static_cast<Index>(sizeof(T));
  const Index shift = floor_mod(elements, outer);
  return shift < a_width || shift + b_width > outer;
}

/// Throws std::invalid_argument where out shares memory with an input.
template <class T>
void check_apart(const View<T>& out, std::initializer_list<View<const T>> inputs) {
  for (const View<const T>& input : inputs) {
    if (overlap<T>(as_const(out), input)) {
      refuse("out shares memory with q, k or v (they are read while out is written)");
    }
  }
}

/// Throws std::invalid_argument where there are neither no sinks, nor one, nor one for each of the
/// query heads, or one is NaN or beyond what a float can hold in base 2; or of a probability of
/// dropout that is none.
inline void check_options(const Options& options, Index heads) {
  const auto sinks = static_cast<Index>(options.sinks.size());
  if (sinks > 1 && sinks != heads) {
    refuse("there are " + std::to_string(sinks) + " sinks for " + std::to_string(heads) +
           " query heads (none, one for all, or one for each)");
  }
  for (const double sink : options.sinks) {
    if (!(std::abs(sink) <= 1e37)) refuse("a sink must be within 1e37 of 0");  // NaN, too
  }
  const double probability = options.dropout.probability;
  if (!(probability >= 0 && probability < 1)) {
    refuse("the probability of dropout must be >= 0 and < 1, got " + std::to_string(probability));
  }
}

/// Throws std::invalid_argument unless q is n×(query·d), k m×(kv·d) and v m×(kv·dv), and query
/// heads are a multiple of key/value heads.
template <class T>
void check_heads(const Heads& heads, const View<const T>& q, const View<const T>& k,
                 const View<const T>& v) {
  const Index kv = heads.kv_heads();
  if (heads.query < 1 || kv < 1 || heads.query % kv != 0) {
    refuse("there are " + std::to_string(heads.query) + " query heads for " + std::to_string(kv) +
           " key/value heads (both >= 1, the first a multiple of the second)");
  }
  const auto divides = [&](const char* name, Index cols, Index count) {
    if (cols % count != 0) {
      refuse(std::string(name) + " has " + std::to_string(cols) + " columns for " +
             std::to_string(count) + " heads (a multiple of them)");
    }
  };
  divides("q", q.cols, heads.query);
  divides("k", k.cols, kv);
  divides("v", v.cols, kv);
  View<const T> query = q, key = k;
  query.cols /= heads.query;
  key.cols /= kv;
  check_shapes<T>(query, key, v);
}

/// Throws std::invalid_argument unless offsets begin with 0, do not descend, and end with `rows`.
inline void check_offsets(const char* name, const std::vector<Index>& offsets, Index rows) {
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != rows) {
    refuse(std::string(name) + " must begin with 0 and end with the number of rows, " +
           std::to_string(rows) +
           (offsets.empty() ? std::string(", got none")
                            : ", got " + std::to_string(offsets.front()) + " to " +
                                  std::to_string(offsets.back())));
  }
  for (std::size_t b = 1; b < offsets.size(); ++b) {
    if (offsets[b] < offsets[b - 1]) {
      refuse(std::string(name) + " must not descend, got " + std::to_string(offsets[b]) +
             " after " + std::to_string(offsets[b - 1]));
    }
  }
}

/// Throws std::invalid_argument where a batch does not fit matrices of n and m rows.
inline void check_batch(const Batch& batch, Index n, Index m) {
  check_offsets("query_offsets", batch.query_offsets, n);
  check_offsets("key_offsets", batch.keys(), m);
  const std::size_t sequences = batch.query_offsets.size() - 1;
  if (batch.keys().size() - 1 != sequences) {
    refuse("query_offsets are of " + std::to_string(sequences) + " sequences but key_offsets of " +
           std::to_string(batch.keys().size() - 1));
  }
  if (!batch.first_positions.empty() && batch.first_positions.size() != sequences) {
    refuse("there are " + std::to_string(batch.first_positions.size()) + " first_positions for " +
           std::to_string(sequences) + " sequences");
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA

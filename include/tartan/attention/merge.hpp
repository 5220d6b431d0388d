// Merging: attention over two disjoint sets of keys, each computed alone, is attention over both.
// For keys that come in parts: chunks of a long sequence, machines that each hold some, or a prefix
// that many queries share. Layer: attention.
#pragma once

#include <cmath>
#include <type_traits>

#include "attention.hpp"
#include "no_key.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The share of each part in one row, and the log-sum-exp of both.
template <class T>
struct MergedRow {
  T share1, share2, lse;
};

/// lse = log(exp(lse1) + exp(lse2)), share = exp(lse1 - lse), without leaving the range of T. The
/// same bits with the parts the other way round; NaN where one is.
template <class T>
MergedRow<T> merge_row(T lse1, T lse2) {
  if (of_no_key(lse1)) return {T(0), T(1), lse2};
  if (of_no_key(lse2)) return {T(1), T(0), lse1};
  const bool ascending = lse1 < lse2;
  const T higher = ascending ? lse2 : lse1, lower = ascending ? lse1 : lse2;
  const T ratio = std::exp(lower - higher);
  const T larger = T(1) / (T(1) + ratio), smaller = ratio * larger;
  return {ascending ? smaller : larger, ascending ? larger : smaller, higher + std::log1p(ratio)};
}

/// Rows that are merged at a time: those of a part's values that a cache holds, and the shares of
/// each.
inline constexpr Index merge_rows = 64;

/// How much of one part goes into each row of a block. `kept` has all bits set, or none where the
/// part attends no key: its values are then not looked at, whatever they are.
template <class T>
struct Shares {
  T share[merge_rows];
  T kept[merge_rows];

  void set(Index r, T part_share, T part_lse) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    share[r] = part_share;
    kept[r] = std::bit_cast<T>(of_no_key(part_lse) ? Bits(0) : ~Bits(0));
  }
};

/// share * x. Not to be fused with the addition of the other part's, for which the two would then
/// not be alike: merging is commutative.
template <class P>
EIGEN_STRONG_INLINE P share_of(const P& share, const P& kept, const P& x) {
  P product = simd::pmul(share, simd::pand(kept, x));
  simd::opaque(product);
  return product;
}

/// Merges a run of numbers: of row r, where `in_one_row`, or of one column from row r on.
template <bool in_one_row, class T>
void merge_run(T* out, const T* out1, const Shares<T>& shares1, const T* out2,
               const Shares<T>& shares2, Index r, Index count) {
  using P = simd::Packet<T>;
  constexpr int W = simd::width<T>;
  const auto at = [r](const T* of_rows, Index x) -> P {
    if constexpr (in_one_row) return simd::broadcast(of_rows[r]);
    return simd::load(of_rows + r + x);
  };
  Index x = 0;
  for (; x + W <= count; x += W) {
    const P a = share_of<P>(at(shares1.share, x), at(shares1.kept, x), simd::load(out1 + x));
    const P b = share_of<P>(at(shares2.share, x), at(shares2.kept, x), simd::load(out2 + x));
    simd::store(out + x, simd::padd(a, b));
  }
  for (; x < count; ++x) {
    const Index row = in_one_row ? r : r + x;
    out[x] = share_of<T>(shares1.share[row], shares1.kept[row], out1[x]) +
             share_of<T>(shares2.share[row], shares2.kept[row], out2[x]);
  }
}

/// One call. out and lse may be those of part 1.
template <class T>
struct MergeCall {
  View<T> out, lse;
  View<const T> out1, lse1, out2, lse2;
};

/// Merges one head's rows [first, last), at most merge_rows of them.
template <class T>
void merge_block(const MergeCall<T>& call, Index head, Index first, Index last) {
  const Index rows = last - first;
  // Local first, and so compiled alike whether or not lse is lse1.
  T lse1[merge_rows], lse2[merge_rows], lse[merge_rows];
  for (Index r = 0; r < rows; ++r) {
    lse1[r] = *call.lse1.at(first + r, head);
    lse2[r] = *call.lse2.at(first + r, head);
  }
  Shares<T> shares1, shares2;
  for (Index r = 0; r < rows; ++r) {
    const MergedRow<T> merged = merge_row(lse1[r], lse2[r]);
    shares1.set(r, merged.share1, lse1[r]);
    shares2.set(r, merged.share2, lse2[r]);
    lse[r] = merged.lse;
  }
  for (Index r = 0; r < rows; ++r) *call.lse.at(first + r, head) = lse[r];
  const Index dv = call.out.cols / call.lse.cols;
  const auto run = [&](auto in_one_row, Index r, Index c, Index count) {
    merge_run<in_one_row>(call.out.at(r, c), call.out1.at(r, c), shares1, call.out2.at(r, c),
                          shares2, r - first, count);
  };
  const auto all = [&](Index View<const T>::*stride) {
    return as_const(call.out).*stride == 1 && call.out1.*stride == 1 && call.out2.*stride == 1;
  };
  const Index begin = head * dv, end = begin + dv;
  if (all(&View<const T>::col_stride)) {
    for (Index r = first; r < last; ++r) run(std::true_type{}, r, begin, dv);
  } else if (all(&View<const T>::row_stride)) {
    for (Index c = begin; c < end; ++c) run(std::false_type{}, first, c, rows);
  } else {
    for (Index r = first; r < last; ++r) {
      for (Index c = begin; c < end; ++c) run(std::true_type{}, r, c, 1);
    }
  }
}

template <class T>
void merge_parts(const MergeCall<T>& call, const auto& executor) {
  const Index blocks = ceil_div(call.out.rows, merge_rows);
  const Index tasks = task_count(executor, blocks);
  run_tasks(executor, tasks, [&](Index task) {
    for (Index b = blocks * task / tasks; b < blocks * (task + 1) / tasks; ++b) {
      const Index first = b * merge_rows, last = min(first + merge_rows, call.out.rows);
      for (Index h = 0; h < call.lse.cols; ++h) merge_block(call, h, first, last);
    }
  });
}

[[noreturn]] inline void refuse_merge(const std::string& what) {
  throw std::invalid_argument("tartan: merge: " + what);
}

/// Throws std::invalid_argument unless out1 and out2 are n×(H*dv), lse1 and lse2 n×H.
template <class T>
void check_parts(const View<const T>& out1, const View<const T>& lse1, const View<const T>& out2,
                 const View<const T>& lse2) {
  const auto text = [](const View<const T>& v) { return shape_text(v.rows, v.cols); };
  if (out1.rows != out2.rows || out1.cols != out2.cols) {
    refuse_merge("out1 is " + text(out1) + " but out2 is " + text(out2) +
                 " (both are results for the same queries)");
  }
  if (lse1.rows != lse2.rows || lse1.cols != lse2.cols) {
    refuse_merge("lse1 is " + text(lse1) + " but lse2 is " + text(lse2) +
                 " (both are results for the same queries)");
  }
  if (out1.rows != lse1.rows) {
    refuse_merge("out1 is " + text(out1) + " but lse1 is " + text(lse1) +
                 " (both have seqlen_q rows)");
  }
  if (lse1.cols == 0 ? out1.cols != 0 : out1.cols % lse1.cols != 0) {
    refuse_merge("out1 is " + text(out1) + " but lse1 is " + text(lse1) +
                 " (lse has a column for each head, out as many columns for each)");
  }
}

/// Throws std::invalid_argument unless out1 and lse1 can be written while the others are read.
template <class T>
void check_accumulated(const View<const T>& out1, const View<const T>& lse1,
                       const View<const T>& out2, const View<const T>& lse2) {
  for (const auto& v : {out1, lse1}) {
    if (v.rows * v.cols > 0 &&
        ((v.rows > 1 && v.row_stride == 0) || (v.cols > 1 && v.col_stride == 0))) {
      refuse_merge("out1 or lse1 has a stride of 0 (its elements must be apart)");
    }
  }
  if (overlap<T>(out1, lse1) || overlap<T>(out1, out2) || overlap<T>(out1, lse2) ||
      overlap<T>(lse1, out2) || overlap<T>(lse1, lse2)) {
    refuse_merge("out1 or lse1 shares memory with another argument (they are written)");
  }
}

/// The scalar type of a call; fails to compile where the matrices differ in it, or are not stored.
template <class O1, class... Others>
struct MergeScalar {
  using type = typename O1::Scalar;
  static_assert(has_direct_access<O1> && (has_direct_access<Others> && ...),
                "tartan: merge: out and lse must be stored in memory (a Matrix, Map, Block, ...): "
                "call .eval() on an expression first");
  static_assert((std::is_same_v<type, typename Others::Scalar> && ...),
                "tartan: merge: out and lse must have the same scalar type (use .cast<>())");
  static_assert(std::is_same_v<type, float> || std::is_same_v<type, double>,
                "tartan: merge: the scalar type must be float or double");
};

}  // namespace tartan::detail::inline TARTAN_ISA

namespace tartan::inline TARTAN_ISA {

/// Merges attention over some keys with attention over others, none in both: `out` and `lse` are
/// those of attention over all of them, to rounding. out1, out2: n×dv, lse1, lse2: n, as
/// attention_with_lse() returns them, or with a column for each of H heads: n×(H*dv) and n×H.
/// Any order of merging gives the same result to rounding; the two parts may be swapped without
/// changing a bit. A part without keys, lse = -infinity, changes nothing, whatever its out holds;
/// two of them give out = 0, lse = -infinity. NaN stays in its row. Returns Attention, in out1's
/// storage order; MultiHeadAttention where lse1 is a type of several columns. Cost: reads both
/// parts, writes one. Throws std::invalid_argument where shapes disagree.
///
///     auto near = attention_with_lse(q, k, v, Local<128>{});
///     auto rest = attention_with_lse(q, k, v, Strided<64>{} - Local<128>{});
///     auto [out, lse] = merge(near.out, near.lse, rest.out, rest.lse);  // Local | Strided
template <class O1, class L1, class O2, class L2, Executor E = DefaultExecutor>
auto merge(const Eigen::MatrixBase<O1>& out1, const Eigen::MatrixBase<L1>& lse1,
           const Eigen::MatrixBase<O2>& out2, const Eigen::MatrixBase<L2>& lse2,
           const E& executor = {}) {
  using T = typename detail::MergeScalar<O1, L1, O2, L2>::type;
  const auto o1 = detail::view(out1), l1 = detail::view(lse1);
  const auto o2 = detail::view(out2), l2 = detail::view(lse2);
  detail::check_parts<T>(o1, l1, o2, l2);
  std::conditional_t<L1::ColsAtCompileTime == 1, Attention<T, detail::order_of<O1>>,
                     MultiHeadAttention<T, detail::order_of<O1>>>
      merged;
  merged.out.resize(out1.rows(), out1.cols());
  merged.lse.resize(lse1.rows(), lse1.cols());
  detail::merge_parts<T>(
      {detail::mutable_view(merged.out), detail::mutable_view(merged.lse), o1, l1, o2, l2},
      executor);
  return merged;
}

/// merge() into its first part: out1 and lse1 become the merged ones. They may be blocks or Maps,
/// and are never resized. Throws std::invalid_argument, with nothing written, also where one of
/// them shares memory with another argument.
///
///     Eigen::MatrixXf out = Eigen::MatrixXf::Zero(n, dv);  // no keys yet
///     Eigen::VectorXf lse = Eigen::VectorXf::Constant(n, -std::numeric_limits<float>::infinity());
///     for (const Chunk& chunk : chunks) {
///       const auto part = attention_with_lse(q, chunk.k, chunk.v, Dense{});
///       merge_into(out, lse, part.out, part.lse);
///     }
template <class O1, class L1, class O2, class L2, Executor E = DefaultExecutor>
requires detail::DenseMatrix<O1> && detail::DenseMatrix<L1>
void merge_into(O1&& out1, L1&& lse1, const Eigen::MatrixBase<O2>& out2,
                const Eigen::MatrixBase<L2>& lse2, const E& executor = {}) {
  using T =
      typename detail::MergeScalar<std::remove_cvref_t<O1>, std::remove_cvref_t<L1>, O2, L2>::type;
  const auto o1 = detail::mutable_view(out1), l1 = detail::mutable_view(lse1);
  const auto o2 = detail::view(out2), l2 = detail::view(lse2);
  const auto part_o1 = detail::as_const(o1), part_l1 = detail::as_const(l1);
  detail::check_parts<T>(part_o1, part_l1, o2, l2);
  detail::check_accumulated<T>(part_o1, part_l1, o2, l2);
  detail::merge_parts<T>({o1, l1, part_o1, part_l1, o2, l2}, executor);
}

}  // namespace tartan::inline TARTAN_ISA

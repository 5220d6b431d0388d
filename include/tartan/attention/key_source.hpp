// Where the kernel reads a band's keys and values: in the user's matrices, or in packed copies,
// where rows lie scattered or their columns are not contiguous. Layer: attention.
#pragma once

#include <array>
#include <span>

#include "../kernel/pack.hpp"
#include "../kernel/tile.hpp"
#include "pass.hpp"
#include "scratch.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Which of a band's keys and values are to be packed.
struct PackingChoice {
  bool k;
  bool v;
  bool transposed = false;  ///< the keys, for sheared parts; implies k
  bool line = false;        ///< all keys of the lattice, to be kept among those of other lines
  bool any() const { return k || v; }
  /// True where they are packed in one of the short runs.
  bool in_short_run() const { return transposed || line; }
  bool operator==(const PackingChoice&) const = default;
};

/// Some rows of a matrix, as rearrange() takes them.
template <class S>
Strided2D<S> rows_of(const View<S>& x, const Lattice& rows) {
  return {x.at(rows.start, 0), rows.step * x.row_stride, x.col_stride};
}

/// Has rows of a matrix brought nearer, where their columns are contiguous.
template <class T, class S>
void look_ahead(const View<const S>& x, const Lattice& rows, Ahead<T>& ahead) {
  if (x.col_stride != 1) return;
  ahead.add(x.at(rows.start, 0), rows.step * x.row_stride, rows.count, x.cols);
}

/// Runs of packed keys. A run is extended as a pattern walks on, so that neighbouring tiles and
/// units find most of their keys packed already. Elements are of kind E; where they are pairs,
/// ranges of keys begin and end at even ones, perhaps beyond the last, with zeros.
template <class T, class S = T, class E = simd::Singles<T>>
class KeySource {
  static constexpr Index run_keys = 6 * block_keys;
  static constexpr std::size_t long_runs = 2, short_runs = 16;

 public:
  static constexpr Index short_run_keys = 2 * block_keys;
  /// Lattices of keys that are kept packed at once: those used last. Many where runs are short, as
  /// the lines of a grid are.
  static constexpr std::size_t runs(bool in_short) { return in_short ? short_runs : long_runs; }

  explicit KeySource(const Call<T, S>& call)
      : call_(call), k_stride_(columns(call)), v_stride_(padded<T>(call.v.cols)) {}

  /// Columns of k, or pairs of them.
  static constexpr Index columns(const Call<T, S>& call) { return ceil_div(call.k.cols, E::size); }

  static std::size_t bytes(const Call<T, S>& call) {
    const auto of = [&](Index keys, Index values) {
      return Scratch::bytes_for<T>(keys * columns(call)) +
             Scratch::bytes_for<T>(values / E::size * padded<T>(call.v.cols));
    };
    return long_runs * of(run_keys, run_keys) + short_runs * of(column_stride, short_run_keys);
  }
  void place(Scratch& scratch) {
    for (Run& run : run_) {
      run = {};
      const bool is_short = &run >= run_.data() + long_runs;
      run.room = is_short ? short_run_keys : run_keys;
      run.k = scratch.take<T>((is_short ? column_stride : run_keys) * k_stride_);
      run.v = scratch.take<T>(run.room / E::size * v_stride_);
    }
  }

  /// Packs what can't be read as it lies, and what is read so often that scattered rows, which fall
  /// on few sets of the cache, would cost more than a copy: values, which are read once for every
  /// few rows, and keys that many of the class's `tiles` read, each of them once.
  PackingChoice choose(const Band& band, Index tiles, bool sheared = false,
                       bool lines = false) const {
    constexpr Index many = 64;
    const bool k_scattered = call_.k.scattered(band.keys.step);
    const bool v_scattered = call_.v.scattered(band.keys.step);
    const auto read_by_many = [&] {
      if (call_.heads * tiles <= many) return false;
      const Index width = (band.upper.offset - band.lower.offset) / band.rows.step;  // in rows
      return call_.heads * min(tiles, width / Shape<T>::lanes + 1) > many;
    };
    return {sheared || !same_type || call_.k.col_stride != 1 || (k_scattered && read_by_many()),
            !same_type || call_.v.col_stride != 1 || call_.v.cols != v_stride_ || v_scattered,
            sheared, lines && band.keys.count <= short_run_keys};
  }

  /// Packs the keys, if they are to be and are not yet. Precondition: they fit.
  void pack(const Band& band, const PackingChoice& choice, Index begin, Index end) {
    if (choice.any()) packed(band.keys, choice, begin, end);
  }

  /// True where so many keys can be had in one piece.
  static bool fits(const PackingChoice& choice, Index keys) {
    return !choice.any() || keys <= run_keys;
  }

  /// Has the keys [begin, end) of the band brought nearer.
  void look_ahead(const Band& band, Index begin, Index end, Ahead<T>& ahead) const {
    if (begin >= end) return;
    const Lattice keys = in_memory({band.keys[begin], band.keys.step, end - begin});
    detail::look_ahead(call_.k, keys, ahead);
    detail::look_ahead(call_.v, keys, ahead);
  }

  /// The keys [begin, end) of the band, as indices into band.keys. Precondition: they fit; not
  /// choice.transposed.
  KeyPart<T> part(const Band& band, const PackingChoice& choice, Index begin, Index end) {
    const Lattice rows = in_memory(band.keys);
    KeyPart<T> keys{in_place(call_.k.at(rows[begin], 0)), rows.step * call_.k.row_stride,
                    in_place(call_.v.at(rows[begin], 0)), rows.step * call_.v.row_stride,
                    end - begin};
    if (!choice.any()) return keys;
    const Run& run = packed(band.keys, choice, begin, end);
    if (choice.k) {
      keys.k = run.k + (begin - run.begin) * k_stride_;
      keys.k_stride = k_stride_;
    }
    if (choice.v) {
      keys.v = run.v + (begin - run.begin) / E::size * v_stride_;
      keys.v_stride = v_stride_;
    }
    return keys;
  }

  /// Keys for sheared parts: slot 0 of lane 0 may be any from which on lanes attend keys of those
  /// that are packed.
  struct ShearedKeys {
    KeyPart<T> part;  ///< with slot 0 of lane 0 at key `first`
    Index first;

    /// The part with slot 0 of lane 0 at another key.
    KeyPart<T> from(Index key) const {
      KeyPart<T> moved = part;
      moved.k += key - first;
      moved.v_key -= key - first;
      moved.key += (key - first) * part.key_step;
      return moved;
    }
  };

  /// Sheared parts of `count` slots, for the keys [begin, end) of the band. Precondition: they fit;
  /// choice.transposed.
  ShearedKeys sheared(const Band& band, const PackingChoice& choice, Index count, Index begin,
                      Index end) {
    const Run& run = packed(band.keys, choice, begin, end);
    KeyPart<T> part{run.k + margin, column_stride, run.v, v_stride_, count};
    if (!choice.v) {
      const Lattice rows = in_memory(band.keys);
      part.v = in_place(call_.v.at(rows.start, 0));
      part.v_stride = rows.step * call_.v.row_stride;
      part.v_key = -run.begin;
    }
    part.sheared = true;
    return {part, run.begin};
  }

 private:
  static constexpr bool same_type = std::is_same_v<T, S>;

  /// The rows of keys in the matrices.
  Lattice in_memory(const Lattice& keys) const { return rows_of_keys(call_.runs, keys); }

  /// Numbers as the kernel reads them where they lie; only those of its type.
  static const T* in_place(const S* x) {
    if constexpr (same_type) {
      return x;
    } else {
      return nullptr;
    }
  }

  /// Keys before and after a transposed run that the lanes of a sheared part may read, and do not
  /// attend; and from column to column of one: 22.5 cache lines (AVX-512, float), since 23 were 4 %
  /// slower.
  static constexpr Index margin = 3 * Shape<T>::width + Shape<T>::widest_shear;
  static constexpr Index column_stride = short_run_keys + 2 * margin + Shape<T>::width;

  /// Packed keys [begin, end) of a lattice.
  struct Run {
    Lattice keys;
    PackingChoice choice;
    Index begin, end;
    Index last_use;
    Index room;  ///< keys
    T* k;        ///< of a transposed run, its margin first
    T* v;
  };

  const Run& packed(const Lattice& keys, const PackingChoice& choice, Index begin, Index end) {
    const bool in_short = choice.in_short_run();
    const std::span<Run> candidates(run_.data() + (in_short ? long_runs : 0), runs(in_short));
    Run* run = &candidates[0];
    for (Run& r : candidates) {
      const bool same = r.keys == keys && r.choice == choice;
      if (same || r.last_use < run->last_use) run = &r;
      if (same) break;
    }
    run->last_use = ++uses_;
    const bool extends = run->keys == keys && run->choice == choice && run->begin <= begin &&
                         begin <= run->end && end - run->begin <= run->room;
    if (!extends) {
      run->keys = keys;
      run->choice = choice;
      run->begin = run->end = begin;
    }
    if (end <= run->end) return *run;
    const Lattice rows = in_memory(keys);
    const Lattice added{rows[run->end], rows.step, min(end, keys.count) - run->end};
    const Index offset = run->end - run->begin;
    if (choice.transposed) {
      rearrange(rows_of(call_.k, added), added.count, call_.k.cols,
                Strided2D<T>{run->k + margin + offset, 1, column_stride}, T(1));
    } else if (choice.k) {
      pack_keys(added, end - run->end, run->k + offset * k_stride_);
    }
    if (choice.v) pack_values(added, run->v + offset / E::size * v_stride_);
    run->end = end;
    return *run;
  }

  /// Packs rows of k, and zeros up to `count` rows.
  void pack_keys(const Lattice& rows, Index count, T* to) const {
    const Strided2D<const S> from = rows_of(call_.k, rows);
    const Strided2D<T> packed{to, k_stride_, 1};
    if constexpr (E::size > 1) {
      rearrange_pairs(from, rows.count, call_.k.cols, packed);
    } else {
      rearrange(from, rows.count, call_.k.cols, packed, T(1));
    }
    std::fill(to + rows.count * k_stride_, to + count * k_stride_, T(0));
  }

  void pack_values(const Lattice& rows, T* to) const {
    const Strided2D<const S> from = rows_of(call_.v, rows);
    const Index cols = call_.v.cols;
    if constexpr (E::size > 1) {
      rearrange_pairs({from.data, from.col_stride, from.row_stride}, cols, rows.count,
                      {to, 1, v_stride_});
    } else {
      rearrange(from, rows.count, cols, Strided2D<T>{to, v_stride_, 1}, T(1));
    }
    for (Index r = 0; r < ceil_div(rows.count, E::size) && cols < v_stride_; ++r) {
      std::fill(to + r * v_stride_ + cols, to + (r + 1) * v_stride_, T(0));
    }
  }

  const Call<T, S>& call_;
  Index k_stride_, v_stride_;
  std::array<Run, long_runs + short_runs> run_{};
  Index uses_ = 0;
};

}  // namespace tartan::detail::inline TARTAN_ISA

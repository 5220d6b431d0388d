// Where the kernel reads a band's keys and values: in the user's matrices, or in packed copies,
// where rows lie scattered or their columns are not contiguous. Layer: attention.
#pragma once

#include <array>

#include "../kernel/pack.hpp"
#include "../kernel/tile.hpp"
#include "pass.hpp"
#include "scratch.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// What a band's keys and values need.
struct PackingChoice {
  bool k;
  bool v;
  bool any() const { return k || v; }
};

/// Hands out blocks of a band's keys. Packed blocks are kept in a small direct-mapped cache, so
/// that the tiles and units that follow find them again.
template <class T>
class KeySource {
  static constexpr int slots = 8;

 public:
  explicit KeySource(const Call<T>& call) : call_(call) {}

  static constexpr Index padded(Index columns) {
    return ceil_div(columns, Shape<T>::width) * Shape<T>::width;
  }
  static std::size_t bytes(const Call<T>& call) {
    return Scratch::bytes_for<T>(slots * block_keys * call.k.cols) +
           Scratch::bytes_for<T>(slots * block_keys * padded(call.v.cols));
  }
  void place(Scratch& scratch) {
    k_ = scratch.take<T>(slots * block_keys * call_.k.cols);
    v_ = scratch.take<T>(slots * block_keys * padded(call_.v.cols));
    tags_ = {};
  }

  /// Packs what can't be read as it lies, and what is read so often that scattered rows, which fall
  /// on few sets of the cache, would cost more than a copy: values are read once for every few
  /// rows, keys once a tile.
  PackingChoice choose(const Band& band, Index tiles) const {
    const bool scattered = band.keys.step * call_.k.row_stride > 2 * call_.k.cols;
    const bool v_scattered = band.keys.step * call_.v.row_stride > 2 * call_.v.cols;
    return {call_.k.col_stride != 1 || (scattered && tiles > 2),
            call_.v.col_stride != 1 || call_.v.cols != padded(call_.v.cols) || v_scattered};
  }

  /// The keys [begin, end) of the band, as indices into band.keys. Where the choice packs, they
  /// must lie in one block of block_keys, counted from 0.
  KeyBlock<T> block(const Band& band, const PackingChoice& choice, Index begin, Index end) {
    KeyBlock<T> keys{call_.k.at(band.keys[begin], 0),
                     band.keys.step * call_.k.row_stride,
                     call_.v.at(band.keys[begin], 0),
                     band.keys.step * call_.v.row_stride,
                     begin,
                     end - begin};
    if (!choice.any()) return keys;
    const Index number = begin / block_keys;
    const Index slot = number % slots;
    const Index offset = begin - number * block_keys;
    const Lattice whole = sub_lattice(band.keys, number * block_keys, block_keys);
    T* k = k_ + slot * block_keys * call_.k.cols;
    T* v = v_ + slot * block_keys * padded(call_.v.cols);
    Tag& tag = tags_[static_cast<std::size_t>(slot)];
    if (tag.keys != whole || tag.k != choice.k || tag.v != choice.v) {
      if (choice.k) pack(call_.k, whole, k, call_.k.cols);
      if (choice.v) pack(call_.v, whole, v, padded(call_.v.cols));
      tag = {whole, choice.k, choice.v};
    }
    if (choice.k) {
      keys.k = k + offset * call_.k.cols;
      keys.k_stride = call_.k.cols;
    }
    if (choice.v) {
      keys.v = v + offset * padded(call_.v.cols);
      keys.v_stride = padded(call_.v.cols);
    }
    return keys;
  }

 private:
  struct Tag {
    Lattice keys;
    bool k = false;
    bool v = false;
  };

  static Lattice sub_lattice(const Lattice& keys, Index first, Index most) {
    return {keys[first], keys.step, min(most, keys.count - first)};
  }

  static void pack(const View<const T>& from, const Lattice& rows, T* to, Index to_stride) {
    rearrange<T>({from.at(rows.start, 0), rows.step * from.row_stride, from.col_stride}, rows.count,
                 from.cols, {to, to_stride, 1}, T(1));
    for (Index r = 0; r < rows.count; ++r) {
      for (Index c = from.cols; c < to_stride; ++c) to[r * to_stride + c] = T(0);
    }
  }

  const Call<T>& call_;
  T* k_ = nullptr;
  T* v_ = nullptr;
  std::array<Tag, slots> tags_{};
};

}  // namespace tartan::detail::inline TARTAN_ISA

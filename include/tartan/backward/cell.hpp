// A cell: rows and keys of a plan whose pairs are worked on by one thread. Layer: backward.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "../attention/plan.hpp"

namespace tartan::detail {

/// The pairs of some classes of rows within a range of row positions and one of key positions.
/// Cells that share row_chunk or one of their key chunks add to the same gradients, and take turns.
struct Cell {
  Index class_begin, class_end;  ///< classes of rows: from the extent's first row on
  Index row_begin, row_end;
  Index key_begin, key_end;
  Index row_chunk;                  ///< -1: none of the rows' gradients are added to
  Index key_chunk, key_chunks;      ///< the first one, and how many from there on
  bool gathers = false;             ///< takes the gathered bands of these rows, too, all their keys
  bool first_of_rows = true;        ///< no cell before it adds to the gradients of its rows
  std::uint32_t first_of_keys = 0;  ///< nor of its keys: a bit for each of the chunks
};

/// A band of few keys and many rows, the same few for all of the cells beside each other: each
/// chunk of rows gathers their gradients by itself.
struct GatheredBand {
  const PlannedBand* band;
  Index first_chunk;  ///< of rows
  Index chunks;
  Index offset;  ///< in keys, of the first chunk's gradients; those of the next ones follow
};

/// One pass of a plan, over the rows of one step, cut into cells whose order is one in which they
/// may be worked on. Nothing here depends on the number of threads, and so neither does the order
/// in which gradients are summed.
class Cells {
 public:
  Cells(const Plan& plan, Index step) : plan_(plan), step_(step) {
    const Extent& extent = plan.extent();
    rows_ = extent.row_end - extent.row_begin;
    if (rows_ <= 0) return;
    classes_ = min(step, rows_);
    apart_ = step > 1 && classes_apart();
    const Index length = ceil_div(rows_, apart_ ? step : 1);  // of what a grid is laid over
    chunk_ = chunk_of(length);
    if (apart_ && chunk_ >= length) {
      add_whole_classes();
    } else if (apart_) {
      for (Index c = 0; c < classes_; ++c) add_grid(c, c + 1);
    } else {
      find_gathered();
      add_grid(0, classes_);
    }
    find_first();
  }

  const Plan& plan() const { return plan_; }
  Index step() const { return step_; }
  const std::vector<Cell>& cells() const { return cells_; }
  Index row_chunks() const { return row_chunks_; }
  Index key_chunks() const { return key_chunks_; }

  const std::vector<GatheredBand>& gathered() const { return gathered_; }
  /// Keys of all gathered bands in all chunks.
  Index gathered_keys() const { return gathered_keys_; }
  /// The band as gathered, or null.
  const GatheredBand* find(const PlannedBand& band) const {
    if (gathered_.empty()) return nullptr;
    const auto at = std::lower_bound(
        gathered_.begin(), gathered_.end(), &band,
        [](const GatheredBand& g, const PlannedBand* b) { return std::less<>{}(g.band, b); });
    return at != gathered_.end() && at->band == &band ? &*at : nullptr;
  }

  /// True where no two classes of rows have keys in common.
  bool classes_are_apart() const { return apart_; }

  /// The keys of a class in a cell: all that it may add to, and no other class where they are
  /// apart.
  Lattice keys_of(const Cell& cell, Index row_class) const {
    if (!apart_) return Lattice::range(cell.key_begin, cell.key_end);
    const Index own = key_residues_[static_cast<std::size_t>(row_class)];
    return own < 0 ? Lattice{} : keys_of_residue(cell, own);
  }

  /// Calls visit(keys) for the keys of a cell whose gradients no cell before it adds to.
  template <class Visit>
  void visit_first_keys(const Cell& cell, const Visit& visit) const {
    if (apart_) {
      for (Index c = cell.class_begin; c < cell.class_end && cell.first_of_keys; ++c) {
        visit(keys_of(cell, c));
      }
      for (Index r = 0; r < step_ && cell.row_chunk < 0 && cell.key_chunks == 0; ++r) {
        if (!taken_[static_cast<std::size_t>(r)]) visit(keys_of_residue(cell, r));
      }
      return;
    }
    for (Index x = 0; x < cell.key_chunks; ++x) {
      const Index begin = cell.key_begin + x * rows_in_chunk();
      if (cell.first_of_keys >> x & 1) {
        visit(Lattice::range(begin, min(cell.key_end, begin + rows_in_chunk())));
      }
    }
  }

  std::span<const PlannedBand> bands_of(Index row_class) const {
    return plan_.bands({step_, floor_mod(plan_.extent().row_begin + row_class, step_)});
  }

 private:
  /// Rows in a chunk: enough that reading them is little beside the work on their pairs; and chunks
  /// enough that many threads find cells that share nothing.
  static constexpr Index fewest_rows = 256, most_rows = 1024, most_chunks = 64;
  static Index chunk_of(Index length) {
    const auto whole = [](Index rows) { return ceil_div(rows, 128) * 128; };
    return max(std::clamp(whole(ceil_div(length, 16)), fewest_rows, most_rows),
               whole(ceil_div(length, most_chunks)));
  }

  /// True where no two classes of rows have a key in common: each has keys of a residue of its own.
  bool classes_apart() {
    taken_.assign(static_cast<std::size_t>(step_), false);
    key_residues_.assign(static_cast<std::size_t>(classes_), -1);
    for (Index c = 0; c < classes_; ++c) {
      Index& own = key_residues_[static_cast<std::size_t>(c)];
      for (const PlannedBand& planned : bands_of(c)) {
        const Lattice& keys = planned.band.keys;
        if (keys.step % step_ != 0) return false;
        const Index residue = floor_mod(keys.start, step_);
        if (own == residue) continue;
        if (own >= 0 || taken_[static_cast<std::size_t>(residue)]) return false;
        own = residue;
        taken_[static_cast<std::size_t>(residue)] = true;
      }
    }
    return true;
  }

  /// Cells of a few whole classes each, none of which shares anything with another.
  void add_whole_classes() {
    const Extent& extent = plan_.extent();
    const Index together = max(1, chunk_of(rows_) / ceil_div(rows_, step_));
    for (Index c = 0; c < classes_; c += together) {
      cells_.push_back({c, min(classes_, c + together), extent.row_begin, extent.row_end, 0,
                        extent.key_end, row_chunks_++, key_chunks_++, 1});
    }
  }

  /// The chunks of rows that a band's rows lie in.
  Lattice chunks_of(const Lattice& rows) const {
    const Index first = plan_.extent().row_begin, size = rows_in_chunk();
    return Lattice::range((rows.start - first) / size, (rows.end() - 1 - first) / size + 1);
  }
  Index rows_in_chunk() const { return apart_ ? chunk_ * step_ : chunk_; }

  /// Bands whose keys, gathered in each chunk of rows, are fewer than all keys together.
  void find_gathered() {
    for (Index c = 0; c < classes_; ++c) {
      for (const PlannedBand& planned : bands_of(c)) {
        if (planned.band.empty()) continue;
        const Lattice chunks = chunks_of(planned.band.rows);
        const Index keys = chunks.count * planned.band.keys.count;
        if (chunks.count < 2 || gathered_keys_ + keys > plan_.extent().key_end) continue;
        gathered_.push_back({&planned, chunks.start, chunks.count, gathered_keys_});
        gathered_keys_ += keys;
      }
    }
    std::sort(gathered_.begin(), gathered_.end(),
              [](const auto& a, const auto& b) { return std::less<>{}(a.band, b.band); });
  }

  /// Cells of some classes over a grid of chunks of rows and chunks of keys, diagonal after
  /// diagonal: those of one diagonal share nothing.
  void add_grid(Index class_begin, Index class_end) {
    const Extent& extent = plan_.extent();
    const Index size = rows_in_chunk();
    const Index heights = ceil_div(rows_, size), widths = ceil_div(extent.key_end, size);
    std::vector<bool> present(static_cast<std::size_t>(heights * widths));
    std::vector<bool> gathers(static_cast<std::size_t>(heights));
    for (Index c = class_begin; c < class_end; ++c) {
      for (const PlannedBand& planned : bands_of(c)) mark(planned, size, widths, present, gathers);
    }
    std::vector<bool> rows_seen(static_cast<std::size_t>(heights));
    std::vector<bool> keys_seen(static_cast<std::size_t>(widths));
    const auto add = [&](Index r, Index k, Index count) {
      const bool gather = gathers[static_cast<std::size_t>(r)];
      gathers[static_cast<std::size_t>(r)] = false;
      const Index rows = extent.row_begin + r * size;
      cells_.push_back({class_begin, class_end, rows, min(extent.row_end, rows + size), k * size,
                        min(extent.key_end, (k + count) * size), row_chunks_ + r, key_chunks_ + k,
                        count, gather});
      rows_seen[static_cast<std::size_t>(r)] = true;
      for (Index x = k; x < k + count; ++x) keys_seen[static_cast<std::size_t>(x)] = true;
    };
    const auto is_present = [&](Index r, Index k) {
      return bool(present[static_cast<std::size_t>(r * widths + k)]);
    };
    // Rows of few keys have them in one cell; each third chunk of them first, as these share none.
    std::vector<bool> is_narrow(static_cast<std::size_t>(heights));
    for (Index x = 0; x < 3 && heights > 3; ++x) {
      for (Index r = x; r < heights; r += 3) {
        Index first = 0, last = widths - 1;
        while (first <= last && !is_present(r, first)) ++first;
        while (first <= last && !is_present(r, last)) --last;
        if (first > last || last - first > 2) continue;
        is_narrow[static_cast<std::size_t>(r)] = true;
        add(r, first, last - first + 1);
      }
    }
    // From the diagonal on which rows see themselves to lower ones, then from the topmost down.
    const Index shift = floor_div(extent.row_begin, size);
    for (Index x = 0; x < heights + widths - 1; ++x) {
      const Index below = floor_mod(x - shift, heights + widths - 1);
      for (Index r = 0; r < heights; ++r) {
        Index k = r - below;
        if (k < 0) k += heights + widths - 1;
        if (k >= widths || is_narrow[static_cast<std::size_t>(r)]) continue;
        if (is_present(r, k)) add(r, k, 1);
      }
    }
    // What is left has gradients of 0, but for those of gathered bands.
    for (Index r = 0; r < heights; ++r) {
      if (!rows_seen[static_cast<std::size_t>(r)]) add(r, 0, 0);
    }
    for (Index k = 0; k < widths; ++k) {
      if (keys_seen[static_cast<std::size_t>(k)]) continue;
      cells_.push_back({class_begin, class_end, 0, 0, k * size, min(extent.key_end, (k + 1) * size),
                        -1, key_chunks_ + k, 1});
    }
    row_chunks_ += heights;
    key_chunks_ += widths;
  }

  Lattice keys_of_residue(const Cell& cell, Index residue) const {
    return Lattice::residue_class(residue, step_, 0, plan_.extent().key_end)
        .within(cell.key_begin, cell.key_end);
  }

  void find_first() {
    if (apart_ && std::find(taken_.begin(), taken_.end(), false) != taken_.end()) {
      cells_.push_back({0, 0, 0, 0, 0, plan_.extent().key_end, -1, -1, 0});
    }
    std::vector<bool> rows(static_cast<std::size_t>(row_chunks_));
    std::vector<bool> keys(static_cast<std::size_t>(key_chunks_));
    for (Cell& cell : cells_) {
      if (cell.row_chunk >= 0) {
        cell.first_of_rows = !rows[static_cast<std::size_t>(cell.row_chunk)];
        rows[static_cast<std::size_t>(cell.row_chunk)] = true;
      }
      for (Index x = 0; x < cell.key_chunks; ++x) {
        const auto k = static_cast<std::size_t>(cell.key_chunk + x);
        if (!keys[k]) cell.first_of_keys |= 1u << x;
        keys[k] = true;
      }
    }
  }

  /// Marks the chunks of keys that each chunk of the band's rows sees.
  void mark(const PlannedBand& planned, Index size, Index widths, std::vector<bool>& present,
            std::vector<bool>& gathers) const {
    const Band& band = planned.band;
    if (band.empty()) return;
    const bool gathered = find(planned) != nullptr;
    const Lattice chunks = chunks_of(band.rows);
    for (Index x = 0; x < chunks.count; ++x) {
      const Index r = chunks[x], begin = plan_.extent().row_begin + r * size;
      const Lattice rows = band.rows.within(begin, begin + size);
      if (rows.empty()) continue;
      if (gathered) {
        gathers[static_cast<std::size_t>(r)] = true;
        continue;
      }
      const Index first = band.keys_of(planned.mover(rows.start)).first;
      const Index last = band.keys_of(planned.mover(rows.end() - 1)).last;
      if (first > last) continue;
      for (Index k = band.keys[first] / size; k <= band.keys[last] / size; ++k) {
        present[static_cast<std::size_t>(r * widths + k)] = true;
      }
    }
  }

  const Plan& plan_;
  Index step_;
  Index rows_ = 0, classes_ = 0;
  Index chunk_ = 0;
  bool apart_ = false;
  std::vector<Index> key_residues_;  // of each class where they are apart; -1: it has no keys
  std::vector<bool> taken_;          // residues of keys that a class has
  std::vector<Cell> cells_;
  Index row_chunks_ = 0, key_chunks_ = 0;
  std::vector<GatheredBand> gathered_;
  Index gathered_keys_ = 0;
};

}  // namespace tartan::detail

// A cell: rows and keys of a plan whose pairs are worked on by one thread. Layer: backward.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "../attention/plan.hpp"

namespace tartan::detail {

/// The pairs of some classes of rows within a range of row positions and one of key positions.
/// Cells with the same row_chunk or key_chunk add to the same gradients, and take turns.
struct Cell {
  Index class_begin, class_end;  ///< classes of rows: from the extent's first row on
  Index row_begin, row_end;
  Index key_begin, key_end;
  Index row_chunk;       ///< -1: none of the rows' gradients are added to
  Index key_chunk;       ///< -1: none of the keys'
  bool gathers = false;  ///< takes the gathered bands of these rows, too, with all of their keys
  bool first_of_rows = true;  ///< no cell before it adds to the gradients of its rows
  bool first_of_keys = true;  ///< nor of its keys
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

  /// Calls visit(keys) for all keys whose gradients the cell adds to, and no other of its pass but
  /// for those with the same key_chunk; of one that has no rows, those that no row can attend.
  template <class Visit>
  void visit_keys(const Cell& cell, const Visit& visit) const {
    if (!apart_) return visit(Lattice::range(cell.key_begin, cell.key_end));
    const auto residue = [&](Index r) {
      visit(Lattice::residue_class(r, step_, 0, plan_.extent().key_end)
                .within(cell.key_begin, cell.key_end));
    };
    for (Index c = cell.class_begin; c < cell.class_end; ++c) {
      const Index own = key_residues_[static_cast<std::size_t>(c)];
      if (own >= 0) residue(own);
    }
    if (cell.row_chunk >= 0) return;
    for (Index r = 0; r < step_; ++r) {
      if (!taken_[static_cast<std::size_t>(r)]) residue(r);
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
                        extent.key_end, row_chunks_++, key_chunks_++});
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
    const auto add = [&](Index r, Index k) {
      const bool gather = gathers[static_cast<std::size_t>(r)];
      gathers[static_cast<std::size_t>(r)] = false;
      const Index rows = extent.row_begin + r * size;
      cells_.push_back({class_begin, class_end, rows, min(extent.row_end, rows + size),
                        max(0, k) * size, k < 0 ? 0 : min(extent.key_end, (k + 1) * size),
                        row_chunks_ + r, k < 0 ? -1 : key_chunks_ + k, gather});
      rows_seen[static_cast<std::size_t>(r)] = true;
      if (k >= 0) keys_seen[static_cast<std::size_t>(k)] = true;
    };
    // From the diagonal on which rows see themselves to lower ones, then from the topmost down.
    const Index shift = floor_div(extent.row_begin, size);
    for (Index x = 0; x < heights + widths - 1; ++x) {
      const Index below = floor_mod(x - shift, heights + widths - 1);
      for (Index r = 0; r < heights; ++r) {
        Index k = r - below;
        if (k < 0) k += heights + widths - 1;
        if (k < widths && present[static_cast<std::size_t>(r * widths + k)]) add(r, k);
      }
    }
    // What is left has gradients of 0, but for those of gathered bands.
    for (Index r = 0; r < heights; ++r) {
      if (!rows_seen[static_cast<std::size_t>(r)]) add(r, -1);
    }
    for (Index k = 0; k < widths; ++k) {
      if (keys_seen[static_cast<std::size_t>(k)]) continue;
      cells_.push_back({class_begin, class_begin + 1, 0, 0, k * size,
                        min(extent.key_end, (k + 1) * size), -1, key_chunks_ + k});
    }
    row_chunks_ += heights;
    key_chunks_ += widths;
  }

  void find_first() {
    if (apart_ && std::find(taken_.begin(), taken_.end(), false) != taken_.end()) {
      cells_.push_back({0, 0, 0, 0, 0, plan_.extent().key_end, -1, -1});
    }
    std::vector<bool> rows(static_cast<std::size_t>(row_chunks_));
    std::vector<bool> keys(static_cast<std::size_t>(key_chunks_));
    const auto first = [](std::vector<bool>& seen, Index x) {
      if (x < 0) return true;
      const bool is_first = !seen[static_cast<std::size_t>(x)];
      seen[static_cast<std::size_t>(x)] = true;
      return is_first;
    };
    for (Cell& cell : cells_) {
      cell.first_of_rows = first(rows, cell.row_chunk);
      cell.first_of_keys = first(keys, cell.key_chunk);
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

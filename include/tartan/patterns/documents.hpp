// Documents: sequences packed one after the other, each with its own positions. Layer: patterns.
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "dense.hpp"

namespace tartan {

/// i and j are in one document, which begins at s, and P holds (i - s, j - s): any pattern inside
/// each document, as if it stood alone. Document x is [offsets[x], offsets[x + 1]).
/// `Documents{{0, 2, 5}}`:
///
///     ■ ■ □ □ □
///     ■ ■ □ □ □
///     □ □ ■ ■ ■
///     □ □ ■ ■ ■
///     □ □ ■ ■ ■
template <Pattern P = Dense>
class Documents {
 public:
  /// Throws std::invalid_argument where there is no offset, the first is not 0, or one is below the
  /// one before. Equal ones are an empty document.
  explicit Documents(std::vector<Index> offsets, const P& inside = P{}) : inside_(inside) {
    if (offsets.empty() || offsets.front() != 0) {
      throw std::invalid_argument("tartan: Documents: offsets must begin with 0" +
                                  (offsets.empty() ? std::string(", got none")
                                                   : ", got " + std::to_string(offsets.front())));
    }
    for (std::size_t x = 1; x < offsets.size(); ++x) {
      if (offsets[x] < offsets[x - 1]) {
        throw std::invalid_argument("tartan: Documents: offsets must not descend, got " +
                                    std::to_string(offsets[x]) + " after " +
                                    std::to_string(offsets[x - 1]));
      }
    }
    offsets_ = std::make_shared<std::vector<Index>>(std::move(offsets));
  }

  const std::vector<Index>& offsets() const { return *offsets_; }
  const P& inside() const { return inside_; }

  bool contains(Index i, Index j) const {
    if (i < 0 || i >= offsets_->back()) return false;
    const auto end = document_end(i);
    const Index begin = *std::prev(end);
    return begin <= j && j < *end && inside_.contains(i - begin, j - begin);
  }

  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    const Index row_end = detail::min(extent.row_end, offsets_->back());
    for (Index i = detail::max(0, extent.row_begin); i < row_end;) {
      const auto end = document_end(i);
      const Index begin = *std::prev(end);
      if (begin >= extent.key_end) return;  // nor has a later one keys
      const Index last_row = detail::min(*end, row_end);
      const Index keys = detail::min(*end, extent.key_end) - begin;
      for_each_band(inside_, {i - begin, last_row - begin, keys},
                    [&]<class Keep>(const Band& band, const Keep& keep) {
                      const Band here{moved(band.rows, begin), moved(band.keys, begin), band.lower,
                                      band.upper};
                      if constexpr (std::same_as<Keep, KeepAll>) {
                        visit(here);
                      } else {
                        visit(here, [keep, begin](Index row, Index key) {
                          return keep(row - begin, key - begin);
                        });
                      }
                    });
      i = last_row;
    }
  }

 private:
  static constexpr Lattice moved(const Lattice& l, Index by) {
    return {l.start + by, l.step, l.count};
  }
  /// Where the end of position i's document stands in the offsets.
  auto document_end(Index i) const {
    return std::upper_bound(offsets_->begin(), offsets_->end(), i);
  }

  std::shared_ptr<const std::vector<Index>> offsets_;  // shared: filters copy patterns
  [[no_unique_address]] P inside_;
};

Documents(std::vector<Index>)->Documents<Dense>;
template <Pattern P>
Documents(std::vector<Index>, P) -> Documents<P>;

}  // namespace tartan

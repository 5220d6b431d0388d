// A mask as a list of keys for each row (CSR), which the row loop walks. Part of the benchmark.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <tartan/tartan.hpp>

namespace bench {

using Eigen::Index;

struct CsrMask {
  std::vector<Index> row_start;   // n + 1 offsets into `key`
  std::vector<std::int32_t> key;  // ascending in each row

  const std::int32_t* keys_of(Index i) const { return key.data() + start(i); }
  Index count_of(Index i) const { return start(i + 1) - start(i); }

 private:
  Index start(Index i) const { return row_start[static_cast<std::size_t>(i)]; }
};

/// The mask of n queries and n keys. Built once and not timed.
template <tartan::Pattern P>
CsrMask csr_mask(const P& pattern, Index n) {
  CsrMask mask;
  mask.row_start.push_back(0);
  for (Index i = 0; i < n; ++i) {
    tartan::for_each_band(pattern, {i, i + 1, n}, [&](const tartan::Band& band, const auto& keep) {
      const tartan::KeyRun run = band.keys_of(i);
      for (Index t = run.first; t <= run.last; ++t) {
        if (keep(i, band.keys[t])) mask.key.push_back(static_cast<std::int32_t>(band.keys[t]));
      }
    });
    std::sort(mask.key.begin() + mask.row_start.back(), mask.key.end());
    mask.row_start.push_back(static_cast<Index>(mask.key.size()));
  }
  return mask;
}

}  // namespace bench

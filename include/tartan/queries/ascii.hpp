// A pattern drawn in text. Layer: queries.
#pragma once

#include <cstddef>
#include <string>

#include "pairs.hpp"

namespace tartan {

/// The mask as n lines of m cells with a space between: ■ attended, □ not (UTF-8).
/// Cost: 4 * n * m bytes. Throws std::invalid_argument where a size is negative.
///
///     std::cout << ascii(Local<3>{}, 3, 5);
///     // ■ ■ □ □ □
///     // ■ ■ ■ □ □
///     // □ ■ ■ ■ □
template <Pattern P>
std::string ascii(const P& pattern, Index n, Index m) {
  detail::check_sizes("ascii", n, m);
  const std::string attended = "\xE2\x96\xA0";  // ■
  const std::string empty = "\xE2\x96\xA1";     // □
  const std::size_t cell = empty.size() + 1;    // with the space or the newline after it
  std::string row;
  for (Index j = 0; j < m; ++j) row += empty + (j + 1 < m ? ' ' : '\n');
  if (m == 0) row = "\n";
  std::string picture;
  for (Index i = 0; i < n; ++i) picture += row;
  detail::for_each_pair(pattern, Extent{0, n, m}, [&](Index i, Index j) {
    picture.replace(static_cast<std::size_t>(i * m + j) * cell, attended.size(), attended);
  });
  return picture;
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
std::string ascii(const P& pattern, Index n) {
  return ascii(pattern, n, n);
}

}  // namespace tartan

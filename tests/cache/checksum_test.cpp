// The checksum: every single change of a short text changes it.
#include <tartan/cache/checksum.hpp>

#include <set>
#include <vector>

#include "support/catch.hpp"

using tartan::detail::fnv1a_words;

TEST_CASE("fnv1a_words: bits and lengths count") {
  std::set<std::uint64_t> seen;
  std::size_t tried = 0;
  for (std::size_t length = 0; length < 30; ++length) {
    std::vector<std::byte> bytes(length);
    seen.insert(fnv1a_words(bytes));
    ++tried;
    for (std::size_t at = 0; at < length; ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        bytes[at] = std::byte(1 << bit);
        seen.insert(fnv1a_words(bytes));
        ++tried;
        bytes[at] = std::byte(0);
      }
    }
  }
  CHECK(seen.size() == tried);
}

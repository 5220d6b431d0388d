// The second translation unit: links with the first only if all that headers define is inline.
#include <tartan/png/png.hpp>

std::size_t png_size_of(const tartan::Picture& picture) {
  return tartan::png_bytes(picture).size();
}

// Writes a picture as a stranger would, beside another file that does so too.
#include <string>
#include <tartan/png/png.hpp>
#include <tartan/tartan.hpp>

std::size_t png_size_of(const tartan::Picture& picture);  // png_second.cpp

int main() {
  const tartan::Picture picture = tartan::mask_picture(tartan::Local<5>{}, 16);
  tartan::write_png("mask.png", picture);
  return tartan::png_bytes(picture).size() == png_size_of(picture) ? 0 : 1;
}

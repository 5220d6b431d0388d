// must say: tartan: Dilated<W, D>: D must be >= 1
#include <tartan/patterns/dilated.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Dilated<3, 0> pattern;
#else
constexpr tartan::Dilated<3, 1> pattern;
#endif

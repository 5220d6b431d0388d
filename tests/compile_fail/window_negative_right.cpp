// must say: tartan: Window<L, R>: R must be >= 0 (the number of keys right of self)
#include <tartan/patterns/window.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Window<2, -2> pattern;
#else
constexpr tartan::Window<2, 0> pattern;
#endif

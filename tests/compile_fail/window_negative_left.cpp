// must say: tartan: Window<L, R>: L must be >= 0 (the number of keys left of self)
#include <tartan/patterns/window.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Window<-2, 1> pattern;
#else
constexpr tartan::Window<2, 1> pattern;
#endif

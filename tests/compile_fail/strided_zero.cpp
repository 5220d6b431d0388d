// must say: tartan: Strided<S>: S must be >= 1 (every S-th key is seen; Strided<1> is dense)
#include <tartan/patterns/strided.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Strided<0> pattern;
#else
constexpr tartan::Strided<1> pattern;
#endif

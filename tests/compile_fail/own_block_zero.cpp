// must say: tartan: OwnBlock<L>: L must be >= 1
#include <tartan/patterns/own_block.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::OwnBlock<0> pattern;
#else
constexpr tartan::OwnBlock<1> pattern;
#endif

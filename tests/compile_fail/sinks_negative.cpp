// must say: tartan: Sinks<G>: G must be >= 0
#include <tartan/patterns/sinks.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Sinks<-2> pattern;
#else
constexpr tartan::Sinks<2> pattern;
#endif

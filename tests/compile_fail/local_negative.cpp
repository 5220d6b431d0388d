// must say: tartan: Local<W>: W must be >= 0 (W counts both sides: Local<5> is two keys
#include <tartan/patterns/local.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Local<-2> pattern;
#else
constexpr tartan::Local<2> pattern;
#endif

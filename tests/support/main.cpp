// The main() of the test programs: Catch2 2.13 writes it here; version 3 links its own
// (Catch2::Catch2WithMain), and this file is empty.
#if !__has_include(<catch2/catch_all.hpp>)
#ifndef CATCH_CONFIG_MAIN
#define CATCH_CONFIG_MAIN
#endif
#include <catch2/catch.hpp>
#endif

// Catch2, version 2.13 or 3, under one name; and the message of what a call throws.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

/// The what() of the E that `call` throws; "nothing was thrown" where it returns. Matchers for
/// messages have other names in each version of Catch2; comparing strings is the same in both.
template <class E, class F>
std::string message_of(F&& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

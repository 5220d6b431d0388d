// Numbers on the command line of the examples.
#pragma once

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <tartan/tartan.hpp>

namespace command_line {

/// The number that `text` is. Throws std::invalid_argument, with the option's name, where it is
/// none or outside [least, most].
inline double number(const std::string& option, const std::string& text, int least, int most) {
  char* end = nullptr;  // of what strtod takes for a number; std::from_chars is not everywhere
  const double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(value >= least && value <= most)) {
    throw std::invalid_argument(option + " must be a number from " + std::to_string(least) +
                                " to " + std::to_string(most) + ", got '" + text + "'");
  }
  return value;
}

/// The same for whole numbers.
inline tartan::Index whole_number(const std::string& option, const std::string& text, int least,
                                  int most) {
  int value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || value < least || value > most) {
    throw std::invalid_argument(option + " must be a whole number from " + std::to_string(least) +
                                " to " + std::to_string(most) + ", got '" + text + "'");
  }
  return value;
}

}  // namespace command_line

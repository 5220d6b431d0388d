// The checks of a layout's options, and their messages. Layer: layouts.
#pragma once

#include <stdexcept>
#include <string>

#include "../patterns/parameter.hpp"

namespace tartan::detail {

/// Throws std::invalid_argument with the name of the maker, such as "layouts::bigbird", where an
/// option breaks its rule. Makers check all options before they build anything.
class OptionCheck {
 public:
  /// Checks what all makers have: n >= 0, block >= 1, head >= 0.
  OptionCheck(const char* maker, Index n, Index block, Index head = 0) : maker_(maker) {
    range(n, 0, "n");
    range(block, 1, "block", largest_stride);
    range(head, 0, "head");
  }

  void range(Index value, Index least, const char* option, Index most = largest) const {
    Parameter<0>::check(value, least, (maker_ + ": " + option).c_str(), most);
  }
  void rule(bool kept, const std::string& message) const {
    if (!kept) throw std::invalid_argument("tartan: " + maker_ + ": " + message);
  }

 private:
  std::string maker_;
};

}  // namespace tartan::detail

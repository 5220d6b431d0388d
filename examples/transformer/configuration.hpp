// What makes two runs the same run, as text: a line "name value" each.
#pragma once

#include <sstream>
#include <string>

namespace transformer {

class Configuration {
 public:
  template <class V>
  void set(const std::string& name, const V& value) {
    std::ostringstream line;
    line.precision(17);
    line << name << ' ' << value << '\n';
    text_ += line.str();
  }

  const std::string& text() const { return text_; }

  /// The first line in which `other` differs, told in words; empty where there is none.
  std::string difference(const std::string& other) const {
    std::istringstream ours(text_), theirs(other);
    for (;;) {
      std::string our_line, their_line;
      const bool more = bool(std::getline(ours, our_line));
      if (!std::getline(theirs, their_line) && !more) return {};
      if (our_line != their_line) {
        return "'" + their_line + "' there, '" + our_line + "' here";
      }
    }
  }

 private:
  std::string text_;
};

}  // namespace transformer

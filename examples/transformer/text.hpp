// A text as bytes: what is trained on, what is held out, and which pieces of it a step takes.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "model.hpp"

namespace transformer {

inline Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes;
  if (!std::filesystem::is_directory(path)) {
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (!file || bytes.empty()) {
    throw std::runtime_error("cannot read a text from '" + path +
                             "' (--text FILE names any file of bytes)");
  }
  return bytes;
}

/// Sequences one after the other, and the byte after each byte of theirs.
struct Sequences {
  Index count = 0;
  Bytes tokens, targets;
};

/// The last tenth of a text is held out.
class Text {
 public:
  /// Throws std::invalid_argument where the text is too short for sequences of `context` bytes.
  Text(Bytes bytes, Index context) : bytes_(std::move(bytes)), context_(context) {
    const Index size = static_cast<Index>(bytes_.size());
    held_out_ = size - size / 10;
    if (size / 10 <= context) {
      throw std::invalid_argument("a text of " + std::to_string(size) +
                                  " bytes is too short for a context of " +
                                  std::to_string(context) + " (it takes more than " +
                                  std::to_string(10 * context + 9) + ")");
    }
  }

  Index training_bytes() const { return held_out_; }
  Index held_out_bytes() const { return static_cast<Index>(bytes_.size()) - held_out_; }

  /// The sequences of a step: where they start depends on seed and step alone, so that a run goes
  /// on where it stopped without any state.
  Sequences batch(Index count, std::uint64_t seed, Index step) const {
    std::seed_seq of_step{std::uint32_t(seed), std::uint32_t(seed >> 32), std::uint32_t(step)};
    Random random(of_step);
    Sequences batch;
    for (Index b = 0; b < count; ++b) {
      add(batch, Index(random() % std::uint64_t(held_out_ - context_)));
    }
    return batch;
  }

  /// `count` sequences of the held-out part, evenly spaced: which of them is `which`.
  Sequences held_out(Index count, Index which) const {
    const Index room = held_out_bytes() - context_ - 1;
    Sequences one;
    add(one, held_out_ + (count > 1 ? room * which / (count - 1) : 0));
    return one;
  }

 private:
  void add(Sequences& to, Index start) const {
    const auto at = bytes_.begin() + start;
    to.tokens.insert(to.tokens.end(), at, at + context_);
    to.targets.insert(to.targets.end(), at + 1, at + 1 + context_);
    ++to.count;
  }

  Bytes bytes_;
  Index context_, held_out_;
};

}  // namespace transformer

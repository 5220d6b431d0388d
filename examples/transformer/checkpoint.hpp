// A training run in a file: parameters, Adam's moments and the step. It is written beside the old
// one and takes its place in one go, so that there is a whole one at every moment.
//
//   8 bytes   "tartanTT"
//   6 words   format version, endianness mark, size of a number, size of the file, step,
//             size of the configuration
//   text      the configuration, filled up to a whole word
//   numbers   of each parameter: its values, first moments and second moments
//   1 word    checksum of all before
// A word is a 64-bit integer in the order of the machine that wrote it.
#pragma once

#include <fcntl.h>   // open
#include <unistd.h>  // fsync

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <tartan/cache/checksum.hpp>

#include "adam.hpp"
#include "configuration.hpp"

namespace transformer {

struct CheckpointHeader {
  static constexpr std::uint64_t this_version = 1, this_order = 0x0102030405060708u;

  std::array<char, 8> mark{'t', 'a', 'r', 't', 'a', 'n', 'T', 'T'};
  std::uint64_t version = this_version, order = this_order;
  std::uint64_t number_bytes = 0, file_bytes = 0, step = 0, configuration_bytes = 0;
};
static_assert(sizeof(CheckpointHeader) == 7 * 8);

/// Makes `bytes` the contents of the file at `path`, or leaves it as it is and throws
/// std::runtime_error.
inline void replace_file(const std::string& path, std::span<const std::byte> bytes) {
  const std::string beside = path + ".new";
  const auto refuse = [&](const char* what) {
    throw std::runtime_error(std::string("cannot ") + what + " '" + beside +
                             "': " + std::generic_category().message(errno));
  };
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) refuse("open");
  bool written = true;
  while (written && !bytes.empty()) {
    const auto count = ::write(file, bytes.data(), bytes.size());
    written = count > 0;
    if (written) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  // On the disk before it has the name: else a machine that stops may keep the name alone.
  written = written && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  errno = error;
  if (!written) refuse("write");
  if (std::rename(beside.c_str(), path.c_str()) != 0) refuse("rename");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (const int at = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC); at >= 0) {
    ::fsync(at);
    ::close(at);
  }
}

/// Calls visit(first number, how many) for everything that a checkpoint holds, in turn.
template <class T, class Visit>
void visit_state(Adam<T>& adam, Visit&& visit) {
  for (std::size_t i = 0; i < adam.parameters().size(); ++i) {
    for (Matrix<T>* m : {&adam.parameters()[i]->value, &adam.first(i), &adam.second(i)}) {
      visit(m->data(), static_cast<std::size_t>(m->size()));
    }
  }
}

/// How long a checkpoint of this configuration is.
template <class T>
std::size_t checkpoint_bytes(Adam<T>& adam, const std::string& configuration) {
  std::size_t numbers = 0;
  visit_state(adam, [&](T*, std::size_t count) { numbers += count; });
  return sizeof(CheckpointHeader) + (configuration.size() + 7) / 8 * 8 +
         (numbers * sizeof(T) + 7) / 8 * 8 + 8;
}

/// Saves the state after `step` steps. Throws std::runtime_error where that fails; the file is what
/// it was before then.
template <class T>
void save_checkpoint(const std::string& path, const Configuration& configuration, Index step,
                     Adam<T>& adam) {
  const std::string text = configuration.text();
  std::vector<std::byte> bytes(checkpoint_bytes(adam, text));
  CheckpointHeader header;
  header.number_bytes = sizeof(T);
  header.file_bytes = bytes.size();
  header.step = static_cast<std::uint64_t>(step);
  header.configuration_bytes = text.size();
  std::memcpy(bytes.data(), &header, sizeof header);
  std::byte* to = bytes.data() + sizeof header;
  std::memcpy(to, text.data(), text.size());
  to += (text.size() + 7) / 8 * 8;
  visit_state(adam, [&](const T* from, std::size_t count) {
    std::memcpy(to, from, count * sizeof(T));
    to += count * sizeof(T);
  });
  const std::span<const std::byte> all(bytes);
  const std::uint64_t sum = tartan::detail::fnv1a_words(all.first(bytes.size() - 8));
  std::memcpy(bytes.data() + bytes.size() - 8, &sum, 8);
  replace_file(path, bytes);
}

/// Reads the state back, and returns the step after which it was saved. Throws std::runtime_error,
/// with nothing changed, where the file is not a whole checkpoint of just this configuration.
template <class T>
Index load_checkpoint(const std::string& path, const Configuration& configuration, Adam<T>& adam) {
  const auto refuse = [&](const std::string& what) {
    throw std::runtime_error("checkpoint '" + path + "': " + what +
                             " (it is left as it is; name another file, or remove it)");
  };
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) refuse("cannot be read");
  const CheckpointHeader expected;
  CheckpointHeader header;
  if (bytes.size() < sizeof header + 8)
    refuse("truncated: " + std::to_string(bytes.size()) + " bytes are less than its head");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.mark != expected.mark) refuse("is no checkpoint");
  if (header.order != expected.order || header.version != expected.version) {
    refuse("is of another format version or byte order");
  }
  if (header.file_bytes != bytes.size()) {
    refuse("truncated or damaged: it has " + std::to_string(bytes.size()) + " bytes instead of " +
           std::to_string(header.file_bytes));
  }
  std::uint64_t sum;
  std::memcpy(&sum, bytes.data() + bytes.size() - 8, 8);
  const auto all = std::as_bytes(std::span(bytes));
  if (sum != tartan::detail::fnv1a_words(all.first(bytes.size() - 8))) {
    refuse("damaged: the checksum differs");
  }
  if (header.configuration_bytes > bytes.size() - sizeof header)
    refuse("damaged: no configuration");
  const std::string text(bytes.data() + sizeof header, header.configuration_bytes);
  if (const std::string other = configuration.difference(text); !other.empty()) {
    refuse("is of another run: " + other);
  }
  if (header.number_bytes != sizeof(T) || bytes.size() != checkpoint_bytes(adam, text)) {
    refuse("does not hold the numbers of this model");
  }
  const char* from = bytes.data() + sizeof header + (text.size() + 7) / 8 * 8;
  visit_state(adam, [&](T* to, std::size_t count) {
    std::memcpy(to, from, count * sizeof(T));
    from += count * sizeof(T);
  });
  return static_cast<Index>(header.step);
}

}  // namespace transformer

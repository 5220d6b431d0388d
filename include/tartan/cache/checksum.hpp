// A 64-bit checksum against accidents, not against people. Layer: cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tartan::detail {

/// FNV-1a (Fowler, Noll, Vo) over words of 8 bytes in the machine's order instead of bytes, the
/// last filled up with zeros, and then their number; 8 times as fast. Every change of a single word
/// changes it: xor with a word and multiplication by an odd number can be undone.
inline std::uint64_t fnv1a_words(std::span<const std::byte> bytes) {
  constexpr std::uint64_t prime = 0x100000001b3u;
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&](const std::byte* from, std::size_t count) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, count);
    hash = (hash ^ word) * prime;
    hash ^= hash >> 32;  // else high bits of words would only reach high bits
  };
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) add(bytes.data() + at, 8);
  if (at < bytes.size()) add(bytes.data() + at, bytes.size() - at);
  hash = (hash ^ bytes.size()) * prime;
  return hash ^ hash >> 32;
}

}  // namespace tartan::detail

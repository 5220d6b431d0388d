// The bytes of a saved cache: what stands where, and what is refused. Layer: cache.
//
//   8 bytes   "tartanKV"
//   8 words   format version, endianness mark, code of the scalar, kv_heads, head_dim, value_dim,
//             rewind, number of runs
//   2 words   next_position, first_row
//   4 words   of each run: start, step, count, first row
//   numbers   head by head: keys, values; rows from 0 on; filled up to a whole word
//   1 word    FNV-1a of all before
// A word is a 64-bit integer in the order of the machine that wrote it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "needed_keys.hpp"
#include "runs.hpp"

namespace tartan::detail {

/// Tells scalars apart: size and kind.
template <class S>
inline constexpr std::uint64_t scalar_code = 0;
template <>
inline constexpr std::uint64_t scalar_code<float> = 0x0432;
template <>
inline constexpr std::uint64_t scalar_code<double> = 0x0864;
template <>
inline constexpr std::uint64_t scalar_code<Eigen::half> = 0x0216;
template <>
inline constexpr std::uint64_t scalar_code<Eigen::bfloat16> = 0x0b16;

inline std::string scalar_name(std::uint64_t code) {
  return code == scalar_code<float>             ? "float"
         : code == scalar_code<double>          ? "double"
         : code == scalar_code<Eigen::half>     ? "half"
         : code == scalar_code<Eigen::bfloat16> ? "bfloat16"
                                                : "unknown";
}

[[noreturn]] inline void refuse_restore(const std::string& what) {
  throw std::invalid_argument("tartan: restore: " + what);
}

/// The words before the runs.
struct KvHeader {
  static constexpr std::array<char, 8> mark{'t', 'a', 'r', 't', 'a', 'n', 'K', 'V'};
  static constexpr std::uint64_t this_version = 1;
  static constexpr std::uint64_t this_order = 0x0102030405060708u;

  std::array<char, 8> magic = mark;
  std::uint64_t version = this_version;
  std::uint64_t order = this_order;
  std::uint64_t scalar = 0;
  Index kv_heads = 0, head_dim = 0, value_dim = 0, rewind = 0;
  Index runs = 0, next = 0, first_row = 0;

  Index rows = 0;  ///< of storage; not written: the runs say

  template <class S>
  std::uint64_t payload() const {  // no overflow: checked_header has seen to it
    return static_cast<std::uint64_t>(kv_heads * (head_dim + value_dim) * rows) * sizeof(S);
  }
};

inline constexpr std::size_t kv_header_bytes = 11 * 8;
inline constexpr std::size_t kv_run_bytes = 4 * 8;

/// Reads words, in turn.
class WordReader {
 public:
  explicit WordReader(const std::byte* at) : at_(at) {}
  template <class T>
  void operator()(T& word) {
    static_assert(sizeof(T) == 8);
    std::memcpy(&word, at_, 8);
    at_ += 8;
  }

 private:
  const std::byte* at_;
};

/// Writes words, in turn.
class WordWriter {
 public:
  explicit WordWriter(std::byte* at) : at_(at) {}
  template <class T>
  void operator()(const T& word) {
    static_assert(sizeof(T) == 8);
    std::memcpy(at_, &word, 8);
    at_ += 8;
  }

 private:
  std::byte* at_;
};

template <class Header, class Word>
void visit_header(Header& header, Word&& word) {
  word(header.magic);
  word(header.version);
  word(header.order);
  word(header.scalar);
  word(header.kv_heads);
  word(header.head_dim);
  word(header.value_dim);
  word(header.rewind);
  word(header.runs);
  word(header.next);
  word(header.first_row);
}

template <class Run, class Word>
void visit_run(Run& run, Word&& word) {
  word(run.positions.start);
  word(run.positions.step);
  word(run.positions.count);
  word(run.first_row);
}

/// The header, where these are bytes of a cache of S of this format and this machine's byte order.
template <class S>
KvHeader checked_header(std::span<const std::byte> bytes) {
  KvHeader header;
  if (bytes.size() < kv_header_bytes + 8) {
    refuse_restore("a cache takes " + std::to_string(kv_header_bytes + 8) +
                   " bytes at least, got " + std::to_string(bytes.size()));
  }
  visit_header(header, WordReader(bytes.data()));
  if (header.magic != KvHeader::mark) refuse_restore("these are no bytes of a cache");
  if (header.order != KvHeader::this_order) {
    refuse_restore(header.order == 0x0807060504030201u
                       ? "the cache must be of this machine's byte order, got the other"
                       : "the bytes are damaged: no byte order");
  }
  if (header.version != KvHeader::this_version) {
    refuse_restore("the format version must be " + std::to_string(KvHeader::this_version) +
                   ", got " + std::to_string(header.version));
  }
  if (header.scalar != scalar_code<S>) {
    refuse_restore("the scalar must be " + scalar_name(scalar_code<S>) + ", got " +
                   scalar_name(header.scalar));
  }
  return header;
}

/// The runs, where they are what a cache may have, in rows that the bytes are long enough for.
/// Counts header.rows.
template <class S>
std::vector<KvRun> checked_runs(std::span<const std::byte> bytes, KvHeader& header) {
  const auto damaged = [] { refuse_restore("the bytes are damaged: no runs of positions"); };
  const std::size_t room = bytes.size() - kv_header_bytes - 8;
  if (header.runs < 0 || static_cast<std::size_t>(header.runs) > room / kv_run_bytes) damaged();
  if (header.next < 0 || header.next > horizon || header.first_row < 0 ||
      header.first_row > header.next) {
    damaged();
  }
  const Index most_rows = static_cast<Index>(room / sizeof(S));
  std::vector<KvRun> runs(static_cast<std::size_t>(header.runs));
  WordReader word(bytes.data() + kv_header_bytes);
  Index before = -1, count = 0;
  for (KvRun& run : runs) {
    visit_run(run, word);
    const Lattice& p = run.positions;
    if (p.start <= before || p.start >= header.next || p.step < 1 || p.step > header.next ||
        p.count < 1 || p.count - 1 > (header.next - 1 - p.start) / p.step || run.first_row < 0 ||
        run.first_row > most_rows || p.count > most_rows) {
      damaged();
    }
    before = p.start;
    count += p.count;
    header.rows = max(header.rows, run.first_row + p.count);
    if (count > most_rows || header.rows > most_rows) damaged();
  }
  return runs;
}

}  // namespace tartan::detail

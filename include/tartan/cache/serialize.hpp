// A cache as bytes and back: to keep a prompt's keys, or to hand them to another process. The
// format is saved_format.hpp's. Layer: cache.
#pragma once

#include "checksum.hpp"
#include "kv_cache.hpp"
#include "saved_format.hpp"

namespace tartan {
namespace detail {

/// What save and restore see of a cache.
struct KvCacheState {
  template <class S>
  static KvHeader header(const KvCache<S>& cache) {
    KvHeader header;
    header.scalar = scalar_code<S>;
    header.kv_heads = cache.kv_heads();
    header.head_dim = cache.head_dim();
    header.value_dim = cache.value_dim();
    header.rewind = cache.rewind();
    header.runs = static_cast<Index>(cache.runs().size());
    header.next = cache.next_position();
    header.first_row = cache.first_row();
    header.rows = cache.store_.rows();
    return header;
  }

  /// Calls visit(first number, how many) for the keys and the values of each head.
  template <class Store, class Visit>
  static void visit_rows(Store& store, const KvHeader& header, Visit&& visit) {
    for (Index h = 0; h < header.kv_heads; ++h) {
      visit(store.keys(h), static_cast<std::size_t>(header.rows * header.head_dim));
      visit(store.values(h), static_cast<std::size_t>(header.rows * header.value_dim));
    }
  }

  template <class S>
  static const KvStore<S>& store(const KvCache<S>& cache) {
    return cache.store_;
  }

  template <class S>
  static void fill(KvCache<S>& cache, const KvHeader& header, std::vector<KvRun> runs,
                   const std::byte* from) {
    cache.store_.grow(header.rows);
    visit_rows(cache.store_, header, [&](S* to, std::size_t count) {
      if (count > 0) std::memcpy(to, from, count * sizeof(S));
      from += count * sizeof(S);
    });
    cache.store_.resize(header.rows);
    cache.runs_ = std::move(runs);
    cache.next_ = header.next;
    cache.first_row_ = header.first_row;
    if (!cache.needed_) return;
    for (const Lattice& wanted : cache.needed_(header.first_row)) {
      const Index missing = first_missing(cache.runs_, wanted);
      if (missing == wanted.end()) continue;
      refuse_restore("the pattern's rows from " + std::to_string(header.first_row) +
                     " on see position " + std::to_string(missing) +
                     ", which the saved cache had forgotten (restore it for the same pattern)");
    }
  }

  template <class S, class... P>
  static KvCache<S> restored(std::span<const std::byte> bytes, const P&... pattern) {
    KvHeader header = checked_header<S>(bytes);
    std::vector<KvRun> runs = checked_runs<S>(bytes, header);
    constexpr Index most = Index{1} << 20;
    const auto in_range = [](Index x, Index least) { return x >= least && x <= most; };
    if (!in_range(header.kv_heads, 1) || !in_range(header.head_dim, 1) ||
        !in_range(header.value_dim, 1) || header.rewind < 0 || header.rewind > largest_position) {
      refuse_restore("the bytes are damaged: no shape of a cache");
    }
    const std::size_t start = kv_header_bytes + runs.size() * kv_run_bytes;
    const std::size_t room = bytes.size() - start - 8;
    const Index width = header.kv_heads * (header.head_dim + header.value_dim);
    if (header.rows > static_cast<Index>(room / sizeof(S)) / width ||
        (header.payload<S>() + 7) / 8 * 8 != room) {
      refuse_restore("the bytes are truncated or too many: got " + std::to_string(bytes.size()) +
                     " bytes for " + std::to_string(header.rows) + " rows of " +
                     std::to_string(width) + " numbers");
    }
    std::uint64_t sum;
    std::memcpy(&sum, bytes.data() + bytes.size() - 8, 8);
    if (sum != fnv1a_words(bytes.first(bytes.size() - 8))) {
      refuse_restore("the bytes are damaged: the checksum differs");
    }
    KvCache<S> cache({header.kv_heads, header.head_dim, header.value_dim, header.rewind},
                     pattern...);
    fill(cache, header, std::move(runs), bytes.data() + start);
    return cache;
  }
};

}  // namespace detail

/// The cache as bytes, for restore() on a machine of the same byte order. The pattern is not a part
/// of them. Cost: a copy, and a checksum of it.
///
///     const std::vector<std::byte> bytes = save(cache);
///     auto again = restore<float>(bytes, Sinks<4>{} | Window<511, 0>{});
template <class S>
std::vector<std::byte> save(const KvCache<S>& cache) {
  static_assert(detail::scalar_code<S> != 0, "tartan: save: no code for this scalar");
  using State = detail::KvCacheState;
  const detail::KvHeader header = State::header(cache);
  const std::size_t start = detail::kv_header_bytes + cache.runs().size() * detail::kv_run_bytes;
  const std::size_t payload = (header.payload<S>() + 7) / 8 * 8;
  std::vector<std::byte> bytes(start + payload + 8);
  detail::visit_header(header, detail::WordWriter(bytes.data()));
  detail::WordWriter word(bytes.data() + detail::kv_header_bytes);
  for (const KvRun& run : cache.runs()) detail::visit_run(run, word);
  std::byte* to = bytes.data() + start;
  State::visit_rows(State::store(cache), header, [&](const S* from, std::size_t count) {
    if (count > 0) std::memcpy(to, from, count * sizeof(S));
    to += count * sizeof(S);
  });
  const std::uint64_t sum =
      detail::fnv1a_words(std::span<const std::byte>(bytes).first(bytes.size() - 8));
  std::memcpy(bytes.data() + bytes.size() - 8, &sum, 8);
  return bytes;
}

/// The cache that was saved; it keeps all that comes from now on. Throws std::invalid_argument
/// where the bytes are not all of a cache of S as save() wrote it: truncated, damaged, of another
/// version, byte order or scalar.
template <class S>
KvCache<S> restore(std::span<const std::byte> bytes) {
  return detail::KvCacheState::restored<S>(bytes);
}

/// The same, forgetting as the pattern has it. Throws also where the pattern sees what the saved
/// cache had forgotten.
template <class S, Pattern P>
KvCache<S> restore(std::span<const std::byte> bytes, const P& pattern) {
  return detail::KvCacheState::restored<S>(bytes, pattern);
}

}  // namespace tartan

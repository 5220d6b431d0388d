// A cache as bytes and back; and no byte can be changed, added or left out unnoticed.
#include <tartan/cache/serialize.hpp>

#include <tartan/tartan.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::test::Random;

namespace {

using Bytes = std::vector<std::byte>;

template <class S>
void fill(KvCache<S>& cache, Index tokens, unsigned seed) {
  Random random(seed);
  const auto matrix = [&](Index cols) {
    Eigen::MatrixXf m(1, cols);
    for (Index c = 0; c < cols; ++c) m(0, c) = static_cast<float>(random.in(-1000, 1000)) / 8;
    return m;
  };
  while (cache.next_position() < tokens) {
    cache.append(matrix(cache.kv_heads() * cache.head_dim()),
                 matrix(cache.kv_heads() * cache.value_dim()));
  }
}

template <class S>
bool same(const KvCache<S>& a, const KvCache<S>& b) {
  if (a.runs() != b.runs() || a.next_position() != b.next_position() ||
      a.first_row() != b.first_row() || a.kv_heads() != b.kv_heads() ||
      a.head_dim() != b.head_dim() || a.value_dim() != b.value_dim() || a.rewind() != b.rewind()) {
    return false;
  }
  for (Index h = 0; h < a.kv_heads(); ++h) {
    for (const KvRun& run : a.runs()) {
      const auto equal = [&](const S* x, const S* y, Index cols) {
        return std::memcmp(x + run.first_row * cols, y + run.first_row * cols,
                           static_cast<std::size_t>(run.positions.count * cols) * sizeof(S)) == 0;
      };
      if (!equal(a.keys(h), b.keys(h), a.head_dim()) ||
          !equal(a.values(h), b.values(h), a.value_dim())) {
        return false;
      }
    }
  }
  return true;
}

template <class S>
std::string refused(const Bytes& bytes) {
  return message_of<std::invalid_argument>([&] { restore<S>(bytes); });
}

/// The bytes with word `at` set, and a checksum that is right again.
Bytes with_word(Bytes bytes, std::size_t at, std::uint64_t word) {
  std::memcpy(bytes.data() + at * 8, &word, 8);
  const std::uint64_t sum =
      detail::fnv1a_words(std::span<const std::byte>(bytes).first(bytes.size() - 8));
  std::memcpy(bytes.data() + bytes.size() - 8, &sum, 8);
  return bytes;
}

template <class S>
void check_round_trips() {
  for (const Index tokens : {0, 1, 2, 7, 1500}) {
    KvCache<S> all({.kv_heads = 2, .head_dim = 3, .value_dim = 1});
    fill(all, tokens, 1);
    CHECK(same(all, restore<S>(save(all))));
    const auto pattern = Causal{} & (Columns{40} | Window{30, 0});
    KvCache<S> some({.kv_heads = 1, .head_dim = 5, .rewind = 3}, pattern);
    fill(some, tokens, 2);
    KvCache<S> again = restore<S>(save(some), pattern);
    CHECK(same(some, again));
    CHECK(same(some, restore<S>(save(some))));
    CHECK(save(again) == save(some));
  }
}

KvCache<float> small_cache() {
  KvCache<float> cache({.kv_heads = 2, .head_dim = 3, .value_dim = 1, .rewind = 2}, Window{2, 0});
  fill(cache, 260, 3);
  cache.truncate(259);
  return cache;
}

}  // namespace

TEST_CASE("save and restore: the same cache, in every scalar") {
  check_round_trips<float>();
  check_round_trips<double>();
  check_round_trips<Eigen::half>();
  check_round_trips<Eigen::bfloat16>();
}

TEST_CASE("restore: goes on as the saved one would have") {
  const auto pattern = Sinks{4} | Window{30, 0};
  KvCache<float> cache({.kv_heads = 2, .head_dim = 3}, pattern);
  fill(cache, 500, 1);
  KvCache<float> again = restore<float>(save(cache), pattern);
  fill(again, 5000, 2);
  CHECK(again.size() <= 2 * 34 + 256);
  CHECK(again.next_position() == 5000);
  KvCache<float> all = restore<float>(save(cache));
  fill(all, 5000, 2);
  CHECK(all.size() == cache.size() + 4500);
  CHECK(message_of<std::invalid_argument>([&] {
          all.truncate(100);
        }).starts_with("tartan: KvCache: truncate: position must be >= "));
}

TEST_CASE("restore: another pattern's cache is refused where it lacks something") {
  KvCache<float> cache({.head_dim = 1}, Window{5, 0});
  fill(cache, 600, 1);
  CHECK_NOTHROW(restore<float>(save(cache), Window{3, 0}));
  const Index row = cache.first_row();
  CHECK(message_of<std::invalid_argument>([&] { restore<float>(save(cache), Causal{}); }) ==
        "tartan: restore: the pattern's rows from " + std::to_string(row) +
            " on see position 0, which the saved cache had forgotten (restore it for the same "
            "pattern)");
}

TEST_CASE("restore: every changed byte is noticed") {
  const Bytes bytes = save(small_cache());
  REQUIRE(same(small_cache(), restore<float>(bytes)));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {1, 0x80, 0xff}) {
      Bytes other = bytes;
      other[at] ^= std::byte(change);
      const std::string message = refused<float>(other);
      if (!message.starts_with("tartan: restore: ")) FAIL("byte " << at << ": " << message);
    }
  }
  SUCCEED();
}

TEST_CASE("restore: every truncation and every byte more is noticed") {
  const Bytes bytes = save(small_cache());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes less(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string message = refused<float>(less);
    if (!message.starts_with("tartan: restore: ")) FAIL(size << " bytes: " << message);
  }
  Bytes more = bytes;
  for (int i = 0; i < 40; ++i) {
    more.push_back(std::byte(0));
    CHECK(refused<float>(more).starts_with("tartan: restore: "));
  }
}

TEST_CASE("restore: says what is wrong") {
  const Bytes bytes = save(small_cache());
  CHECK(refused<float>({}) == "tartan: restore: a cache takes 96 bytes at least, got 0");
  CHECK(refused<float>(Bytes(200)) == "tartan: restore: these are no bytes of a cache");
  CHECK(refused<float>(with_word(bytes, 1, 2)) ==
        "tartan: restore: the format version must be 1, got 2");
  CHECK(refused<float>(with_word(bytes, 2, 0x0807060504030201u)) ==
        "tartan: restore: the cache must be of this machine's byte order, got the other");
  CHECK(refused<double>(bytes) == "tartan: restore: the scalar must be double, got float");
  CHECK(refused<Eigen::half>(bytes) == "tartan: restore: the scalar must be half, got float");
  CHECK(refused<float>(with_word(bytes, 3, 5)) ==
        "tartan: restore: the scalar must be float, got unknown");
  Bytes damaged = bytes;
  damaged[bytes.size() - 20] ^= std::byte(1);
  CHECK(refused<float>(damaged) == "tartan: restore: the bytes are damaged: the checksum differs");
}

TEST_CASE("restore: absurd numbers are refused before any memory is asked for") {
  const Bytes bytes = save(small_cache());
  const std::size_t words = 11 + 4;  // header and one run
  for (std::size_t at = 4; at < words; ++at) {
    for (const std::uint64_t word :
         {std::uint64_t{0}, std::uint64_t{1} << 20, std::uint64_t{1} << 31, std::uint64_t{1} << 40,
          std::uint64_t{1} << 61, ~std::uint64_t{0}, ~std::uint64_t{0} >> 1,
          std::uint64_t{1} << 63}) {
      std::uint64_t old;
      std::memcpy(&old, bytes.data() + at * 8, 8);
      // A cache of other numbers, and no harm: rewind, next_position, first_row, start and step.
      const bool may_differ = at == 7 || at == 9 || at == 10 || at == 11 || at == 12;
      if (word == old) continue;
      const std::string message = refused<float>(with_word(bytes, at, word));
      if (!may_differ || message != "nothing was thrown") {
        CAPTURE(at, word);
        CHECK(message.starts_with("tartan: restore: "));
      }
    }
  }
}

// The cache: what it keeps is what was appended, whatever it forgets in between; what later rows
// see is there; memory stays flat.
#include <tartan/cache/kv_cache.hpp>

#include <tartan/tartan.hpp>

#include "support/any_pattern.hpp"
#include "support/catch.hpp"
#include "support/problem.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::test::AnyPattern;
using tartan::test::Random;

namespace {

constexpr KvCacheShape small_shape{.kv_heads = 2, .head_dim = 3, .value_dim = 2};

/// Small whole numbers, so that any scalar holds them.
double number(Index position, Index col) {
  return static_cast<double>((position * 7 + col * 13) % 101);
}

template <class M>
M tokens(Index first, Index n, Index cols, Index salt) {
  M m(n, cols);
  for (Index r = 0; r < n; ++r) {
    for (Index c = 0; c < cols; ++c) {
      m(r, c) = static_cast<typename M::Scalar>(static_cast<float>(number(first + r, salt + c)));
    }
  }
  return m;
}

template <class M = RowMajor<float>, class S>
void append(KvCache<S>& cache, Index n) {
  const Index first = cache.next_position(), heads = cache.kv_heads();
  cache.append(tokens<M>(first, n, heads * cache.head_dim(), 0),
               tokens<M>(first, n, heads * cache.value_dim(), 50));
}

/// Says what is wrong with the rows that are kept, or "".
template <class S>
std::string check_rows(const KvCache<S>& cache) {
  Index before = -1;
  for (const KvRun& run : cache.runs()) {
    if (run.positions.start <= before) return "runs out of order";
    before = run.positions.start;
    for (Index t = 0; t < run.positions.count; ++t) {
      const Index p = run.positions[t], row = run.first_row + t;
      if (p >= cache.next_position()) return "a position to come";
      for (Index h = 0; h < cache.kv_heads(); ++h) {
        const auto same = [&](const S* numbers, Index cols, Index salt) {
          for (Index c = 0; c < cols; ++c) {
            const double x = static_cast<double>(static_cast<float>(numbers[row * cols + c]));
            if (x != number(p, salt + h * cols + c)) return false;
          }
          return true;
        };
        if (!same(cache.keys(h), cache.head_dim(), 0)) return "a wrong key";
        if (!same(cache.values(h), cache.value_dim(), 50)) return "a wrong value";
      }
    }
  }
  return "";
}

/// True where the cache has all that rows of [first, first + 40) see of what was appended.
template <class S>
bool has_all_for(const KvCache<S>& cache, const AnyPattern& pattern, Index first) {
  for (Index i = first; i < first + 40; ++i) {
    for (Index j = 0; j < cache.next_position(); ++j) {
      if (pattern.contains(i, j) &&
          detail::first_missing(cache.runs(), {j, 1, 1}) != Index{j + 1}) {
        return false;
      }
    }
  }
  return true;
}

std::vector<AnyPattern> patterns() {
  return {test::any(Local{13}),
          test::any(Sinks{4} | Window{30, 0}),
          test::any(Causal{} & (Columns{16} | Window{24, 0})),
          test::any(Causal{} & (SummaryColumns{16, 3} | Window{5, 0})),
          test::any(Columns{16}),
          test::any(Dilated{5, 4}),
          test::any(OwnBlock{64}),
          test::any(Fixed{32, 3}),
          test::any(Documents({0, 50, 64, 64, 130, 500, 700})),
          test::any(GlobalTokens<>::at({3, 20, 21, 150}) & Causal{}),
          test::any(Window{9, 0} | GlobalTokens{2}),
          test::any(PrefixLM{10} & Window{40, 40}),
          test::any(Causal{} & (Local{9} | Strided{12}))};
}

template <class F>
std::string refused(F&& call) {
  return message_of<std::invalid_argument>(std::forward<F>(call));
}

}  // namespace

TEST_CASE("KvCache: keeps everything without a pattern") {
  KvCache<float> cache(small_shape);
  CHECK((cache.size() == 0 && cache.next_position() == 0 && cache.bytes() == 0));
  CHECK((cache.kv_heads() == 2 && cache.head_dim() == 3 && cache.value_dim() == 2));
  CHECK(cache.runs().empty());
  append(cache, 5);
  append(cache, 0);
  append(cache, 2000);
  CHECK((cache.size() == 2005 && cache.next_position() == 2005 && cache.first_row() == 0));
  CHECK(cache.runs() == std::vector<KvRun>{{{0, 1, 2005}, 0}});
  CHECK(cache.bytes() >= 2005 * 2 * 5 * 4);
  CHECK(check_rows(cache) == "");
  CHECK(KvCache<float>({.head_dim = 7}).value_dim() == 7);
}

TEST_CASE("KvCache: takes matrices of any storage order, strides and scalar") {
  KvCache<float> cache(small_shape);
  append<RowMajor<float>>(cache, 3);
  append<ColMajor<float>>(cache, 4);
  append<ColMajor<double>>(cache, 1);
  const RowMajor<float> k = tokens<RowMajor<float>>(8, 2, 6, 0);
  const RowMajor<float> v = tokens<RowMajor<float>>(8, 2, 4, 50);
  RowMajor<float> both(4, 20);
  both.setConstant(-1);
  both.block(1, 2, 2, 6) = k;
  both.block(1, 9, 2, 4) = v;
  cache.append(both.block(1, 2, 2, 6), both.block(1, 9, 2, 4));
  const Eigen::Map<const RowMajor<float>, 0, Eigen::Stride<Dynamic, Dynamic>> every_second(
      both.data(), 2, 6, Eigen::Stride<Dynamic, Dynamic>(40, 2));
  CHECK(check_rows(cache) == "");
  cache.append(every_second, v);
  CHECK(cache.keys(1)[10 * 3] == both(0, 6));
  CHECK(cache.keys(1)[11 * 3 + 2] == both(2, 10));
}

TEST_CASE("KvCache: stores double, half and bfloat16") {
  KvCache<double> doubles(small_shape);
  KvCache<Eigen::half> halves(small_shape);
  KvCache<Eigen::bfloat16> bfloats(small_shape);
  append(doubles, 20);
  append<ColMajor<double>>(doubles, 3);
  append(halves, 20);
  append<RowMajor<Eigen::half>>(halves, 3);
  append(bfloats, 20);
  CHECK(check_rows(doubles) == "");
  CHECK(check_rows(halves) == "");
  CHECK(check_rows(bfloats) == "");
}

TEST_CASE("KvCache: wrong shapes are refused, and nothing changes") {
  CHECK(refused([] { KvCache<float>({.kv_heads = 0, .head_dim = 3}); }) ==
        "tartan: KvCache: kv_heads must be >= 1, got 0");
  CHECK(refused([] { KvCache<float>({.kv_heads = 1}); }) ==
        "tartan: KvCache: head_dim must be >= 1, got 0");
  CHECK(refused([] { KvCache<float>({.head_dim = 1, .value_dim = -1}); }) ==
        "tartan: KvCache: value_dim must be >= 0, got -1");
  CHECK(refused([] { KvCache<float>({.head_dim = 1, .rewind = -1}); }) ==
        "tartan: KvCache: rewind must be >= 0, got -1");
  KvCache<float> cache(small_shape);
  append(cache, 3);
  const RowMajor<float> k(4, 6), v(4, 4);
  CHECK(refused([&] { cache.append(v, v); }) ==
        "tartan: KvCache: append: k must have 6 columns (kv_heads * head_dim), got 4x4");
  CHECK(refused([&] { cache.append(k, k); }) ==
        "tartan: KvCache: append: v must have 4 columns (kv_heads * value_dim), got 4x6");
  CHECK(refused([&] { cache.append(k, v.topRows(3)); }) ==
        "tartan: KvCache: append: k and v must have a row for each token, got 4x6 and 3x4");
  CHECK((cache.next_position() == 3 && cache.size() == 3));
  CHECK(check_rows(cache) == "");
}

TEST_CASE("KvCache: what later rows see is kept, for any pattern and any appends") {
  Random random(1);
  for (const AnyPattern& pattern : patterns()) {
    for (const Index most : {1, 40, 400}) {
      KvCache<float> cache(small_shape, pattern);
      while (cache.next_position() < 900) {
        const Index before = cache.next_position();
        append(cache, random.in(1, most));
        if (random.in(0, 30) != 0 && most < 400) continue;
        const std::string wrong = check_rows(cache);
        if (!wrong.empty()) FAIL("up to " << cache.next_position() << ": " << wrong);
        CHECK(cache.first_row() <= before);
        CHECK(has_all_for(cache, pattern, before));
      }
    }
  }
}

TEST_CASE("KvCache: a million tokens in flat memory, in time") {
  const auto check = [](const auto& pattern, Index needed) {
    KvCache<float> cache({.head_dim = 1}, pattern);
    const Eigen::MatrixXf one = Eigen::MatrixXf::Ones(1, 1);
    Index most_rows = 0, most_bytes = 0;
    for (Index i = 0; i < 1000000; ++i) {
      cache.append(one, one);
      most_rows = std::max(most_rows, cache.size());
      most_bytes = std::max(most_bytes, cache.bytes());
    }
    CHECK(cache.next_position() == 1000000);
    CHECK(most_rows <= 2 * needed + 256);
    CHECK(most_bytes <= (2 * needed + 256) * 2 * 4);
  };
  check(Sinks{4} | Window{511, 0}, 515);
  check(Causal{} & (Sinks{4} | Window{511, 0}), 515);
  check(Dilated{10, 30}, 300);
  check(OwnBlock{100}, 100);
  check(Columns{4000} | Window{30, 0}, 280);
}

TEST_CASE("KvCache: long appends are forgotten in turn, and their memory is given back") {
  KvCache<float> cache({.head_dim = 1}, Window{9, 0});
  const Eigen::MatrixXf many = Eigen::MatrixXf::Ones(100000, 1);
  for (int i = 0; i < 5; ++i) cache.append(many, many);
  CHECK(cache.size() <= 100000 + 9);
  CHECK(cache.bytes() <= (100000 + 9) * 2 * 4);
  cache.append(many.topRows(1), many.topRows(1));
  CHECK(cache.runs() == std::vector<KvRun>{{{499991, 1, 10}, 0}});
  CHECK(cache.bytes() <= 300 * 2 * 4);
}

TEST_CASE("KvCache: truncate takes tokens back, as far as what is kept allows") {
  KvCache<float> all(small_shape);
  append(all, 10);
  all.truncate(10);
  all.truncate(4);
  CHECK((all.next_position() == 4 && all.size() == 4));
  append(all, 3);
  CHECK(check_rows(all) == "");
  CHECK(refused([&] { all.truncate(8); }) ==
        "tartan: KvCache: truncate: position must be within 0 and next_position(), 7, got 8");
  CHECK(refused([&] { all.truncate(-1); }) ==
        "tartan: KvCache: truncate: position must be within 0 and next_position(), 7, got -1");
  all.truncate(0);
  CHECK((all.runs().empty() && all.size() == 0));
  append(all, 2);
  CHECK(check_rows(all) == "");

  const AnyPattern pattern = test::any(Sinks{4} | Window{30, 0});
  KvCache<float> cache(small_shape, pattern);
  while (cache.next_position() < 600) append(cache, 7);
  const Index first = cache.first_row();
  REQUIRE(first > 300);
  CHECK(refused([&] { cache.truncate(first - 1); }) ==
        "tartan: KvCache: truncate: position must be >= " + std::to_string(first) + ", got " +
            std::to_string(first - 1) +
            " (keys that its row sees are forgotten; set KvCacheShape::rewind)");
  CHECK(check_rows(cache) == "");
  cache.truncate(first);
  CHECK(check_rows(cache) == "");
  CHECK(has_all_for(cache, pattern, first));
  cache.truncate(4);  // rows from 4 on see the sinks alone
  CHECK(cache.runs() == std::vector<KvRun>{{{0, 1, 4}, 0}});
  while (cache.next_position() < 600) append(cache, 7);
  CHECK(check_rows(cache) == "");
}

TEST_CASE("KvCache: the last append, and `rewind` tokens, can always be taken back") {
  Random random(2);
  for (const AnyPattern& pattern : patterns()) {
    for (const Index rewind : {0, 6}) {
      KvCacheShape shape = small_shape;
      shape.rewind = rewind;
      KvCache<float> cache(shape, pattern);
      while (cache.next_position() < 800) {
        const Index before = cache.next_position();
        append(cache, random.in(1, 9));
        if (random.in(0, 3) != 0) continue;
        const Index back = std::max<Index>(0, random.in(0, 1) ? before : before - rewind);
        cache.truncate(back);
        if (random.in(0, 20) == 0) {
          CHECK(check_rows(cache) == "");
          CHECK(has_all_for(cache, pattern, back));
        }
        append(cache, before - back + 1);
      }
      CHECK(check_rows(cache) == "");
    }
  }
}

TEST_CASE("KvCache: truncated columns leave gaps in storage that nothing is lost in") {
  // Classes of columns one after the other in storage: the ends of all are taken back.
  KvCache<float> cache(small_shape, Causal{} & SummaryColumns{16, 3});
  while (cache.next_position() < 900) append(cache, 5);
  REQUIRE(cache.runs().size() > 3);
  const Index first = cache.first_row();
  for (const Index back : {first - first % 16, Index{200}, Index{16}}) {
    cache.truncate(back);
    CHECK(check_rows(cache) == "");
    append(cache, 3);
    CHECK(check_rows(cache) == "");
    CHECK(has_all_for(cache, test::any(Causal{} & SummaryColumns{16, 3}), back));
  }
  while (cache.next_position() < 900) append(cache, 5);
  CHECK(check_rows(cache) == "");
}

TEST_CASE("KvCache: copies go on by themselves") {
  KvCache<float> cache(small_shape, Window{30, 0});
  while (cache.next_position() < 600) append(cache, 7);
  KvCache<float> fork = cache;
  const std::vector<KvRun> runs = cache.runs();
  while (fork.next_position() < 2000) append(fork, 3);
  CHECK(cache.runs() == runs);
  CHECK(check_rows(cache) == "");
  CHECK(check_rows(fork) == "");
  cache = fork;
  append(cache, 1);
  CHECK(check_rows(cache) == "");
  KvCache<float> moved = std::move(fork);
  append(moved, 1);
  CHECK(check_rows(moved) == "");
}

TEST_CASE("a cache's own rows are not appended to it") {
  KvCache<float> cache({.kv_heads = 1, .head_dim = 8});
  const Eigen::MatrixXf k = Eigen::MatrixXf::Random(5, 8);
  cache.append(k, k);
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Rows> own(cache.keys(0), cache.size(), 8);
  CHECK(message_of<std::invalid_argument>([&] { cache.append(own, k); }) ==
        "tartan: KvCache: append: k or v lies in the cache's own memory (copy it first)");
  CHECK(cache.next_position() == 5);
}

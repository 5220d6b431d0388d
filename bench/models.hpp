// What a model needs beside one call of attention: heads, score modifiers, scalar types, decoding
// over a cache; each beside what it is to be compared with. Part of the benchmark.
#pragma once

#include <tartan/tartan.hpp>

#include "plan.hpp"

namespace bench {

template <class S>
constexpr const char* stored_name() {
  if (std::is_same_v<S, Eigen::half>) return "half";
  if (std::is_same_v<S, Eigen::bfloat16>) return "bfloat16";
  return scalar_name<S>();
}

/// Queries, keys and values of many heads, token-major, and the same head by head.
template <class S>
struct HeadsProblem {
  tartan::Heads heads;
  Index d;
  RowMajor<S> q, k, v, out;
  std::vector<RowMajor<S>> qs, ks, vs, outs;

  HeadsProblem(Index n, const tartan::Heads& h, Index head_dim, bool apart = false)
      : heads(h), d(head_dim) {
    q = (3 * RowMajor<float>::Random(n, h.query * d)).template cast<S>();
    k = RowMajor<float>::Random(n, h.kv_heads() * d).template cast<S>();
    v = RowMajor<float>::Random(n, h.kv_heads() * d).template cast<S>();
    out.resize(n, h.query * d);
    for (Index head = 0; head < h.query && apart; ++head) {
      qs.push_back(q.middleCols(head * d, d));
      ks.push_back(k.middleCols(head / h.group() * d, d));
      vs.push_back(v.middleCols(head / h.group() * d, d));
      outs.push_back(RowMajor<S>(n, d));
    }
  }
  Index tokens() const { return q.rows(); }
};

/// Throws where the rows of `out` are not what the reference says: four of the first, of the
/// middle, and of the last.
template <class S, class P>
void check_heads(const std::string& name, const HeadsProblem<S>& p, const RowMajor<S>& out,
                 const P& mask, const tartan::Options& options, double allowed) {
  for (const Index first : {Index{0}, p.tokens() / 2, p.tokens() - 4}) {
    tartan::Options own = options;
    own.query_offset = first;
    const auto exact = tartan::reference::multi_head_attention_with_lse(
        p.q.middleRows(first, 4), p.k, p.v, p.heads, mask, own);
    const double error =
        (out.middleRows(first, 4).template cast<double>() - exact.out).cwiseAbs().maxCoeff();
    if (!(error <= allowed)) {
      throw std::runtime_error(name + ": wrong result in rows " + std::to_string(first) + " on");
    }
  }
}

/// Adds measurements of calls whose results are those of multi-head attention.
template <class S, class P>
class HeadsCases {
 public:
  HeadsCases(Plan& plan, std::string mask_name, const P& mask)
      : plan_(plan), mask_name_(std::move(mask_name)), mask_(mask) {}

  void add(const std::string& who, const std::string& what, std::shared_ptr<HeadsProblem<S>> p,
           const tartan::Options& options = {}, int threads = 1) {
    const auto run = [=, mask = mask_] {
      tartan::multi_head_attention_into(p->out, p->q, p->k, p->v, p->heads, mask, options,
                                        Threads{threads});
    };
    run();
    check_heads(who + ", " + mask_name_, *p, p->out, mask_, options,
                sizeof(S) == 2 ? 0.02 : 256 * 1.2e-7);
    add_run(who, what, *p, run, threads);
  }

  /// One call for each head, on columns of the matrices.
  void add_calls_on_columns(const std::string& what, std::shared_ptr<HeadsProblem<S>> p) {
    add_run(
        "calls on columns", what, *p,
        [=, mask = mask_] {
          for (Index h = 0; h < p->heads.query; ++h) {
            const Index from = h * p->d, kv = h / p->heads.group() * p->d;
            tartan::attention_into(p->out.middleCols(from, p->d), p->q.middleCols(from, p->d),
                                   p->k.middleCols(kv, p->d), p->v.middleCols(kv, p->d), mask, {},
                                   Threads{1});
          }
        },
        1);
  }

  /// One call for each head, on matrices of its own.
  void add_single_calls(const std::string& what, std::shared_ptr<HeadsProblem<S>> p) {
    add_run(
        "single calls", what, *p,
        [=, mask = mask_] {
          for (std::size_t h = 0; h < p->qs.size(); ++h) {
            tartan::attention_into(p->outs[h], p->qs[h], p->ks[h], p->vs[h], mask, {}, Threads{1});
          }
        },
        1);
  }

 private:
  template <class Run>
  void add_run(const std::string& who, const std::string& what, const HeadsProblem<S>& p, Run run,
               int threads) {
    const double pairs = static_cast<double>(tartan::count(mask_, p.tokens(), p.tokens())) *
                         static_cast<double>(p.heads.query);
    plan_.add(Measurement{.name = who + "/" + what + mask_name_,
                          .scalar = stored_name<S>(),
                          .n = p.tokens(),
                          .d = p.d,
                          .threads = threads,
                          .pairs = pairs,
                          .flops = 4 * pairs * static_cast<double>(p.d),
                          .first_run = seconds_of(run),
                          .run = run});
  }

  Plan& plan_;
  std::string mask_name_;
  P mask_;
};

/// Eight heads in one call beside eight calls; grouped; on all threads; many short heads.
inline void add_heads(Plan& plan, Index n, int all_threads) {
  using namespace tartan;
  const auto plain = std::make_shared<HeadsProblem<float>>(n, Heads{8}, 64, true);
  const auto grouped = std::make_shared<HeadsProblem<float>>(n, Heads{8, 2}, 64);
  const auto short_heads = std::make_shared<HeadsProblem<float>>(n / 8, Heads{8}, 64);
  const auto add = [&](const char* name, const auto& mask) {
    HeadsCases<float, std::decay_t<decltype(mask)>> cases(plan, name, mask);
    cases.add_single_calls("", plain);
    cases.add_calls_on_columns("", plain);
    cases.add("multi-head", "", plain);
    cases.add("multi-head", "", plain, {}, all_threads);
    cases.add("grouped", "", grouped);
    cases.add("short heads", "", short_heads);
    cases.add("short heads", "", short_heads, {}, all_threads);
  };
  add("Dense", Dense{});
  add("Local<W> | Strided<S>", Local{square_root(n)} | Strided{square_root(n)});
}

/// What score modifiers add to the time.
inline void add_scores(Plan& plan, Index n) {
  using namespace tartan;
  const auto p = std::make_shared<HeadsProblem<float>>(n, Heads{1}, 64);
  const auto bias = std::make_shared<const Eigen::MatrixXf>(Eigen::MatrixXf::Random(n, n));
  const auto add = [&](const char* name, const auto& mask) {
    HeadsCases<float, std::decay_t<decltype(mask)>> cases(plan, name, mask);
    const auto with = [&](const char* what, const Options& options) {
      cases.add("score", what + std::string(", "), p, options);
    };
    with("none", {});
    with("Softcap", {.score = Softcap{50}});
    with("Alibi", {.score = Alibi{0.1}});
    with("RelativeBias", {.score = RelativeBias(Eigen::MatrixXd::Random(257, 1), -128)});
    with("ScoreBias", {.score = ScoreBias(*bias)});
    with("a callable", {.score = [](const auto& s, const auto& i, const auto& j) {
           using T = typename std::decay_t<decltype(s)>::Scalar;
           return s - T(0.1) * (i - j).abs();
         }});
    with("sink", {.sinks = {1.0}});
  };
  add("Dense", Dense{});
  add("Local<W> | Strided<S>", Local{square_root(n)} | Strided{square_root(n)});
  plan.keep_alive(bias);
}

template <class S>
void add_scalar(Plan& plan, Index n) {
  using namespace tartan;
  const auto p = std::make_shared<HeadsProblem<S>>(n, Heads{1}, 64);
  HeadsCases<S, Dense>(plan, "Dense", Dense{}).add("scalar", "", p);
  const auto mask = Local{square_root(n)} | Strided{square_root(n)};
  HeadsCases<S, std::decay_t<decltype(mask)>>(plan, "Local<W> | Strided<S>", mask)
      .add("scalar", "", p);
}

/// A token over a cache of 65536, and reading the same bytes of the same memory in order.
inline void add_decoding(Plan& plan, Index context, Index kv_heads) {
  using namespace tartan;
  using Cache = KvCache<float>;
  const auto cache = std::make_shared<Cache>(KvCacheShape{.kv_heads = kv_heads, .head_dim = 64});
  const RowMajor<float> k = RowMajor<float>::Random(context, kv_heads * 64),
                        v = RowMajor<float>::Random(context, kv_heads * 64);
  cache->append(k, v);
  const auto q = std::make_shared<const RowMajor<float>>(RowMajor<float>::Random(1, kv_heads * 64));
  const auto add = [&](const std::string& name, const auto& mask) {
    const Index keys = row_count(mask, context - 1, context);
    const double pairs = static_cast<double>(keys * kv_heads);
    const auto decode = [=] {
      const auto out = tartan::decode(*q, *cache, mask, {}, Threads{1});
      benchmark::DoNotOptimize(out.data());
    };
    const auto exact = reference::multi_head_attention_with_lse(*q, k, v, Heads{kv_heads}, mask,
                                                                {.query_offset = context - 1});
    const double error = (tartan::decode(*q, *cache, mask).template cast<double>() - exact.out)
                             .cwiseAbs()
                             .maxCoeff();
    if (!(error <= 256 * 1.2e-7)) throw std::runtime_error("decode: wrong result: " + name);
    const auto read = [=] {
      float most = 0;
      for (Index h = 0; h < kv_heads; ++h) {
        for (const float* rows : {cache->keys(h), cache->values(h)}) {
          most += Eigen::Map<const Eigen::ArrayXf>(rows, keys * 64).maxCoeff();
        }
      }
      benchmark::DoNotOptimize(most);
    };
    Measurement m{.scalar = "float",
                  .n = context,
                  .d = 64,
                  .pairs = pairs,
                  .flops = 256 * pairs,
                  .bytes = 512 * pairs};
    const std::string what = name + ", " + std::to_string(kv_heads) + " heads";
    m.name = "read/" + what;
    m.run = read;
    m.first_run = seconds_of(read);
    plan.add(m);
    m.name = "decode/" + what;
    m.run = decode;
    m.first_run = seconds_of(decode);
    plan.add(m);
  };
  add("Dense", Dense{});
  add("Causal & (Local<512> | Strided<256>)", Causal{} & (Local<512>{} | Strided<256>{}));
}

}  // namespace bench

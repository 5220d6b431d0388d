// A million tokens through a cache of a bounded pattern: the memory that the process holds, after a
// tenth of them and at the end. Prints JSON. Usage: bounded_cache [TOKENS]. Part of the benchmark.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <tartan/tartan.hpp>

#include "memory.hpp"

int main(int argc, char** argv) {
  using namespace tartan;
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Index tokens = argc > 1 ? std::atol(argv[1]) : 1000000;
  const auto mask = Sinks<4>{} | Window<511, 0>{};
  KvCache<float> cache({.kv_heads = 2, .head_dim = 64}, mask);
  const Matrix k = Matrix::Random(1024, 128), v = Matrix::Random(1024, 128),
               q = Matrix::Random(1, 256);
  double early = 0, sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (Index t = 0; t < tokens; ++t) {
    cache.append(k.row(t % 1024), v.row(t % 1024));
    sum += static_cast<double>(decode(q, cache, mask, {}, Serial{})(0, 0));
    if (t == tokens / 10) early = bench::peak_bytes();
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::cout << "{\"tokens\": " << tokens << ", \"seconds\": " << time.count()
            << ", \"kept\": " << cache.size() << ", \"cache_bytes\": " << cache.bytes()
            << ", \"peak_bytes_early\": " << early << ", \"peak_bytes\": " << bench::peak_bytes()
            << ", \"sum\": " << sum << "}\n";
}

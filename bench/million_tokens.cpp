// A million tokens of Local<1024> | Strided<1024>: time, and the memory that attention takes beyond
// its inputs and outputs. Prints JSON. Usage: million_tokens [TOKENS]. Part of the benchmark.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "check.hpp"
#include "memory.hpp"

int main(int argc, char** argv) try {
  const bench::Index tokens = argc > 1 ? std::atol(argv[1]) : bench::Index{1} << 20;
  const auto mask = tartan::Local<1024>{} | tartan::Strided<1024>{};
  const tartan::DefaultExecutor executor{};
  bench::Problem<float> p(tokens, 64);

  const double before = bench::peak_bytes();  // inputs and the output are written: they count here
  const auto start = std::chrono::steady_clock::now();
  tartan::attention_into(p.out, p.q, p.k, p.v, mask, tartan::Options{}, executor);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const double beyond = bench::peak_bytes() - before;

  // Checked after the run, since the reference takes more memory than the run itself.
  const auto named = bench::make_case<float>("Local<1024> | Strided<1024>", mask);
  bench::Expected<float>(named, p).check(p, "million_tokens");

  std::cout << "{\"tokens\": " << tokens << ", \"pairs\": " << tartan::count(mask, tokens, tokens)
            << ", \"head_dim\": 64, \"seconds\": " << time.count()
            << ", \"input_output_bytes\": " << 4.0 * double(tokens) * 64 * sizeof(float)
            << ", \"bytes_beyond\": " << beyond << "}\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}

// Draws a mask: in the terminal, with its count and density, and as an SVG picture.
//
//   show_mask                              a tartan: a window of 5 and every 6th key
//   show_mask local 5                      the pattern and its parameters
//   show_mask causal strided 4 24          only keys up to the query; 24 queries and keys
//   show_mask window 8 0 32 48             32 queries, 48 keys
//   show_mask tartan 256 256 65536 --svg tartan.svg
#include <charconv>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <tartan/tartan.hpp>

using tartan::Index;

namespace {

constexpr const char* usage =
    "usage: show_mask [causal] PATTERN [QUERIES [KEYS]] [--svg FILE]\n"
    "patterns:\n"
    "  dense        every key\n"
    "  local W      |i - j| <= W / 2\n"
    "  window L R   i - L <= j <= i + R\n"
    "  strided S    (i - j) mod S == 0\n"
    "  columns S    j mod S == 0\n"
    "  tartan W S   local W and strided S in one mask\n"
    "QUERIES is 16 where it is not given, and KEYS is QUERIES; causal keeps j <= i.\n";

constexpr Index most_in_a_terminal = 64;

struct Request {
  bool causal = false;
  std::string pattern;
  std::vector<Index> numbers;  // parameters of the pattern, then sizes
  std::string svg_file;
};

Request parse(const std::vector<std::string>& arguments) {
  Request request;
  for (std::size_t a = 0; a < arguments.size(); ++a) {
    const std::string& word = arguments[a];
    if (word == "--svg") {
      if (++a == arguments.size()) throw std::invalid_argument("--svg needs the name of a file");
      request.svg_file = arguments[a];
    } else if (word == "causal" && !request.causal && request.pattern.empty()) {
      request.causal = true;
    } else if (request.pattern.empty()) {
      request.pattern = word;
    } else {
      Index number = 0;
      const char* end = word.data() + word.size();
      const auto [stop, error] = std::from_chars(word.data(), end, number);
      if (error != std::errc() || stop != end) {
        throw std::invalid_argument("'" + word + "' is not a whole number");
      }
      request.numbers.push_back(number);
    }
  }
  if (request.pattern.empty() && request.causal) request.pattern = "dense";
  if (request.pattern.empty()) request = {false, "tartan", {5, 6, 24}, request.svg_file};
  return request;
}

std::size_t parameters_of(const std::string& pattern) {
  if (pattern == "dense") return 0;
  if (pattern == "local" || pattern == "strided" || pattern == "columns") return 1;
  if (pattern == "window" || pattern == "tartan") return 2;
  throw std::invalid_argument("no pattern is named '" + pattern + "'");
}

template <tartan::Pattern P>
void show(const P& pattern, Index n, Index m, const std::string& title,
          const std::string& svg_file) {
  if (n <= most_in_a_terminal && m <= most_in_a_terminal) {
    std::cout << tartan::ascii(pattern, n, m);
  } else {
    std::cout << "(more than " << most_in_a_terminal << " a side: --svg FILE draws it)\n";
  }
  std::cout << title << ": " << n << " queries, " << m << " keys, " << count(pattern, n, m)
            << " pairs, density " << 100 * density(pattern, n, m) << " %\n";
  if (svg_file.empty()) return;
  std::ofstream file(svg_file);
  file << tartan::svg(pattern, n, m, {.title = title});
  file.close();
  if (!file) throw std::runtime_error("cannot write " + svg_file);
}

void run(const Request& request) {
  const std::size_t parameters = parameters_of(request.pattern);
  if (request.numbers.size() < parameters || request.numbers.size() > parameters + 2) {
    throw std::invalid_argument(request.pattern + ": expected " + std::to_string(parameters) +
                                " parameters and at most 2 sizes, got " +
                                std::to_string(request.numbers.size()) + " numbers");
  }
  const auto number = [&](std::size_t k) { return request.numbers[k]; };
  const bool sized = request.numbers.size() > parameters;
  const Index n = sized ? number(parameters) : 16;
  const Index m = request.numbers.size() > parameters + 1 ? number(parameters + 1) : n;
  std::string title = request.causal ? "causal " + request.pattern : request.pattern;
  for (std::size_t k = 0; k < parameters; ++k) title += " " + std::to_string(number(k));
  const auto draw = [&](const auto& pattern) {
    if (request.causal) {
      show(tartan::Causal{} & pattern, n, m, title, request.svg_file);
    } else {
      show(pattern, n, m, title, request.svg_file);
    }
  };
  if (request.pattern == "dense") return draw(tartan::Dense{});
  if (request.pattern == "local") return draw(tartan::Local{number(0)});
  if (request.pattern == "window") return draw(tartan::Window{number(0), number(1)});
  if (request.pattern == "strided") return draw(tartan::Strided{number(0)});
  if (request.pattern == "columns") return draw(tartan::Columns{number(0)});
  return draw(tartan::Local{number(0)} | tartan::Strided{number(1)});
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::cout << usage;
    return 0;
  }
  try {
    run(parse(arguments));
  } catch (const std::invalid_argument& error) {
    std::cerr << "show_mask: " << error.what() << "\n" << usage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "show_mask: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

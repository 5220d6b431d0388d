// The command line, and the texts.
#include "../../examples/transformer/settings.hpp"

#include "../../examples/transformer/text.hpp"
#include "support/catch.hpp"

using namespace transformer;

namespace {
std::string refusal(const std::vector<std::string>& arguments) {
  return message_of<std::invalid_argument>([&] { parse_settings(arguments); });
}
}  // namespace

TEST_CASE("flags are read, and the stride follows the context") {
  const Settings s = parse_settings({"--context", "1024", "--attention", "union", "--seed", "7",
                                     "--learning-rate", "1e-3", "--text", "a file"});
  CHECK(s.stride == 32);
  CHECK(s.window == 32);
  CHECK(s.seed == 7);
  CHECK(s.rate == 1e-3);
  CHECK(s.text == "a file");
  CHECK(s.shape().masks.kind == MaskKind::merged);
  CHECK(parse_settings({"--help"}).help);
}

TEST_CASE("what is wrong with a command line is told in a line") {
  CHECK(refusal({"--colour", "red"}) == "there is no flag '--colour' (see --help)");
  CHECK(refusal({"--steps"}) == "--steps needs a value");
  CHECK(refusal({"--steps", "12x"}) ==
        "--steps must be a whole number of at least 1 and at most 10^9, got '12x'");
  CHECK(refusal({"--layers", "0"}) ==
        "--layers must be a whole number of at least 1 and at most 10^9, got '0'");
  CHECK(refusal({"--temperature", "nan"}) ==
        "--temperature must be a number of at least 0, got 'nan'");
  CHECK(refusal({"--attention", "sparse"}) ==
        "--attention must be dense, local, strided, union or alternating, got 'sparse'");
}

TEST_CASE("configurations differ where they differ") {
  const auto text = [](const std::vector<std::string>& arguments, std::uint64_t checksum) {
    return parse_settings(arguments).configuration(checksum);
  };
  const Configuration one = text({"--seed", "3"}, 5);
  CHECK(one.difference(text({"--seed", "3", "--threads", "2"}, 5).text()).empty());
  CHECK(one.difference(text({"--seed", "4"}, 5).text()) == "'seed 4' there, 'seed 3' here");
  CHECK(one.difference(text({"--seed", "3"}, 6).text()) == "'text 6' there, 'text 5' here");
}

TEST_CASE("batches are of the first nine tenths, and the same for the same seed and step") {
  Bytes bytes(1000, 0);
  for (std::size_t i = 900; i < 1000; ++i) bytes[i] = 1;
  const Text text(bytes, 20);
  for (Index step = 1; step <= 200; ++step) {
    const Sequences batch = text.batch(3, 1, step);
    REQUIRE(batch.tokens.size() == 60);
    REQUIRE(batch.targets == Bytes(60, 0));
  }
  for (Index which = 0; which < 5; ++which) {
    const Sequences one = text.held_out(5, which);
    CHECK(one.count == 1);
    CHECK(one.tokens == Bytes(20, 1));
    CHECK(one.targets == Bytes(20, 1));
  }
  for (std::size_t i = 0; i < 1000; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  const Text counting(bytes, 20);
  const Sequences batch = counting.batch(2, 1, 5), again = counting.batch(2, 1, 5);
  CHECK(batch.tokens == again.tokens);
  CHECK(batch.tokens != counting.batch(2, 1, 6).tokens);
  CHECK(batch.tokens != counting.batch(2, 2, 5).tokens);
  for (std::size_t i = 0; i + 1 < 20; ++i) CHECK(batch.targets[i] == batch.tokens[i + 1]);
}

TEST_CASE("a text that is not there or too short is an error") {
  CHECK(message_of<std::runtime_error>([] { read_file("/no/such/text"); }) ==
        "cannot read a text from '/no/such/text' (--text FILE names any file of bytes)");
  CHECK(message_of<std::invalid_argument>([] { Text(Bytes(200, 0), 20); }) ==
        "a text of 200 bytes is too short for a context of 20 (it takes more than 209)");
}

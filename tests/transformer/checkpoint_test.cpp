// Checkpoints: exact resumption, and what is refused.
#include "../../examples/transformer/checkpoint.hpp"

#include "../../examples/transformer/model.hpp"
#include "support/catch.hpp"

using namespace transformer;

namespace {

/// A small model in training.
struct Run {
  explicit Run(std::uint64_t seed) : model({1, 8, 2, {}}, seed), adam(model.parameters()) {}

  double step(Index step) {
    const Bytes tokens{1, 2, 3, std::uint8_t(step)}, targets{2, 3, 4, 5};
    const double loss = model.loss_and_gradients(tokens, targets);
    adam.update(0.01, step);
    return loss;
  }

  Transformer<float> model;
  Adam<float> adam;
};

Configuration configuration(int width) {
  Configuration c;
  c.set("layers", 1);
  c.set("width", width);
  return c;
}

/// A file's name that is the test's own, and no file at the end.
struct File {
  explicit File(const std::string& name)
      : path((std::filesystem::temp_directory_path() /
              ("tartan_" + std::to_string(::getpid()) + "_" + name))
                 .string()) {}
  ~File() { std::filesystem::remove(path); }

  std::string bytes() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& all) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << all;
  }

  std::string path;
};

std::string refusal(const File& file, int width = 8) {
  Run run(2);
  const double before = Run(2).step(1);
  const std::string message = message_of<std::runtime_error>(
      [&] { load_checkpoint(file.path, configuration(width), run.adam); });
  CHECK(run.step(1) == before);  // nothing has changed
  return message;
}

}  // namespace

TEST_CASE("a run goes on with the very same losses") {
  const File file("exact");
  Run whole(1);
  for (Index s = 1; s <= 3; ++s) whole.step(s);
  save_checkpoint(file.path, configuration(8), 3, whole.adam);
  Run resumed(2);
  REQUIRE(load_checkpoint(file.path, configuration(8), resumed.adam) == 3);
  for (Index s = 4; s <= 6; ++s) CHECK(resumed.step(s) == whole.step(s));
  CHECK(!std::filesystem::exists(file.path + ".new"));
}

TEST_CASE("truncated, damaged and foreign files are refused and left as they are") {
  const File file("refused");
  Run run(1);
  run.step(1);
  save_checkpoint(file.path, configuration(8), 1, run.adam);
  const std::string good = file.bytes();
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  for (const std::size_t size :
       {std::size_t(0), std::size_t(30), good.size() / 2, good.size() - 1}) {
    file.write(good.substr(0, size));
    CHECK(contains(refusal(file), "truncated"));
    CHECK(file.bytes().size() == size);
  }
  for (const std::size_t at :
       {std::size_t(0), std::size_t(10), std::size_t(20), std::size_t(26), std::size_t(33),
        std::size_t(50), good.size() / 2, good.size() - 1}) {
    std::string damaged = good;
    damaged[at] = char(damaged[at] ^ 4);
    file.write(damaged);
    CHECK(refusal(file) != "nothing was thrown");
  }
  file.write(good);
  CHECK(contains(refusal(file, 16), "is of another run: 'width 8' there, 'width 16' here"));
  CHECK(file.bytes() == good);
}

TEST_CASE("a file that cannot be written is an error, and the old one stays") {
  Run run(1);
  CHECK(message_of<std::runtime_error>([&] {
          save_checkpoint("/nowhere/at/all", configuration(8), 1, run.adam);
        }) == "cannot open '/nowhere/at/all.new': No such file or directory");
}

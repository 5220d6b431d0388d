// What can be set on train_text's command line.
#pragma once

#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <variant>
#include <vector>

#include "configuration.hpp"
#include "model.hpp"

namespace transformer {

struct Settings {
  std::string text = "/usr/share/common-licenses/GPL-3";
  std::string attention = "alternating";
  Index window = 0, stride = 0, context = 256;
  Index layers = 4, width = 128, heads = 4;
  Index batch = 4, steps = 300, warmup = 20;
  double rate = 3e-3, clip = 1;
  Index seed = 1, threads = 1;
  Index evaluate_every = 25, held_out = 8;
  std::string checkpoint, log;
  Index checkpoint_every = 50, stop_at = 0;
  std::string prompt = "The ";
  Index generate = 300;
  double temperature = 0.8;
  bool help = false;

  /// The sizes of the model. Precondition: checked.
  Shape shape() const { return {layers, width, heads, {*mask_kind(attention), window, stride}}; }

  /// What a run must have in common with the one that it goes on with.
  Configuration configuration(std::uint64_t text_checksum) const {
    Configuration c;
    c.set("text", text_checksum);
    c.set("attention", attention);
    c.set("window", window);
    c.set("stride", stride);
    c.set("context", context);
    c.set("layers", layers);
    c.set("width", width);
    c.set("heads", heads);
    c.set("batch", batch);
    c.set("steps", steps);
    c.set("warmup", warmup);
    c.set("rate", rate);
    c.set("clip", clip);
    c.set("seed", seed);
    return c;
  }
};

/// A flag: its name, where its value goes, the least it may be, and what it is.
struct Flag {
  std::string name;
  std::variant<Index*, double*, std::string*> value;
  double least;
  std::string help;
};

inline std::vector<Flag> flags_of(Settings& s) {
  return {
      {"--text", &s.text, 0, "the file to learn from, any bytes; its last tenth is held out"},
      {"--attention", &s.attention, 0, "dense, local, strided, union or alternating; all causal"},
      {"--window", &s.window, 0, "positions seen before self where local; 0: as the stride"},
      {"--stride", &s.stride, 0, "positions from one seen to the next; 0: sqrt(context)"},
      {"--context", &s.context, 1, "bytes in a sequence"},
      {"--layers", &s.layers, 1, "blocks of attention and MLP"},
      {"--width", &s.width, 2, "numbers for each byte; a multiple of twice the heads"},
      {"--heads", &s.heads, 1, "heads of each attention"},
      {"--batch", &s.batch, 1, "sequences in a step"},
      {"--steps", &s.steps, 1, "steps of training in all"},
      {"--warmup", &s.warmup, 0, "steps until the learning rate is reached; then it decays"},
      {"--learning-rate", &s.rate, 0, "the highest learning rate"},
      {"--clip", &s.clip, 0, "the largest norm of a gradient"},
      {"--seed", &s.seed, 0, "chooses first parameters and the sequences of each step"},
      {"--threads", &s.threads, 1, "threads; results are the same bits for any number"},
      {"--evaluate-every", &s.evaluate_every, 1, "steps between two looks at the held-out text"},
      {"--held-out", &s.held_out, 1, "held-out sequences looked at"},
      {"--checkpoint", &s.checkpoint, 0, "file to save to, and to go on from where it is there"},
      {"--checkpoint-every", &s.checkpoint_every, 1, "steps between two checkpoints"},
      {"--log", &s.log, 0, "file for a line of figures a step, as CSV"},
      {"--stop-at", &s.stop_at, 0, "leave after this step as if killed: no last checkpoint"},
      {"--prompt", &s.prompt, 0, "what the text that is written begins with"},
      {"--generate", &s.generate, 0, "bytes to write when trained"},
      {"--temperature", &s.temperature, 0, "0: always the likeliest byte"},
  };
}

inline void write_help(std::ostream& out) {
  Settings defaults;
  out << "train_text [FLAG VALUE]...: trains a decoder on a text, byte by byte, and lets it "
         "write\n";
  for (const Flag& flag : flags_of(defaults)) {
    out << "  " << flag.name << std::string(20 - flag.name.size(), ' ') << flag.help;
    std::visit([&](const auto* value) { out << " [" << *value << "]\n"; }, flag.value);
  }
}

/// Sets a flag's value from a word. Throws std::invalid_argument where it is none.
inline void set_flag(const Flag& flag, const std::string& word) {
  if (std::string* const* text = std::get_if<std::string*>(&flag.value)) {
    **text = word;
    return;
  }
  const auto parse = [&](auto* number) {
    std::remove_pointer_t<decltype(number)> parsed = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, parsed);
    const bool whole = std::is_same_v<decltype(number), Index*>;
    const double most = whole ? 1e9 : std::numeric_limits<double>::max();
    if (error != std::errc() || stop != end || !(double(parsed) >= flag.least) ||
        !(double(parsed) <= most)) {
      std::ostringstream least;
      least << flag.least;
      throw std::invalid_argument(flag.name + " must be a " + (whole ? "whole " : "") +
                                  "number of at least " + least.str() +
                                  (whole ? " and at most 10^9" : "") + ", got '" + word + "'");
    }
    *number = parsed;
  };
  if (Index* const* number = std::get_if<Index*>(&flag.value)) parse(*number);
  if (double* const* number = std::get_if<double*>(&flag.value)) parse(*number);
}

/// Throws std::invalid_argument where one file is to be read and written, or written as two.
inline void refuse_one_file_for_two(const Settings& s) {
  const std::pair<const char*, const std::string*> files[] = {
      {"--text", &s.text}, {"--checkpoint", &s.checkpoint}, {"--log", &s.log}};
  const auto place = [](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  };
  for (const auto& [name, path] : files) {
    for (const auto& [other, other_path] : files) {
      if (name == other || path->empty() || other_path->empty()) continue;
      if (place(*path) == place(*other_path)) {
        throw std::invalid_argument(std::string(name) + " and " + other + " are one file: '" +
                                    *path + "'");
      }
    }
  }
  if (std::filesystem::is_directory(s.checkpoint)) {
    throw std::invalid_argument("--checkpoint: '" + s.checkpoint + "' is a folder");
  }
}

/// Throws std::invalid_argument where the parameters would be beyond 10^9: with their gradients and
/// Adam's two moments they take 16 bytes each.
inline void refuse_absurd_sizes(const Settings& s) {
  const double width = double(s.width);
  const double parameters = 12 * width * width * double(s.layers);
  if (parameters > 1e9) {
    std::ostringstream text;
    text << "--layers and --width make " << parameters
         << " parameters; at most 10^9 (16 GB with their moments)";
    throw std::invalid_argument(text.str());
  }
}

/// Reads the command line. Throws std::invalid_argument, with what is wrong in one line.
inline Settings parse_settings(const std::vector<std::string>& arguments) {
  Settings settings;
  const std::vector<Flag> flags = flags_of(settings);
  for (std::size_t a = 0; a < arguments.size(); ++a) {
    const std::string& name = arguments[a];
    if (name == "--help" || name == "-h") {
      settings.help = true;
      return settings;
    }
    const auto named = [&](const Flag& flag) { return flag.name == name; };
    const auto flag = std::find_if(flags.begin(), flags.end(), named);
    if (flag == flags.end()) {
      throw std::invalid_argument("there is no flag '" + name + "' (see --help)");
    }
    if (++a == arguments.size()) throw std::invalid_argument(name + " needs a value");
    set_flag(*flag, arguments[a]);
  }
  if (!mask_kind(settings.attention)) {
    throw std::invalid_argument(
        "--attention must be dense, local, strided, union or alternating, got '" +
        settings.attention + "'");
  }
  if (settings.stride == 0) {
    settings.stride = static_cast<Index>(std::lround(std::sqrt(double(settings.context))));
  }
  if (settings.window == 0) settings.window = settings.stride;
  refuse_one_file_for_two(settings);
  refuse_absurd_sizes(settings);
  if (settings.prompt.empty()) throw std::invalid_argument("--prompt must have a byte or more");
  return settings;
}

}  // namespace transformer

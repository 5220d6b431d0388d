// Trains a decoder on a text, byte by byte, with sparse attention, and lets it write. Gradients are
// exact, and attention takes the time of the pairs that its mask has, forwards and backwards.
//
//   train_text                                        300 steps on the text of the GPL
//   train_text --text FILE --attention union          any file; see --help for all that can be set
//   train_text --checkpoint run.ckpt --log run.csv    goes on where it was stopped
#include <chrono>
#include <cstdio>
#include <iomanip>
#include <iostream>

#include "transformer/adam.hpp"
#include "transformer/checkpoint.hpp"
#include "transformer/log.hpp"
#include "transformer/settings.hpp"
#include "transformer/text.hpp"
#include "transformer/writer.hpp"

namespace {

using namespace transformer;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr double bits_per_nat = 1 / std::numbers::ln2;

class Training {
 public:
  Training(const Settings& settings, const Text& text, const Configuration& configuration)
      : settings_(settings),
        text_(text),
        configuration_(configuration),
        model_(settings.shape(), std::uint64_t(settings.seed), {int(settings.threads)}),
        adam_(model_.parameters()) {
    const auto folder = std::filesystem::path(settings.checkpoint).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder)) {
      throw std::invalid_argument("--checkpoint: there is no folder '" + folder.string() + "'");
    }
    if (!settings.checkpoint.empty() && std::filesystem::exists(settings.checkpoint)) {
      step_ = load_checkpoint(settings.checkpoint, configuration_, adam_);
      std::cout << "going on from " << settings.checkpoint << " after step " << step_ << '\n';
    }
  }

  Transformer<float>& model() { return model_; }
  Index step() const { return step_; }

  Index parameter_count() const {
    Index count = 0;
    for (const Parameter<float>* p : adam_.parameters()) count += p->value.size();
    return count;
  }

  /// Trains to the last step.
  void run() {
    if (step_ == settings_.steps) return;
    Log log(settings_.log, step_);
    const auto start = Clock::now();
    auto shown = start;
    const Index first = step_;
    while (step_ < settings_.steps) {
      StepFigures figures = train_step();
      const bool last = step_ == settings_.steps;
      if (last || step_ % settings_.evaluate_every == 0) figures.held_out = held_out_bits();
      log.add(figures);
      if (figures.held_out || step_ == first + 1 || seconds_since(shown) > 10) {
        shown = Clock::now();
        const double per_step = seconds_since(start) / double(step_ - first);
        show(figures, per_step * double(settings_.steps - step_));
      }
      if (step_ == settings_.stop_at) std::_Exit(0);
      if (!settings_.checkpoint.empty() && (last || step_ % settings_.checkpoint_every == 0)) {
        save_checkpoint(settings_.checkpoint, configuration_, step_, adam_);
      }
    }
  }

 private:
  StepFigures train_step() {
    const auto start = Clock::now();
    const Sequences batch = text_.batch(settings_.batch, std::uint64_t(settings_.seed), ++step_);
    const double loss = model_.loss_and_gradients(batch.tokens, batch.targets, batch.count);
    const double norm = clip_gradients(adam_.parameters(), settings_.clip);
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      throw std::runtime_error("step " + std::to_string(step_) +
                               ": the loss is not finite any more (lower --learning-rate)");
    }
    adam_.update(learning_rate(settings_.rate, step_, settings_.steps, settings_.warmup), step_);
    const double seconds = seconds_since(start);
    return {step_, loss, {}, seconds, double(batch.tokens.size()) / seconds};
  }

  double held_out_bits() {
    double sum = 0;
    for (Index s = 0; s < settings_.held_out; ++s) {
      const Sequences one = text_.held_out(settings_.held_out, s);
      sum += model_.loss(one.tokens, one.targets);
    }
    return sum / double(settings_.held_out) * bits_per_nat;
  }

  void show(const StepFigures& f, double left) const {
    std::cout << std::fixed << "step " << std::setw(5) << f.step << '/' << settings_.steps
              << "   loss " << std::setprecision(4) << f.loss << "   held out ";
    if (f.held_out) {
      std::cout << *f.held_out << " bits/byte";
    } else {
      std::cout << "                ";
    }
    const Index seconds = static_cast<Index>(left + 0.5);
    std::cout << std::setprecision(0) << std::setw(9) << f.tokens_per_second << " tokens/s   "
              << seconds / 60 << ':' << std::setfill('0') << std::setw(2) << seconds % 60 << " left"
              << std::setfill(' ') << std::endl;
  }

  Settings settings_;
  const Text& text_;
  Configuration configuration_;
  Transformer<float> model_;
  Adam<float> adam_;
  Index step_ = 0;
};

void run(const Settings& settings) {
  Bytes bytes = read_file(settings.text);
  const std::uint64_t checksum = tartan::detail::fnv1a_words(std::as_bytes(std::span(bytes)));
  const Text text(std::move(bytes), settings.context);
  Training training(settings, text, settings.configuration(checksum));
  std::cout << settings.text << ": " << text.training_bytes() << " bytes to learn from, "
            << text.held_out_bytes() << " held out\n"
            << training.parameter_count() << " parameters; attention " << settings.attention
            << ", window " << settings.window << ", stride " << settings.stride << ", context "
            << settings.context << '\n';
  training.run();
  if (settings.generate == 0) return;
  std::cout << "----\n" << settings.prompt;
  const Bytes prompt(settings.prompt.begin(), settings.prompt.end());
  write_text(training.model(), prompt, settings.generate, settings.temperature,
             std::uint64_t(settings.seed), [](std::uint8_t byte) {
               const bool control = (byte < 32 && byte != '\n' && byte != '\t') || byte == 127;
               std::cout << (control ? '?' : static_cast<char>(byte)) << std::flush;
             });
  std::cout << "\n----\n";
}

}  // namespace

int main(int argc, char** argv) try {
  const Settings settings = parse_settings({argv + 1, argv + argc});
  if (settings.help) {
    write_help(std::cout);
  } else {
    run(settings);
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "train_text: " << error.what() << '\n';
  return 2;
}

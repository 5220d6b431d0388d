// Removes noise from speech by non-local means, which is attention; see
// denoising/non_local_means.hpp. One token a sample: queries and keys are the patches of samples
// around it. So are the values: each sample is estimated by every patch that it is a part of, and
// the result is the mean of these estimates.
//
// Local is what was said just now and what comes next: while a sound lasts, a voice repeats itself
// every few milliseconds, and so a short window has most of what is alike. It does best here, also
// better than all pairs, among which too many that are only roughly alike have a little weight
// each. Strided is a sample of the whole recording. Beside a window that is shorter than the
// voice's period
// (--window 64) it adds to it; beside a longer one it costs more than it brings.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <tartan/tartan.hpp>

#include "audio/wav.hpp"
#include "command_line/number.hpp"
#include "denoising/gaussian.hpp"
#include "denoising/non_local_means.hpp"

namespace {

using denoising::Matrix;
using tartan::Index;

constexpr const char* usage = R"(usage: audio --in FILE.wav [option]...
  --in FILE.wav         a recording without noise: mono, 16-bit PCM
  --noise DB            add Gaussian noise so that the signal-to-noise ratio is this (default 5)
  --pattern NAME        local, strided, tartan (local | strided) or dense; default all, but dense
  --window N            local and tartan: a window of N samples (default 512)
  --stride N            strided and tartan: every N-th sample (default 64)
  --first N             only the first N samples of the recording
  --out FILE.wav        where the result goes that is nearest to the original
  --out-noisy FILE.wav  where the noisy recording goes
  --require-gain DB     exit 1 unless every result is so much nearer to the original than the noisy one
  --help                print this
)";

constexpr const char* patterns[] = {"all", "local", "strided", "tartan", "dense"};

/// Samples of a patch on each side of its middle: 25 samples in all, 3 ms at 8 kHz.
constexpr Index patch_reach = 12, patch_size = 2 * patch_reach + 1;

/// Rows of dense attention that are run to tell how long all would take.
constexpr Index slice_rows = 512;

struct Arguments {
  std::string in;
  std::string out;
  std::string out_noisy;
  std::string pattern = "all";
  double noise = 5;
  std::optional<double> require_gain;
  Index window = 512;
  Index stride = 64;
  std::optional<Index> first;
  bool help = false;
};

Arguments parse(int argc, char** argv) {
  using command_line::number, command_line::whole_number;
  constexpr int most = 1 << 30;
  Arguments arguments;
  for (int a = 1; a < argc; ++a) {
    const std::string word = argv[a];
    const auto value = [&]() -> std::string {
      if (a + 1 == argc) throw std::invalid_argument(word + " needs a value");
      return argv[++a];
    };
    if (word == "--in") {
      arguments.in = value();
    } else if (word == "--out") {
      arguments.out = value();
    } else if (word == "--out-noisy") {
      arguments.out_noisy = value();
    } else if (word == "--pattern") {
      arguments.pattern = value();
    } else if (word == "--noise") {
      arguments.noise = number(word, value(), -20, 30);
    } else if (word == "--require-gain") {
      arguments.require_gain = number(word, value(), 0, 100);
    } else if (word == "--window") {
      arguments.window = whole_number(word, value(), 1, most);
    } else if (word == "--stride") {
      arguments.stride = whole_number(word, value(), 1, most);
    } else if (word == "--first") {
      arguments.first = whole_number(word, value(), 1, most);
    } else if (word == "--help" || word == "-h") {
      arguments.help = true;
    } else {
      throw std::invalid_argument("not understood: " + word);
    }
  }
  if (arguments.in.empty() && !arguments.help) throw std::invalid_argument("--in is missing");
  const std::string& name = arguments.pattern;
  if (std::find(std::begin(patterns), std::end(patterns), name) == std::end(patterns)) {
    throw std::invalid_argument("no such pattern: " + name);
  }
  return arguments;
}

/// The samples with Gaussian noise of standard deviation `sigma`, the same at every run.
Eigen::VectorXf with_noise(const Eigen::VectorXf& samples, double sigma) {
  denoising::Gaussian gaussian(1);
  Eigen::VectorXf noisy = samples;
  for (float& sample : noisy) sample += static_cast<float>(sigma * gaussian());
  return noisy;
}

/// Signal-to-noise ratio in dB: 10 log10(power of the signal / power of what differs from it).
double snr(const Eigen::VectorXf& signal, const Eigen::VectorXf& estimate) {
  return 10 * std::log10(signal.cast<double>().squaredNorm() /
                         (estimate - signal).cast<double>().squaredNorm());
}

/// One row a sample: those from patch_reach before it to patch_reach after it. There is silence
/// beyond the ends.
Matrix patches(const Eigen::VectorXf& samples) {
  Eigen::VectorXf padded = Eigen::VectorXf::Zero(samples.size() + 2 * patch_reach);
  padded.segment(patch_reach, samples.size()) = samples;
  Matrix result(samples.size(), patch_size);
  for (Index i = 0; i < result.rows(); ++i) result.row(i) = padded.segment(i, patch_size);
  return result;
}

/// The samples whose patches these are: each the mean of what the patches around it say.
Eigen::VectorXf samples_of(const Matrix& patches) {
  const Index n = patches.rows();
  Eigen::VectorXf samples(n);
  for (Index i = 0; i < n; ++i) {
    const Index begin = std::max<Index>(0, i - patch_reach), end = std::min(n, i + patch_reach + 1);
    float sum = 0;
    for (Index p = begin; p < end; ++p) sum += patches(p, i - p + patch_reach);
    samples[i] = sum / static_cast<float>(end - begin);
  }
  return samples;
}

/// The most memory that this process ever held, in MiB.
double peak_mebibytes() {
  rusage resources{};
  getrusage(RUSAGE_SELF, &resources);
  return static_cast<double>(resources.ru_maxrss) / 1024;
}

/// Runs patterns over one noisy recording, prints what each costs and gains, and keeps the best.
class Comparison {
 public:
  Comparison(const Eigen::VectorXf& original, const Eigen::VectorXf& noisy, double sigma)
      : original_(original),
        values_(patches(noisy)),
        denoiser_(values_, sigma),
        noisy_snr_(snr(original, noisy)) {
    std::cout << "pattern     attended       pairs       time   GFLOP/s    SNR noisy -> denoised\n";
  }

  template <tartan::Pattern P>
  void run(const std::string& name, const P& pattern) {
    const double pairs = print_pairs(name, pattern);
    const auto begin = std::chrono::steady_clock::now();
    const Matrix means = denoiser_.means(values_, pattern);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    const Eigen::VectorXf result = samples_of(means);
    const double gain = snr(original_, result) - noisy_snr_;
    print_time(pairs, time.count());
    std::cout << std::setprecision(2) << std::setw(9) << noisy_snr_ << " -> " << noisy_snr_ + gain
              << " dB: " << std::showpos << gain << std::noshowpos << std::endl;
    least_gain_ = std::min(least_gain_.value_or(gain), gain);
    if (best_name_.empty() || gain > best_gain_) {
      best_name_ = name;
      best_gain_ = gain;
      best_ = result;
    }
  }

  /// What dense attention would take, without running it.
  void estimate_dense() const {
    const double pairs = print_pairs("dense", tartan::Dense{});
    print_time(pairs, denoiser_.dense_seconds(values_, slice_rows));
    std::cout << "    not run: estimated from " << std::min(slice_rows, denoiser_.tokens())
              << " rows" << std::endl;
  }

  const Eigen::VectorXf& best() const { return best_; }
  const std::string& best_name() const { return best_name_; }
  double best_gain() const { return best_gain_; }
  double least_gain() const { return least_gain_.value_or(0); }

 private:
  /// Begins a line, and returns the number of attended pairs.
  template <tartan::Pattern P>
  double print_pairs(const std::string& name, const P& pattern) const {
    const Index n = denoiser_.tokens();
    const double pairs = static_cast<double>(count(pattern, n));
    std::cout << std::left << std::setw(10) << name << std::right << std::setprecision(2)
              << std::setw(8) << 100 * density(pattern, n) << " %" << std::setprecision(1)
              << std::setw(10) << pairs / 1e6 << " M" << std::flush;
    return pairs;
  }

  /// A multiply-add for each pair and column of keys and values counts as two operations.
  void print_time(double pairs, double seconds) const {
    const double flops = 2 * pairs * static_cast<double>(denoiser_.head_dim() + values_.cols());
    std::cout << std::setprecision(2) << std::setw(9) << seconds << " s" << std::setprecision(1)
              << std::setw(10) << flops / seconds / 1e9;
  }

  Eigen::VectorXf original_;
  Matrix values_;
  denoising::NonLocalMeans denoiser_;
  double noisy_snr_;
  std::optional<double> least_gain_;
  double best_gain_ = 0;
  std::string best_name_;
  Eigen::VectorXf best_;
};

int denoise(const Arguments& arguments) {
  audio::Sound sound = audio::read_wav(arguments.in);
  if (arguments.first && *arguments.first < sound.samples.size()) {
    sound.samples.conservativeResize(*arguments.first);
  }
  const Index n = sound.samples.size();
  const double power =
      n == 0 ? 0 : sound.samples.cast<double>().squaredNorm() / static_cast<double>(n);
  if (power == 0) throw std::runtime_error(arguments.in + ": there is only silence");
  const double sigma = std::sqrt(power * std::pow(10, -arguments.noise / 10));
  const Eigen::VectorXf noisy = with_noise(sound.samples, sigma);
  const auto write = [&](const std::string& path, const Eigen::VectorXf& samples) {
    if (path.empty()) return;
    audio::write_wav(path, {sound.sample_rate, samples});
    std::cout << "written: " << path << '\n';
  };
  std::cout << std::fixed << std::setprecision(1) << arguments.in << ": " << n << " samples = " << n
            << " tokens, " << static_cast<double>(n) / sound.sample_rate << " s at "
            << sound.sample_rate << " Hz\n\n";

  Comparison comparison(sound.samples, noisy, sigma);
  const auto chosen = [&](const std::string& name) {
    return arguments.pattern == name || (arguments.pattern == "all" && name != "dense");
  };
  const tartan::Local local(arguments.window);
  const tartan::Strided strided(arguments.stride);
  if (chosen("local")) comparison.run("local", local);
  if (chosen("strided")) comparison.run("strided", strided);
  if (chosen("tartan")) comparison.run("tartan", local | strided);
  if (chosen("dense")) comparison.run("dense", tartan::Dense{});
  const double peak = peak_mebibytes();
  if (!chosen("dense")) comparison.estimate_dense();

  const double all_scores = 4.0 * static_cast<double>(n) * static_cast<double>(n) / 1048576;
  std::cout << "\nbest: " << comparison.best_name() << ", " << std::setprecision(2)
            << comparison.best_gain() << " dB nearer to the original\n"
            << std::setprecision(0) << "memory: " << peak << " MiB at most, of the whole program; "
            << "one matrix of all scores would be " << all_scores << " MiB\n";
  write(arguments.out_noisy, noisy);
  write(arguments.out, comparison.best());
  const bool enough = !arguments.require_gain || comparison.least_gain() >= *arguments.require_gain;
  if (!enough) {
    std::cout << "a result gains less than " << std::setprecision(2) << *arguments.require_gain
              << " dB\n";
  }
  return enough ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const Arguments arguments = parse(argc, argv);
  if (!arguments.help) return denoise(arguments);
  std::cout << usage;
  return 0;
} catch (const std::invalid_argument& error) {
  std::cerr << "audio: " << error.what() << " (see --help)\n";
  return 2;
} catch (const std::exception& error) {
  std::cerr << "audio: " << error.what() << "\n";
  return 2;
}

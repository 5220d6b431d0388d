// The WAV files of examples/audio: what is read, what is written, and what is refused.
#include "audio/wav.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

#include "support/catch.hpp"

namespace {

using audio::parse_wav;
using audio::Sound;

std::string number(std::uint32_t value, int count) {
  std::string bytes;
  for (int b = 0; b < count; ++b) bytes.push_back(static_cast<char>(value >> (8 * b) & 0xFF));
  return bytes;
}

std::string chunk(const std::string& name, const std::string& content) {
  return name + number(static_cast<std::uint32_t>(content.size()), 4) + content;
}

std::string format(std::uint32_t tag, std::uint32_t channels, std::uint32_t bits,
                   std::uint32_t rate = 8000) {
  return number(tag, 2) + number(channels, 2) + number(rate, 4) +
         number(rate * channels * bits / 8, 4) + number(channels * bits / 8, 2) + number(bits, 2);
}

std::string riff(const std::string& chunks) { return chunk("RIFF", "WAVE" + chunks); }

/// The smallest numbers, the largest, and two between.
const std::string samples =
    number(0x8000, 2) + number(0x7FFF, 2) + number(1, 2) + number(0xC000, 2);
const std::string good_format = chunk("fmt ", format(1, 1, 16));

std::string error_of(const std::string& file) {
  return message_of<std::runtime_error>([&] { parse_wav(file); });
}

}  // namespace

TEST_CASE("samples are 16-bit numbers, little-endian and signed") {
  const Sound sound = parse_wav(riff(good_format + chunk("data", samples)));
  CHECK(sound.sample_rate == 8000);
  REQUIRE(sound.samples.size() == 4);
  CHECK(sound.samples[0] == -1.0f);
  CHECK(sound.samples[1] == 32767 / 32768.0f);
  CHECK(sound.samples[2] == 1 / 32768.0f);
  CHECK(sound.samples[3] == -0.5f);
}

TEST_CASE("other chunks are skipped, with the byte that pads those of odd size") {
  const std::string list = chunk("LIST", "odd") + std::string(1, '\0');
  const std::string file = riff(list + good_format + list + chunk("data", samples) + list);
  CHECK(parse_wav(file).samples.size() == 4);
  CHECK(parse_wav(file + "what follows is not read").samples.size() == 4);
}

TEST_CASE("the extensible format is read where it is PCM") {
  const auto file = [](std::uint32_t sub_format) {
    const std::string extension =
        number(22, 2) + number(16, 2) + number(4, 4) + number(sub_format, 2) + std::string(14, 'x');
    return riff(chunk("fmt ", format(0xFFFE, 1, 16) + extension) + chunk("data", samples));
  };
  CHECK(parse_wav(file(1)).samples.size() == 4);
  CHECK(error_of(file(3)) == "the samples must be PCM (format 1), got format 3");
}

TEST_CASE("no samples are a sound, too") {
  CHECK(parse_wav(riff(good_format + chunk("data", ""))).samples.size() == 0);
}

TEST_CASE("what is not mono 16-bit PCM is refused") {
  const auto file = [](const std::string& format) {
    return riff(chunk("fmt ", format) + chunk("data", samples));
  };
  CHECK(error_of(file(format(1, 2, 16))) == "the sound must be mono, got 2 channels");
  CHECK(error_of(file(format(1, 0, 16))) == "the sound must be mono, got 0 channels");
  CHECK(error_of(file(format(1, 1, 8))) == "the samples must have 16 bits, got 8");
  CHECK(error_of(file(format(1, 1, 24))) == "the samples must have 16 bits, got 24");
  CHECK(error_of(file(format(3, 1, 32))) == "the samples must be PCM (format 1), got format 3");
  CHECK(error_of(file(format(0xFFFE, 1, 16))) ==
        "the samples must be PCM (format 1), got format 65534");
  CHECK(error_of(file(format(1, 1, 16, 0))) == "the sample rate is 0");
  CHECK(error_of(file("short")) == "the fmt chunk must have 16 bytes or more, got 5");
}

TEST_CASE("what is no WAV file is refused") {
  const std::string not_wav = "not a WAV file (it must begin with RIFF, its size and WAVE)";
  CHECK(error_of("") == not_wav);
  CHECK(error_of("RIFF") == not_wav);
  CHECK(error_of("some text that is long enough to have a head") == not_wav);
  CHECK(error_of(chunk("RIFF", "AVI " + good_format)) == not_wav);
  CHECK(error_of(chunk("RIFX", "WAVE" + good_format)) == not_wav);  // big-endian
}

TEST_CASE("missing chunks are told") {
  CHECK(error_of(riff("")) == "no data chunk");
  CHECK(error_of(riff(good_format)) == "no data chunk");
  CHECK(error_of(riff(chunk("data", samples) + good_format)) == "no fmt chunk before the data");
}

TEST_CASE("a file cut short anywhere is refused") {
  const std::string file = riff(good_format + chunk("LIST", "note") + chunk("data", samples));
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK_THROWS_AS(parse_wav(file.substr(0, size)), std::runtime_error);
  }
  CHECK(error_of(file.substr(0, file.size() - 3)) == "truncated: a chunk of 8 bytes has 5");
  CHECK(error_of(file.substr(0, 40)) == "truncated in the head of a chunk");
}

TEST_CASE("sizes that cannot be right are refused") {
  const std::string huge = number(0xFFFFFFFF, 4);
  CHECK(error_of(riff(good_format + "data" + huge + samples)) ==
        "truncated: a chunk of 4294967295 bytes has 8");
  CHECK(error_of(riff("LIST" + huge + good_format)) ==
        "truncated: a chunk of 4294967295 bytes has 24");
  CHECK(error_of(riff(good_format + chunk("data", samples + "x"))) ==
        "the data end in the middle of a sample: 9 bytes of 16-bit samples");
}

TEST_CASE("any byte may be damaged: the file is read or refused") {
  const std::string file = riff(good_format + chunk("LIST", "note") + chunk("data", samples));
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(value);
      try {
        const Sound sound = parse_wav(damaged);
        if (sound.samples.size() > 4) FAIL("more samples than the file holds, byte " << at);
      } catch (const std::runtime_error&) {  // refused
      }
    }
  }
}

TEST_CASE("what is written is read again") {
  Sound sound{16000, Eigen::VectorXf(5)};
  sound.samples << -1, -0.25f, 0, 0.25f, 32767 / 32768.0f;
  const Sound again = parse_wav(audio::wav_bytes(sound));
  CHECK(again.sample_rate == 16000);
  CHECK(again.samples == sound.samples);
  CHECK(audio::wav_bytes({8000, parse_wav(riff(good_format + chunk("data", samples))).samples}) ==
        riff(good_format + chunk("data", samples)));
}

TEST_CASE("samples are rounded, and cut to what 16 bits hold") {
  Sound sound{8000, Eigen::VectorXf(4)};
  sound.samples << 1, 2, -2, 1.4f / 32768;
  const Sound again = parse_wav(audio::wav_bytes(sound));
  CHECK(again.samples[0] == 32767 / 32768.0f);
  CHECK(again.samples[1] == 32767 / 32768.0f);
  CHECK(again.samples[2] == -1.0f);
  CHECK(again.samples[3] == 1 / 32768.0f);
}

TEST_CASE("errors name the file") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const auto missing = (folder / "tartan_no_such_folder" / "sound.wav").string();
  const auto read = [](const std::string& path) {
    return message_of<std::runtime_error>([&] { audio::read_wav(path); });
  };
  CHECK(read(missing) == missing + ": cannot be read");
  CHECK(read(folder.string()) == folder.string() + ": cannot be read");
  CHECK(message_of<std::runtime_error>([&] {
          audio::write_wav(missing, {8000, Eigen::VectorXf::Zero(2)});
        }) == missing + ": cannot be written");
}

// WAV files of one channel and 16-bit PCM samples, in memory and on disk. Whatever else a file
// holds is refused, and so is a file that is damaged, by an error that says what is wrong.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace audio {

/// One channel of sound.
struct Sound {
  std::uint32_t sample_rate = 0;  ///< samples a second
  Eigen::VectorXf samples;        ///< each from -1 to 1
};

namespace detail {

/// A file's bytes as little-endian numbers. Offsets must lie inside.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t size() const { return bytes_.size(); }
  std::string_view text(std::uint64_t at, std::uint64_t count) const {
    return bytes_.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(count));
  }
  std::uint32_t number16(std::uint64_t at) const { return byte(at) | byte(at + 1) << 8; }
  std::uint32_t number32(std::uint64_t at) const { return number16(at) | number16(at + 2) << 16; }

 private:
  std::uint32_t byte(std::uint64_t at) const {
    return static_cast<unsigned char>(bytes_[static_cast<std::size_t>(at)]);
  }

  std::string_view bytes_;
};

/// The sample rate of a "fmt " chunk; throws where it is not that of mono 16-bit PCM.
inline std::uint32_t checked_format(const Bytes& bytes, std::uint64_t at, std::uint64_t size) {
  constexpr std::uint32_t pcm = 1, extensible = 0xFFFE;
  if (size < 16) {
    throw std::runtime_error("the fmt chunk must have 16 bytes or more, got " +
                             std::to_string(size));
  }
  std::uint32_t format = bytes.number16(at);
  if (format == extensible && size >= 26) format = bytes.number16(at + 24);  // the true one
  const std::uint32_t channels = bytes.number16(at + 2), bits = bytes.number16(at + 14);
  if (format != pcm) {
    throw std::runtime_error("the samples must be PCM (format 1), got format " +
                             std::to_string(format));
  }
  if (channels != 1) {
    throw std::runtime_error("the sound must be mono, got " + std::to_string(channels) +
                             " channels");
  }
  if (bits != 16) {
    throw std::runtime_error("the samples must have 16 bits, got " + std::to_string(bits));
  }
  const std::uint32_t rate = bytes.number32(at + 4);
  if (rate == 0) throw std::runtime_error("the sample rate is 0");
  return rate;
}

inline void append_number(std::string& bytes, std::uint32_t value, int count) {
  for (int b = 0; b < count; ++b) bytes.push_back(static_cast<char>(value >> (8 * b) & 0xFF));
}

}  // namespace detail

/// The sound in the bytes of a WAV file. Chunks other than "fmt " and "data" are skipped, and what
/// follows "data" is not read. Throws std::runtime_error where a chunk is longer than the file, the
/// sound is not mono 16-bit PCM, or it is no WAV file.
inline Sound parse_wav(std::string_view file) {
  const detail::Bytes bytes(file);
  if (bytes.size() < 12 || bytes.text(0, 4) != "RIFF" || bytes.text(8, 4) != "WAVE") {
    throw std::runtime_error("not a WAV file (it must begin with RIFF, its size and WAVE)");
  }
  Sound sound;
  for (std::uint64_t at = 12; at < bytes.size();) {
    if (bytes.size() - at < 8) throw std::runtime_error("truncated in the head of a chunk");
    const std::string_view name = bytes.text(at, 4);
    const std::uint64_t size = bytes.number32(at + 4), left = bytes.size() - at - 8;
    at += 8;
    if (size > left) {
      throw std::runtime_error("truncated: a chunk of " + std::to_string(size) + " bytes has " +
                               std::to_string(left));
    }
    if (name == "fmt ") {
      sound.sample_rate = detail::checked_format(bytes, at, size);
    } else if (name == "data") {
      if (sound.sample_rate == 0) throw std::runtime_error("no fmt chunk before the data");
      if (size % 2 != 0) {
        throw std::runtime_error("the data end in the middle of a sample: " + std::to_string(size) +
                                 " bytes of 16-bit samples");
      }
      sound.samples.resize(static_cast<Eigen::Index>(size / 2));
      for (float& sample : sound.samples) {
        sample = static_cast<float>(static_cast<std::int16_t>(bytes.number16(at))) / 32768;
        at += 2;
      }
      return sound;
    }
    at += size + size % 2;  // chunks begin at even offsets
  }
  throw std::runtime_error("no data chunk");
}

/// The bytes of a WAV file. Samples are cut to [-1, 1) and rounded to 16 bits; they must be finite.
/// Throws std::runtime_error where there are more than a WAV file can hold.
inline std::string wav_bytes(const Sound& sound) {
  constexpr std::uint32_t head = 36;  // what follows the size of RIFF, without the samples
  if (sound.samples.size() > (0xFFFFFFFFu - head) / 2) {
    throw std::runtime_error("a WAV file cannot hold " + std::to_string(sound.samples.size()) +
                             " samples");
  }
  const auto data = static_cast<std::uint32_t>(2 * sound.samples.size());
  std::string bytes;
  bytes.reserve(data + 44);
  const auto number = [&](std::uint32_t value, int count) {
    detail::append_number(bytes, value, count);
  };
  bytes += "RIFF";
  number(head + data, 4);
  bytes += "WAVEfmt ";
  number(16, 4);                     // bytes of this chunk
  number(1, 2);                      // PCM
  number(1, 2);                      // channels
  number(sound.sample_rate, 4);      // samples a second
  number(2 * sound.sample_rate, 4);  // bytes a second
  number(2, 2);                      // bytes for one sample of all channels
  number(16, 2);                     // bits a sample
  bytes += "data";
  number(data, 4);
  for (const float sample : sound.samples) {
    const auto rounded = std::lround(32768 * std::clamp(sample, -1.0f, 1.0f));
    number(static_cast<std::uint32_t>(std::min(rounded, 32767L)) & 0xFFFF, 2);
  }
  return bytes;
}

/// Reads a WAV file; throws std::runtime_error with its path where that fails, see parse_wav.
inline Sound read_wav(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.peek();  // of a folder, too, is known only now that it cannot be read
  if (!file.is_open() || file.bad()) throw std::runtime_error(path + ": cannot be read");
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  try {
    return parse_wav(bytes);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

/// Writes a WAV file; throws std::runtime_error with its path where that fails, see wav_bytes.
inline void write_wav(const std::string& path, const Sound& sound) {
  const std::string bytes = wav_bytes(sound);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error(path + ": cannot be written");
}

}  // namespace audio

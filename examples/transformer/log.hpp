// The figures of a run as CSV, a line a step: what tools/train_report.py plots.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include "threads.hpp"

namespace transformer {

struct StepFigures {
  Index step;
  double loss;                     ///< in nats a byte
  std::optional<double> held_out;  ///< bits a byte, where it was looked at
  double seconds;                  ///< of this step, without looking at the held-out text
  double tokens_per_second;
};

/// A run that goes on keeps the lines up to where it does.
class Log {
 public:
  Log(const std::string& path, Index last_step) : path_(path) {
    if (path.empty()) return;
    std::string kept = std::string(head) + "\n";
    std::ifstream old(path);
    std::string line;
    if (old && (std::filesystem::is_directory(path) || (std::getline(old, line) && line != head))) {
      throw std::invalid_argument("--log: '" + path + "' is there, and is no log of this program");
    }
    while (std::getline(old, line)) {
      if (old.eof()) break;  // without its end: the program stopped while it wrote
      if (std::atol(line.c_str()) > last_step) break;
      kept += line + "\n";
    }
    old.close();
    file_.open(path, std::ios::binary | std::ios::trunc);
    file_.precision(17);
    write(kept);
  }

  void add(const StepFigures& f) {
    if (path_.empty()) return;
    file_ << f.step << ',' << f.loss << ',';
    if (f.held_out) file_ << *f.held_out;
    file_ << ',' << f.seconds << ',' << f.tokens_per_second << '\n';
    write("");
  }

 private:
  static constexpr const char* head = "step,loss,held_out_bits_per_byte,seconds,tokens_per_second";

  void write(const std::string& text) {
    file_ << text << std::flush;
    if (!file_) throw std::runtime_error("cannot write to '" + path_ + "'");
  }

  std::string path_;
  std::ofstream file_;
};

}  // namespace transformer

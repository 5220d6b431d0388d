// Writes the gallery: pictures of patterns, published masks, schedules and attention weights, and
// the page that shows them.
//
//   gallery docs            writes docs/gallery.md and docs/gallery/*.svg
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <tartan/layouts/bigbird.hpp>
#include <tartan/layouts/deepspeed.hpp>
#include <tartan/layouts/phi3.hpp>
#include <tartan/tartan.hpp>

using namespace tartan;
using Eigen::MatrixXd;

namespace {

/// The page, and the pictures that are written on the way.
class Gallery {
 public:
  explicit Gallery(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directories(folder / "gallery");
    page_ =
        "# Gallery\n\n"
        "Rows are queries, columns are keys. A red cell is an attended pair, dark red where i = j; "
        "a grey one is not attended. `build/release/examples/gallery docs` writes this page and "
        "its "
        "pictures.\n";
  }

  void section(const std::string& title, const std::string& text, int columns) {
    end_section();
    columns_ = columns;
    page_ += "\n## " + title + "\n\n" + text + (text.empty() ? "" : "\n\n");
  }

  /// A picture, with a line of code and a line of text below it.
  void add(const std::string& name, const Picture& picture, const std::string& code,
           const std::string& says) {
    write("gallery/" + name + ".svg", svg(picture));
    std::string shown;  // `|` ends a cell of a table
    for (const char c : code) shown += c == '|' ? "\\|" : std::string(1, c);
    entries_.push_back("<img src=\"gallery/" + name + ".svg\" width=\"" +
                       std::to_string(840 / columns_) + "\" alt=\"" + says + "\"><br>" +
                       (code.empty() ? "" : "`" + shown + "`<br>") + says);
  }

  template <Pattern P>
  void mask(const std::string& name, const std::string& says, Index n, const std::string& code,
            const P& pattern) {
    add(name, mask_picture(pattern, n, {.title = code}), code, says);
  }

  void finish() {
    end_section();
    write("gallery.md", page_);
  }

 private:
  void end_section() {
    const auto columns = static_cast<std::size_t>(columns_);
    if (entries_.empty()) return;
    std::string header = "|", rule = "|";
    for (std::size_t c = 0; c < columns; ++c) {
      header += " |";
      rule += "---|";
    }
    page_ += header + "\n" + rule + "\n";
    for (std::size_t e = 0; e < entries_.size(); e += columns) {
      page_ += "|";
      for (std::size_t c = e; c < e + columns; ++c) {
        page_ += c < entries_.size() ? " " + entries_[c] + " |" : " |";
      }
      page_ += "\n";
    }
    entries_.clear();
  }

  void write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path);
  }

  std::filesystem::path folder_;
  std::string page_;
  std::vector<std::string> entries_;
  int columns_ = 1;
};

// The code that is shown is the code that is run.
#define MASK(name, says, n, ...) mask(name, says, n, #__VA_ARGS__, __VA_ARGS__)

void patterns(Gallery& gallery) {
  constexpr Index n = 24;
  gallery.section("Patterns", "24 queries and keys, but for pictures of 6 by 6 points.", 4);
  gallery.MASK("dense", "all pairs", n, Dense{});
  gallery.MASK("causal", "the past and self", n, Causal{});
  gallery.MASK("local", "a window around self", n, Local<9>{});
  gallery.MASK("window", "eight left, two right", n, Window<8, 2>{});
  gallery.MASK("dilated", "every third key, four on each side", n, Dilated<4, 3>{});
  gallery.MASK("strided", "every sixth key, counted from self", n, Strided<6>{});
  gallery.MASK("columns", "the same every sixth key for all", n, Columns<6>{});
  gallery.MASK("own_block", "the query's own block", n, OwnBlock<8>{});
  gallery.MASK("summary_columns", "the last two keys of each block", n, SummaryColumns<8, 2>{});
  gallery.MASK("fixed", "own block, and ends of earlier ones", n, Fixed<8, 2>{});
  gallery.MASK("sinks", "the first keys", n, Sinks<4>{});
  gallery.MASK("global_tokens", "the first tokens see all, and all see them", n, GlobalTokens<3>{});
  gallery.MASK("global_tokens_at", "global tokens anywhere", n, GlobalTokens<>::at({0, 9, 10, 17}));
  gallery.MASK("prefix_lm", "a prefix and the past", n, PrefixLM<10>{});
  gallery.MASK("documents", "packed documents, each causal", n,
               Documents{{0, 7, 10, 18, 24}, Causal{}});
  gallery.MASK("block_layout", "blocks given one by one", n,
               BlockLayout(4, {0, 1, 3, 5, 7, 9, 11}, {0, 0, 1, 1, 2, 0, 3, 3, 4, 2, 5}));
  gallery.MASK("neighborhood", "the nearest 3 by 3 points of a picture of 6 by 6", 36,
               Neighborhood<6, 6>{{.kernel = 3}, {.kernel = 3}});
  gallery.MASK("neighborhood_shift", "the same; at borders windows move inwards", 36,
               Neighborhood<6, 6>{{.kernel = 3, .border = Border::shift},
                                  {.kernel = 3, .border = Border::shift}});
  gallery.MASK("neighborhood_dilated", "every second point along the line", 36,
               Neighborhood<6, 6>{{.kernel = 3}, {.kernel = 3, .dilation = 2}});
  gallery.MASK("neighborhood_causal", "in raster order: the past along both axes", 36,
               Neighborhood<6, 6>{{.kernel = 3, .causal = true}, {.kernel = 3, .causal = true}});
}

void combinations(Gallery& gallery) {
  constexpr Index n = 24;
  gallery.section("Combinations", "`|`, `&` and `-` make patterns of patterns.", 4);
  gallery.MASK("tartan", "a tartan", n, Local<5>{} | Strided<6>{});
  gallery.MASK("tartan_causal", "its past", n, Causal{} & (Local<5>{} | Strided<6>{}));
  gallery.MASK("ring", "a band without its middle", n, Local<17>{} - Local<8>{});
  gallery.MASK("crossed", "strides that cross irregularly", n, Strided<4>{} | Columns<6>{});
}

void models(Gallery& gallery) {
  constexpr Index n = 24;
  namespace p = presets;
  gallery.section("Presets",
                  "Masks of published models, with small parameters: `namespace p = "
                  "tartan::presets`.",
                  4);
  gallery.MASK("sparse_transformer_strided", "Sparse Transformer, strided, in one mask", n,
               p::sparse_transformer_strided<6>{});
  gallery.MASK("sparse_transformer_fixed", "Sparse Transformer, fixed, in one mask", n,
               p::sparse_transformer_fixed<8, 2>{});
  gallery.MASK("sparse_transformer_fixed_head", "the same for a head with the group 1", n,
               p::sparse_transformer_fixed<8, 2, 1>{});
  gallery.MASK("sparse_transformer_released", "the local factor of its released code", n,
               p::sparse_transformer_released_local<6>{});
  gallery.MASK("image_row", "a picture's row, of 8 pixels", n, p::image_row<8>{});
  gallery.MASK("image_column", "a picture's column", n, p::image_column<8>{});
  gallery.MASK("gpt3_band", "GPT-3, a banded layer", n, p::gpt3_layer<1, 8>{});
  gallery.MASK("mistral", "Mistral 7B", n, p::mistral<8>{});
  gallery.MASK("longformer", "Longformer", n, p::longformer<3, 2>{});
  gallery.MASK("longformer_dilated", "Longformer, with a dilated window", n,
               p::longformer_dilated<3, 3, 2>{});
  gallery.MASK("streaming_llm", "StreamingLLM", n, p::streaming_llm<3, 8>{});
  gallery.MASK("local_with_causal_columns", "a window, and columns of the past", n,
               p::local_with_causal_columns<7, 6>{});

  gallery.section("Layouts",
                  "Masks of blocks, for a given length: `namespace l = "
                  "tartan::layouts`. Here 32 tokens, in blocks of 2.",
                  4);
  namespace l = layouts;
  gallery.MASK("bigbird", "BigBird", 32, l::bigbird(32, {.block = 2, .num_random_blocks = 2}));
  gallery.MASK("bigbird_head", "another head of it", 32,
               l::bigbird(32, {.block = 2, .num_random_blocks = 2}, 1));
  gallery.MASK("phi3", "Phi-3-small", 32,
               l::phi3(32, {.block = 2, .local_blocks = 3, .vert_stride = 4}));
  gallery.MASK("phi3_head", "another head of it", 32,
               l::phi3(32, {.block = 2, .local_blocks = 3, .vert_stride = 4}, 1));
  gallery.MASK("deepspeed_fixed", "DeepSpeed, fixed", 32, l::deepspeed_fixed(32, {.block = 2}));
  gallery.MASK("deepspeed_variable", "DeepSpeed, variable", 32,
               l::deepspeed_variable(32, {.block = 2, .local_window_blocks = {1, 3, 5}}));
  gallery.MASK("deepspeed_bigbird", "DeepSpeed, BigBird", 32,
               l::deepspeed_bigbird(32, {.block = 2}));
  gallery.MASK("deepspeed_bslongformer", "DeepSpeed, Longformer by blocks", 32,
               l::deepspeed_bslongformer(32, {.block = 2, .global_block_indices = {0, 9}}));
  gallery.MASK("deepspeed_sliding", "DeepSpeed, sliding window", 32,
               l::deepspeed_local_sliding_window(32, {.block = 2}));
}

void schedules(Gallery& gallery) {
  constexpr Index n = 24;
  gallery.section("Schedules", "A mask for each layer, or for each head.", 1);
  const auto add = [&](const std::string& name, const std::string& code, const std::string& says,
                       const auto& schedule, const std::string& word) {
    const PictureStyle style{.size = 840, .title = says, .caption = word};
    gallery.add(name, schedule_picture(schedule, 4, n, style), code, says);
  };
  add("schedule_sparse_transformer", "presets::sparse_transformer_strided_layers<6>",
      "the Sparse Transformer's strided factors, interleaved",
      presets::sparse_transformer_strided_layers<6>{}, "layer");
  add("schedule_sparse_transformer_fixed", "presets::sparse_transformer_fixed_layers<8, 2>",
      "its fixed factors, interleaved", presets::sparse_transformer_fixed_layers<8, 2>{}, "layer");
  add("schedule_gpt3", "presets::gpt3<8>", "GPT-3: all of the past and a band of it, in turn",
      presets::gpt3<8>{}, "layer");
  constexpr EveryNth every_fourth{4, Causal{}, Causal{} & Local<12>{}};
  add("schedule_every_nth", "EveryNth{4, Causal{}, Causal{} & Local<12>{}}",
      "all of the past in every fourth layer", every_fourth, "layer");
  add("schedule_heads", "PerHead{[](Index head) { return Fixed{8, 2, head}; }}",
      "heads that look at different columns", PerHead{[](Index head) {
        return Fixed{8, 2, head};
      }},
      "head");
}

/// Numbers from -1 to 1, the same with every standard library.
class Noise {
 public:
  double operator()() { return static_cast<double>(bits_()) / 2147483647.5 - 1; }

 private:
  std::mt19937 bits_{7};
};

/// Features that turn with x: the product of two rows goes with the cosine of their distance.
void turn(MatrixXd& features, Index column, Index row, double x, double period, double size) {
  const double angle = 2 * std::numbers::pi * x / period;
  features(row, column) = size * std::cos(angle);
  features(row, column + 1) = size * std::sin(angle);
}

template <Pattern P>
MatrixXd weight_matrix(const MatrixXd& q, const MatrixXd& k, const P& pattern) {
  std::vector<Index> rows;
  for (Index r = 0; r < q.rows(); ++r) rows.push_back(r);
  MatrixXd weights = MatrixXd::Zero(q.rows(), k.rows());
  for (const auto& row : attention_weights(q, k, pattern, rows, {.scale = 1.0})) {
    for (std::size_t x = 0; x < row.keys.size(); ++x) {
      weights(row.row, row.keys[x]) = row.weights[x];
    }
  }
  return weights;
}

/// Beside each other, on one scale: the weights of attention with `all`, the mask, the weights with
/// both. In double, so that no shade depends on how weights are rounded.
template <Pattern All, Pattern P>
void add_weights(Gallery& gallery, const std::string& name, const std::string& code,
                 const std::string& says, const MatrixXd& q, const MatrixXd& k, const All& all,
                 const P& pattern) {
  constexpr double darkest = 0.4;
  const Picture picture = beside(
      {heat_map(weight_matrix(q, k, all), {.darkest = darkest, .caption = "weights without it"}),
       mask_picture(pattern, q.rows(), {.caption = "the mask"}),
       heat_map(weight_matrix(q, k, pattern), {.darkest = darkest, .caption = "weights with it"})},
      {.size = 840, .title = says});
  gallery.add(name, picture, code, says);
}

void heat_maps(Gallery& gallery) {
  gallery.section("Weights",
                  "What a mask leaves of attention: darker is more weight, by its square root. The "
                  "queries and keys are made up: a few frequencies of the position, and noise.",
                  1);
  Noise noise;
  const Index n = 40;
  MatrixXd q(n, 10), k(n, 10);
  for (Index i = 0; i < n; ++i) {
    const double x = static_cast<double>(i);
    for (MatrixXd* features : {&q, &k}) {
      turn(*features, 0, i, x, 8, 1.1);
      turn(*features, 2, i, x, 64, 1.7);
      turn(*features, 4, i, x, 21, 0.7);
      for (Index t = 6; t < 10; ++t) (*features)(i, t) = 0.8 * noise();
    }
  }
  add_weights(gallery, "weights_tartan", "Local<9>{} | Strided<8>{}",
              "tokens that resemble their neighbours, and those 8 away", q, k, Dense{},
              Local<9>{} | Strided<8>{});

  k.topRows(3).setZero();  // the first three keys: no position, and all queries ask for them
  q.col(9).setOnes();
  k.col(9).head(3) << 3.4, 2.6, 3.0;
  add_weights(gallery, "weights_streaming_llm", "presets::streaming_llm<3, 12>",
              "a causal model with attention sinks", q, k, Causal{},
              presets::streaming_llm<3, 12>{});

  constexpr Index side = 6;
  MatrixXd points(side * side, 8);
  for (Index i = 0; i < side * side; ++i) {
    turn(points, 0, i, static_cast<double>(i / side), 12, 1.6);
    turn(points, 2, i, static_cast<double>(i % side), 12, 1.6);
    for (Index t = 4; t < 8; ++t) points(i, t) = 0.7 * noise();
  }
  const Axis axis{.kernel = 3, .border = Border::shift};
  add_weights(gallery, "weights_neighborhood", "Neighborhood<6, 6>, of 3 by 3 points",
              "a picture of 6 by 6 points: near ones resemble each other", points, points, Dense{},
              Neighborhood<side, side>{axis, axis});
}

void long_sequences(Gallery& gallery) {
  gallery.section("Long sequences",
                  "65536 queries and keys: a cell is a block of 1024 by 1024 pairs, shaded by the "
                  "square root of its density.",
                  4);
  constexpr Index n = 65536;
  gallery.MASK("long_tartan", "a tartan", n, Local<4096>{} | Strided<8192>{});
  gallery.MASK("long_causal", "a window, and columns of the past", n,
               Causal{} & (Local<4096>{} | Columns<64>{}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: gallery FOLDER\n";
    return 2;
  }
  try {
    Gallery gallery(argv[1]);
    patterns(gallery);
    combinations(gallery);
    models(gallery);
    schedules(gallery);
    heat_maps(gallery);
    long_sequences(gallery);
    gallery.finish();
  } catch (const std::exception& error) {
    std::cerr << "gallery: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

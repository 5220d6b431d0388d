// Where the kernel reads keys and values: whatever the layout and the order of the calls, each row
// of a part is that of its key.
#include <tartan/attention/key_source.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"
#include "support/random.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;
using tartan::test::Random;

namespace {

enum class Layout { rows, block_of_rows, columns, block_of_columns, strided_both_ways };
const Layout layouts[] = {Layout::rows, Layout::block_of_rows, Layout::columns,
                          Layout::block_of_columns, Layout::strided_both_ways};

/// A matrix of distinct numbers in one of the layouts, with nothing after its last number.
template <class T>
class Matrix {
 public:
  Matrix(Index rows, Index cols, Layout layout) : view_{nullptr, rows, cols, 0, 1} {
    switch (layout) {
      case Layout::rows:
        set_strides(cols, 1);
        break;
      case Layout::block_of_rows:
        set_strides(cols + 5, 1);
        break;
      case Layout::columns:
        set_strides(1, rows);
        break;
      case Layout::block_of_columns:
        set_strides(1, rows + 3);
        break;
      case Layout::strided_both_ways:
        set_strides(3 * cols + 1, 3);
        break;
    }
    if (rows > 0 && cols > 0) numbers_ = Numbers<T>(offset(rows - 1, cols - 1) + 1);
    view_.data = numbers_.data();
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < cols; ++c) at(r, c) = static_cast<T>(1 + r * 64 + c);
    }
  }
  const View<const T>& view() const { return view_; }
  T& at(Index r, Index c) { return numbers_[offset(r, c)]; }
  T at(Index r, Index c) const { return numbers_[offset(r, c)]; }

 private:
  void set_strides(Index row_stride, Index col_stride) {
    view_.row_stride = row_stride;
    view_.col_stride = col_stride;
  }
  Index offset(Index r, Index c) const { return r * view_.row_stride + c * view_.col_stride; }

  View<const T> view_;
  Numbers<T> numbers_{0};
};

/// A source of keys of its own, with memory as large as it says that it needs.
template <class T>
struct Rig {
  Matrix<T> k, v;
  Call<T> call;
  KeySource<T> source;
  Scratch scratch;

  Rig(Index keys, Index d, Index dv, Layout k_layout, Layout v_layout)
      : k(keys, d, k_layout),
        v(keys, dv, v_layout),
        call{k.view(), k.view(), v.view(), {nullptr, 0, dv, dv, 1}, nullptr, T(1)},
        source(call) {
    scratch.reset(KeySource<T>::bytes(call));
    source.place(scratch);
  }
  Rig(const Rig&) = delete;

  /// What is wrong with a block, or "".
  std::string broken(const Lattice& keys, const PackingChoice& choice, Index begin, Index end) {
    const Band band{{}, keys};
    const KeyPart<T> block = source.part(band, choice, begin, end);
    if (block.count != end - begin || block.wrap != 0) return "numbers";
    const Index columns = padded<T>(v.view().cols);
    for (Index e = 0; e < block.count; ++e) {
      const Index row = keys[begin + e];
      for (Index t = 0; t < k.view().cols; ++t) {
        if (block.k[e * block.k_stride + t] != k.at(row, t)) return "key " + std::to_string(row);
      }
      for (Index c = 0; c < (choice.v ? columns : v.view().cols); ++c) {
        const T expected = c < v.view().cols ? v.at(row, c) : T(0);
        if (block.v[e * block.v_stride + c] != expected) return "value " + std::to_string(row);
      }
    }
    return "";
  }
};

template <class T>
void check_layouts() {
  Random random(1);
  for (const Layout k_layout : layouts) {
    for (const Layout v_layout : layouts) {
      const Index d = random.in(0, 20), dv = random.in(0, 40);
      Rig<T> rig(300, d, dv, k_layout, v_layout);
      for (const Index step : {1, 2, 7}) {
        const Lattice keys = Lattice::residue_class(random.in(0, 6), step, 0, 300);
        const PackingChoice choice = rig.source.choose({{}, keys}, 100);
        Index begin = 0;
        for (int walk = 0; walk < 12; ++walk) {
          // On by a little, sometimes back or far away.
          begin = random.in(0, 4) == 0 ? random.in(0, keys.count - 1) : begin + random.in(0, 9);
          begin = std::min(begin, keys.count - 1);
          const Index end = begin + random.in(1, std::min(keys.count - begin, block_keys));
          CAPTURE(static_cast<int>(k_layout), static_cast<int>(v_layout), d, dv, step, begin, end);
          CHECK(rig.broken(keys, choice, begin, end) == "");
        }
      }
    }
  }
}

/// Pairs of a lattice's keys, walked over in ranges that begin and end at even ones.
void check_pairs(Layout layout, Index d, Index dv, Index step) {
  using S = Eigen::bfloat16;
  using E = simd::Bfloat16Pairs;
  using Source = KeySource<float, S, E>;
  CAPTURE(static_cast<int>(layout), d, dv, step);
  const Matrix<S> k(301, d, layout), v(301, dv, layout);
  const Call<float, S> call{k.view(), k.view(), v.view(), {nullptr, 0, dv, dv, 1}, nullptr, 1.0f};
  Source source(call);
  Scratch scratch;
  scratch.reset(Source::bytes(call));
  source.place(scratch);
  const Lattice keys = Lattice::residue_class(step / 2, step, 0, 301);
  const PackingChoice choice = source.choose({{}, keys}, 100);
  CHECK((choice.k && choice.v && !choice.transposed));
  for (Index begin = 0; begin < keys.count; begin += 22) {
    const Index end = std::min(begin + block_keys, ceil_div(keys.count, 2) * 2);
    const KeyPart<float> part = source.part({{}, keys}, choice, begin, end);
    bool right = part.count == end - begin;
    for (Index e = 0; e < part.count; ++e) {
      const Index u = begin + e;
      const auto number = [&](const Matrix<S>& x, Index c) {
        return u < keys.count && c < x.view().cols ? static_cast<float>(x.at(keys[u], c)) : 0.0f;
      };
      for (Index t = 0; t < ceil_div(d, 2) * 2; ++t) {
        right &= E::number(part.k[e * part.k_stride + t / 2], t % 2) == number(k, t);
      }
      for (Index c = 0; c < padded<float>(dv); ++c) {
        right &= E::number(part.v[e / 2 * part.v_stride + c], e % 2) == number(v, c);
      }
    }
    CAPTURE(begin, end);
    CHECK(right);
  }
}

}  // namespace

static_assert(padded<float>(0) == 0);
static_assert(padded<float>(1) == Shape<float>::width);
static_assert(padded<float>(Shape<float>::width) == Shape<float>::width);
static_assert(padded<float>(Shape<float>::width + 1) == 2 * Shape<float>::width);

TEST_CASE("every layout of keys and values: what is chosen to be packed can be read") {
  check_layouts<float>();
  check_layouts<double>();
}

TEST_CASE("pairs of bfloat16: keys' columns, and values of two keys; zeros after odd numbers") {
  for (const Layout layout : layouts) {
    for (const Index step : {1, 2, 7}) {
      check_pairs(layout, 8, 16, step);
      check_pairs(layout, 5, 19, step);
    }
  }
}

TEST_CASE("choose: what the kernel can't read as it lies is packed, and what lies scattered") {
  constexpr Index W = Shape<float>::width;
  const auto choice = [](Index dv, Layout k, Layout v, Index step, Index tiles) {
    const Rig<float> rig(100, 16, dv, k, v);
    return rig.source.choose({{}, {0, step, 100 / step}}, tiles);
  };
  const Layout rows = Layout::rows;
  CHECK((choice(W, rows, rows, 1, 8) == PackingChoice{false, false}));
  CHECK((choice(W, rows, rows, 2, 8) == PackingChoice{false, false}));
  // Scattered: values always, keys where many tiles read them.
  CHECK((choice(W, rows, rows, 3, 65) == PackingChoice{true, true}));
  CHECK((choice(W, rows, rows, 3, 64) == PackingChoice{false, true}));
  const Rig<float> rig(100, 16, W, rows, rows);
  constexpr Index L = Shape<float>::lanes;
  const auto window = [&](Index width, Index row_step) {
    return rig.source.choose({{0, row_step, 9}, {0, 3, 33}, {-width}, {0}}, 1000);
  };
  CHECK(window(64 * L, 1).k);
  CHECK_FALSE(window(64 * L - 1, 1).k);
  CHECK(window(64 * L * 3, 3).k);
  CHECK_FALSE(window(64 * L * 3 - 3, 3).k);
  CHECK_FALSE(PackingChoice{false, false}.any());
  CHECK(PackingChoice{false, true}.any());
  CHECK(PackingChoice{true, false}.any());
  for (const Layout columns : {Layout::columns, Layout::strided_both_ways}) {
    CHECK(choice(W, columns, rows, 1, 1).k);
    CHECK(choice(W, rows, columns, 1, 1).v);
    CHECK_FALSE(choice(W, columns, rows, 1, 1).v);
    CHECK_FALSE(choice(W, rows, columns, 1, 1).k);
  }
  // Values are read in whole vectors of columns.
  CHECK(choice(W + 1, rows, rows, 1, 1).v == (W > 1));
}

TEST_CASE("unpacked parts point into the user's matrices") {
  Rig<float> rig(100, 5, 2 * Shape<float>::width, Layout::block_of_rows, Layout::rows);
  const Lattice keys{3, 4, 20};
  const KeyPart<float> block = rig.source.part({{}, keys}, {false, false}, 6, 11);
  CHECK(block.k == rig.k.view().at(27, 0));
  CHECK(block.v == rig.v.view().at(27, 0));
  CHECK(block.k_stride == 4 * rig.k.view().row_stride);
  CHECK(block.v_stride == 4 * rig.v.view().row_stride);
}

TEST_CASE("fits: a packed run has an end, the user's matrices do not") {
  using Source = KeySource<float>;
  CHECK(Source::fits({false, false}, 1000000));
  CHECK(Source::fits({true, false}, block_keys));
  CHECK_FALSE(Source::fits({true, false}, 1000000));
  CHECK_FALSE(Source::fits({false, true}, 1000000));
  // A run that fits to the last key is packed in one piece.
  Index most = block_keys;
  while (Source::fits({true, true}, most + 1)) ++most;
  Rig<float> rig(most, 3, 5, Layout::columns, Layout::columns);
  CHECK(rig.broken(Lattice::range(0, most), {true, true}, 0, most) == "");
}

TEST_CASE("a run is extended, not packed anew, while it goes on and fits") {
  Rig<float> rig(2000, 4, 4, Layout::rows, Layout::rows);
  const Lattice keys{0, 2, 1000};
  const PackingChoice both{true, true};
  const auto first_key = [&](Index begin, Index end) {
    return rig.source.part({{}, keys}, both, begin, end).k;
  };
  const float* start = first_key(10, 20);
  CHECK(first_key(15, 30) == start + 5 * 4);
  CHECK(first_key(30, 40) == start + 20 * 4);
  // What has been packed is not read again: the copy does not know of a change.
  rig.k.at(keys[25], 0) = -1;
  const KeyPart<float> old = rig.source.part({{}, keys}, both, 25, 35);
  CHECK(old.k == start + 15 * 4);
  CHECK(old.k[0] == static_cast<float>(1 + keys[25] * 64));
  // Before its begin, beyond its end, or longer than there is room for: afresh.
  CHECK(first_key(5, 12) == start);
  CHECK(rig.broken(keys, both, 5, 12) == "");
  CHECK(first_key(13, 30) == start);
  CHECK(rig.broken(keys, both, 13, 30) == "");
  // However long the walk, it stays in the run's own room: the other run's keys are left alone.
  const Lattice other{1, 2, 1000};
  CHECK(rig.broken(other, both, 0, 10) == "");
  for (Index begin = 14; begin < 900; begin += 50) {
    CHECK(rig.broken(keys, both, begin, begin + 90) == "");
    CHECK(rig.broken(other, both, 0, 10) == "");
  }
}

TEST_CASE(
    "two lattices of keys are kept at once; a third takes the place of that used less lately") {
  Rig<float> rig(600, 4, 4, Layout::rows, Layout::rows);
  const PackingChoice both{true, true};
  const Lattice even{0, 2, 300}, odd{1, 2, 300}, third{0, 3, 200};
  const float* at_even = rig.source.part({{}, even}, both, 0, 10).k;
  const float* at_odd = rig.source.part({{}, odd}, both, 0, 10).k;
  CHECK(at_even != at_odd);
  CHECK(rig.source.part({{}, even}, both, 5, 15).k == at_even + 5 * 4);
  CHECK(rig.source.part({{}, odd}, both, 5, 15).k == at_odd + 5 * 4);
  CHECK(rig.source.part({{}, third}, both, 0, 10).k == at_even);
  CHECK(rig.broken(third, both, 5, 12) == "");
  CHECK(rig.broken(odd, both, 3, 20) == "");
  CHECK(rig.broken(even, both, 3, 20) == "");
}

TEST_CASE("the same keys with another choice are another run") {
  Rig<float> rig(200, 4, 5, Layout::rows, Layout::rows);
  const Lattice keys{0, 4, 50};
  CHECK(rig.broken(keys, {false, true}, 0, 10) == "");
  CHECK(rig.broken(keys, {true, true}, 0, 10) == "");
  CHECK(rig.broken(keys, {true, false}, 0, 10) == "");
}

TEST_CASE("sheared: keys are transposed, values as they lie or packed; any key may be slot 0") {
  constexpr Index L = Shape<float>::lanes;
  if (Shape<float>::widest_shear == 0) return;
  Random random(4);
  for (const Layout k_layout : layouts) {
    for (const Layout v_layout : layouts) {
      Rig<float> rig(400, 5, 2 * Shape<float>::width - random.in(0, 1), k_layout, v_layout);
      for (int trial = 0; trial < 20; ++trial) {
        const Index step = random.in(1, 3);
        const Lattice keys{random.in(0, 5), step, random.in(1, 390 / step)};
        const Band band{{}, keys};
        const bool line = keys.count <= KeySource<float>::short_run_keys;
        const PackingChoice choice = rig.source.choose(band, 100, true, line);
        CHECK(choice.transposed);
        CHECK(choice.line == line);
        Index begin = random.in(0, keys.count - 1), end = random.in(begin + 1, keys.count);
        end = std::min(end, begin + KeySource<float>::short_run_keys);
        if (line) rig.source.pack(band, choice, 0, keys.count);
        const auto sheared = rig.source.sheared(band, choice, 4, begin, end);
        // Lanes from before the first key to after the last.
        for (const Index first : {begin - L + 1, begin, end - 1}) {
          const KeyPart<float> part = sheared.from(first);
          CHECK(part.sheared);
          CHECK(part.count == 4);
          Index wrong = 0;
          for (Index x = 0; x < L + 3; ++x) {
            const Index key = first + x;
            for (Index t = 0; t < 5; ++t) {
              const float number = part.k[t * part.k_stride + x];  // in memory of its own, always
              if (begin <= key && key < end) wrong += number != rig.k.at(keys[key], t);
            }
            if (key < begin || key >= end) continue;
            for (Index c = 0; c < rig.v.view().cols; ++c) {
              wrong += part.v[(x - part.v_key) * part.v_stride + c] != rig.v.at(keys[key], c);
            }
          }
          CAPTURE(trial, begin, end, first, step);
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE("the lines of a grid are kept by the dozen; long lattices do not take their place") {
  Rig<float> rig(600, 4, 4, Layout::columns, Layout::columns);
  const PackingChoice line{true, true, false, true}, both{true, true};
  const auto at = [&](Index number) {
    return rig.source.part({{}, Lattice::range(20 * number, 20 * number + 20)}, line, 0, 20).k;
  };
  std::vector<const float*> lines;
  const Index many = static_cast<Index>(KeySource<float>::runs(true));
  CHECK(many >= 12);
  for (Index number = 0; number < many; ++number) lines.push_back(at(number));
  rig.source.part({{}, Lattice::range(0, 600)}, both, 0, 300);
  rig.source.part({{}, {1, 2, 200}}, both, 0, 200);
  for (Index number = 0; number < many; ++number) {
    CHECK(at(number) == lines[std::size_t(number)]);
    CHECK(rig.broken(Lattice::range(20 * number, 20 * number + 20), line, 3, 20) == "");
  }
  CHECK(at(many) == lines[0]);  // the one used least lately
}

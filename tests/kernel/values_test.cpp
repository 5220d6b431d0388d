// The value step against a plain loop in double.
#include <tartan/kernel/values.hpp>

#include "support/catch.hpp"
#include "support/numbers.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Numbers;

namespace {

/// The slots [begin, begin + count) of one part, which stands in the block from `before` on.
struct ValueSlots {
  Index begin, count, wrap, before = 0;
  bool sheared = false;

  template <class T>
  ValuePart<T> part(const T* v, Index v_stride) const {
    return {before + begin, before + begin + count, v + begin * v_stride, v_stride, wrap};
  }
};

/// value_rows over one part, of `R` rows.
template <class T, int R = Shape<T>::rows>
void value_rows_of(const T* p, const ValuePart<T>& part, Index row, Index col, Index cols,
                   const ValueRows<T>& rows) {
  value_rows<T, R, Slots::plain>(p, std::array{part}, row, col, cols, rows);
}

/// Where the outputs come from and go to.
enum class Way { fresh, in_place, from_elsewhere };

template <class T>
class ValueStep {
  static constexpr Index W = Shape<T>::width, L = Shape<T>::lanes, R = Shape<T>::rows;

 public:
  ValueStep(const ValueSlots& slots, Index vectors, Index gap, Way way, bool finish)
      : slots_(slots),
        columns_(vectors * W),
        v_stride_(columns_ + gap),
        to_stride_(columns_ + (way == Way::from_elsewhere ? 2 : gap)),
        way_(way),
        finish_(finish),
        no_correction_(slots.count % 3 == 0) {}

  /// The largest error over all rows of the tile, as a multiple of what rounding allows; infinite
  /// where something else was written.
  double error() {
    const Index slots_end = slots_.wrap ? slots_.count : slots_.begin + slots_.count;
    // A wrapped part's last key is number wrap + lanes - 2.
    const Index keys = slots_.wrap ? std::max(slots_.count, slots_.wrap + L - 1)
                                   : slots_end + (slots_.sheared ? W - 1 : 0);
    const auto v = Numbers<T>::random((keys - 1) * v_stride_ + columns_, 1);
    const auto p = Numbers<T>::random((slots_.before + slots_end) * L, 2);
    const auto from = Numbers<T>::random((L - 1) * from_stride() + columns_, 3);
    const auto correction = Numbers<T>::random(L, 4), factor = Numbers<T>::random(L, 5);
    double worst = 0;
    for (Index row = 0; row < L; row += R) {
      Numbers<T> to = way_ == Way::in_place ? from : Numbers<T>((L - 1) * to_stride_ + columns_);
      const Numbers<T> before = to;
      ValueRows<T> rows{nullptr,   from_stride(), correction.data(),
                        to.data(), to_stride_,    finish_ ? factor.data() : nullptr};
      if (way_ == Way::in_place) rows.from = to.data();
      if (way_ == Way::from_elsewhere) rows.from = from.data();
      if (no_correction_) rows.correction = nullptr;
      const ValuePart<T> part = slots_.part(v.data(), v_stride_);
      if (slots_.sheared) {
        value_rows<T, R, Slots::sheared>(p.data(), std::array{part}, row, 0, columns_, rows);
      } else {
        value_rows_of<T>(p.data(), part, row, 0, columns_, rows);
      }
      for (Index r = 0; r < L; ++r) {
        for (Index c = 0; c < to_stride_ && (r + 1 < L || c < columns_); ++c) {
          const T got = to[r * to_stride_ + c];
          if (r < row || r >= row + R || c >= columns_) {
            if (got != before[r * to_stride_ + c]) return std::numeric_limits<double>::infinity();
            continue;
          }
          double exact = 0, size = 0;
          const auto add = [&](T a, T b) {
            exact += static_cast<double>(a) * static_cast<double>(b);
            size += std::abs(static_cast<double>(a) * static_cast<double>(b));
          };
          if (way_ != Way::fresh) {
            add(from[r * from_stride() + c], no_correction_ ? T(1) : correction[r]);
          }
          for (Index e = slots_.begin; e < slots_.begin + slots_.count; ++e) {
            const Index key = slots_.sheared         ? e + r % W
                              : slots_.wrap && e < r ? e + slots_.wrap
                                                     : e;
            add(p[(slots_.before + e) * L + r], v[key * v_stride_ + c]);
          }
          const double factor_of_row = finish_ ? static_cast<double>(factor[r]) : 1.0;
          const double allowed = size * std::abs(factor_of_row) *
                                 static_cast<double>(slots_.count + 3) *
                                 static_cast<double>(std::numeric_limits<T>::epsilon());
          const double off = std::abs(static_cast<double>(got) - exact * factor_of_row);
          if (off > 0) worst = std::max(worst, off / allowed);
        }
      }
    }
    return worst;
  }

 private:
  Index from_stride() const { return way_ == Way::in_place ? to_stride_ : columns_ + 1; }

  ValueSlots slots_;
  Index columns_, v_stride_, to_stride_;
  Way way_;
  bool finish_;
  bool no_correction_;
};

template <class T>
void check(const ValueSlots& slots, Index vectors) {
  const Index kind = slots.begin + slots.count + slots.wrap + vectors;
  const Way way = std::array{Way::fresh, Way::in_place, Way::from_elsewhere}[std::size_t(kind % 3)];
  CAPTURE(slots.begin, slots.count, slots.wrap, vectors, kind);
  CHECK(ValueStep<T>(slots, vectors, kind % 2 * 3, way, kind % 5 < 2).error() <= 1);
}

template <class T>
void check_runs() {
  for (Index count = 0; count <= block_keys; ++count) {
    for (const Index begin : {Index{0}, Index{1}, block_keys - count}) {
      check<T>({begin, count, 0}, 1 + count % 9);
      if (count > 0 && begin == 1) check<T>({0, count, 0, block_keys - count}, 1 + count % 9);
    }
  }
  for (Index vectors = 0; vectors <= 19; ++vectors) check<T>({2, 5, 0}, vectors);
}

template <class T>
void check_wrapped() {
  constexpr Index L = Shape<T>::lanes;
  for (Index wrap = L; wrap <= L + 40; ++wrap) {
    // The whole run in a block, and only the first part of it.
    for (const Index count : {L, (L + wrap) / 2, wrap}) {
      if (count <= block_keys) check<T>({0, count, wrap}, 1 + wrap % 6);
      if (count + 3 <= block_keys) check<T>({0, count, wrap, 3}, 1 + wrap % 6);
    }
  }
}

template <class T>
void check_sheared() {
  for (Index count = max(1, Shape<T>::rows - 1); count <= block_keys; ++count) {
    check<T>({0, count, 0, 0, true}, 1 + count % 9);
    if (count < block_keys) check<T>({1, count, 0, count % 4, true}, 1 + count % 9);
  }
}

}  // namespace

TEST_CASE("value_rows: every number of slots to a block, and of vectors of columns") {
  check_runs<float>();
  check_runs<double>();
}

TEST_CASE("value_rows: in a wrapped part row r takes key e, or e + wrap where e < r") {
  check_wrapped<float>();
  check_wrapped<double>();
}

TEST_CASE("value_rows: in a sheared part lane l takes key e + l") {
  check_sheared<float>();
  check_sheared<double>();
}

TEST_CASE("value_rows: over several parts, of each some slots") {
  constexpr Index W = Shape<float>::width, L = Shape<float>::lanes, parts = 4, each = 5;
  const Numbers<float> p(parts * each * L, 1), correction(L, 1);
  Numbers<float> v(parts * each * W);
  for (Index x = 0; x < parts; ++x) {
    for (Index e = 0; e < each * W; ++e) v[x * each * W + e] = static_cast<float>(1 << (x * 4));
  }
  for (Index trial = 0; trial < 50; ++trial) {
    std::vector<ValuePart<float>> taken;
    float expected = 0;
    for (Index x = 0; x < parts; ++x) {
      const Index begin = (trial * 7 + x) % each,
                  end = begin + (trial * 3 + 2 * x) % (each - begin + 1);
      if (begin == end) continue;
      taken.push_back({x * each + begin, x * each + end, v.data() + (x * each + begin) * W, W, 0});
      expected += static_cast<float>((end - begin) << (x * 4));
    }
    Numbers<float> to(L * W);
    const ValueRows<float> rows{nullptr, 0, correction.data(), to.data(), W, nullptr};
    value_rows<float, Shape<float>::rows, Slots::plain>(p.data(), taken, 0, 0, W, rows);
    CHECK(to[0] == expected);
    Numbers<float> one(L * W);
    const ValueRows<float> one_row{nullptr, 0, correction.data(), one.data(), W, nullptr};
    value_rows<float, 1, Slots::plain>(p.data(), taken, 2, 0, W, one_row);
    CHECK(one[2 * W] == expected);
    CHECK(one[3 * W] == Numbers<float>(1)[0]);
  }
}

TEST_CASE("value_rows: from a column on, to the last") {
  constexpr Index W = Shape<float>::width, L = Shape<float>::lanes;
  const Numbers<float> p(3 * L, 1), v(3 * 9 * W, 2), correction(L, 1);
  for (Index from = 0; from <= 9; ++from) {
    for (Index end = from; end <= 9; ++end) {
      Numbers<float> to(L * 9 * W), expected = to;
      for (Index r = 0; r < Shape<float>::rows; ++r) {
        for (Index c = from * W; c < end * W; ++c) expected[r * 9 * W + c] = 6;
      }
      const ValueRows<float> rows{nullptr, 0, correction.data(), to.data(), 9 * W, nullptr};
      value_rows_of<float>(p.data(), ValueSlots{0, 3, 0}.part(v.data(), 9 * W), 0, from * W,
                           end * W, rows);
      const bool same = to == expected;
      CHECK(same);
    }
  }
}

TEST_CASE("value_rows: a row without an earlier output does not read one, whatever is there") {
  constexpr Index W = Shape<float>::width, L = Shape<float>::lanes;
  const Numbers<float> p(3 * L, 1), v(3 * W, 2), correction(L, 1);
  Numbers<float> to(L * W, std::numeric_limits<double>::quiet_NaN());
  const ValueRows<float> rows{nullptr, 0, correction.data(), to.data(), W, nullptr};
  value_rows_of<float>(p.data(), ValueSlots{0, 3, 0}.part(v.data(), W), 0, 0, W, rows);
  for (Index c = 0; c < W; ++c) CHECK(to[c] == 6);
}

TEST_CASE("value_rows: the exponents of new outputs are noted, the largest of each lane") {
  constexpr Index W = Shape<float>::width, L = Shape<float>::lanes, R = Shape<float>::rows;
  const Numbers<float> p(3 * L, 1);
  for (Index row = 0; row < R; ++row) {
    for (const Index col : {Index{0}, 3 * W - 1, 7 * W - 1}) {
      Numbers<float> v(3 * 7 * W, 0.0), from(L * 7 * W), to(L * 7 * W), exponent(W, 0.0);
      ValueRows<float> rows{from.data(), 7 * W, nullptr, to.data(), 7 * W, nullptr};
      rows.exponent = exponent.data();
      std::fill(from.data(), from.data() + L * 7 * W, 1.5F);
      from[row * 7 * W + col] = -40;
      value_rows_of<float>(p.data(), ValueSlots{0, 3, 0}.part(v.data(), 7 * W), 0, 0, 7 * W, rows);
      for (Index l = 0; l < W; ++l) CHECK(exponent[l] == (l == col % W ? 32.0F : 1.0F));
    }
  }
}

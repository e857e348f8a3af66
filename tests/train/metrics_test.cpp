#include "integrad/train/metrics.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "integrad/tensor/error.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// The definition itself: every pair.
template <class T>
double brute_force_auc(const std::vector<T>& scores, const Bytes& truth, const Bytes& view) {
  double wins = 0, pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i)
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (truth[i] == 0 || truth[j] != 0 || view[i] == 0 || view[j] == 0) continue;
      wins += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
      pairs += 1;
    }
  return wins / pairs;
}

template <class T>
double auc(const std::vector<T>& scores, const Bytes& truth, const Bytes& view = {}) {
  return area_under_curve(std::span<const T>(scores), truth, view);
}

}  // namespace

TEST_CASE("figures of a hand-counted case") {
  const std::vector<float> scores{0.9f, 0.8f, 0.5f, 0.3f, 0.7f, 0.1f};
  const Bytes truth{1, 1, 1, 1, 0, 0};
  const Confusion c = confusion<float>(scores, 0.5f, truth);
  // 0.5 does not exceed 0.5.
  CHECK(c == Confusion{
                 .true_positive = 2, .false_positive = 1, .true_negative = 1, .false_negative = 2});
  CHECK(c.dice() == doctest::Approx(4.0 / 7));
  CHECK(c.jaccard() == doctest::Approx(2.0 / 5));
  CHECK(c.accuracy() == doctest::Approx(0.5));
  CHECK(c.sensitivity() == doctest::Approx(0.5));
  CHECK(c.specificity() == doctest::Approx(0.5));
  // Pairs: 0.9 and 0.8 beat both; 0.5 and 0.3 beat 0.1 only.
  CHECK(auc(scores, truth) == doctest::Approx(6.0 / 8));
  const Bytes view{1, 0, 1, 1, 0, 1};
  CHECK(
      confusion<float>(scores, 0.5f, truth, view) ==
      Confusion{.true_positive = 1, .false_positive = 0, .true_negative = 1, .false_negative = 2});
  CHECK(confusion(Bytes{1, 1, 0, 0}, Bytes{1, 0, 1, 0}) == Confusion{1, 1, 1, 1});
}

TEST_CASE("the area under the curve equals the count over all pairs, with ties") {
  const Random random(3, 1);
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const Random r = random.substream(trial);
    std::vector<float> scores;
    std::vector<std::int8_t> codes;
    Bytes truth, view;
    for (std::uint64_t i = 0; i < 90; ++i) {
      // Few distinct values, so that many tie; both zeros are the same score.
      const auto step = static_cast<int>(r.below(4 * i, 9)) - 4;
      scores.push_back(step == 0 && i % 2 == 0 ? -0.0f : static_cast<float>(step) * 0.25f);
      codes.push_back(static_cast<std::int8_t>(step == 4 ? 127 : step == -4 ? -128 : step));
      truth.push_back(r.below(4 * i + 1, 3) == 0 ? 1 : 0);
      view.push_back(r.below(4 * i + 2, 5) == 0 ? 0 : 1);
    }
    CHECK(auc(scores, truth, view) ==
          doctest::Approx(brute_force_auc(scores, truth, view)).epsilon(1e-14));
    CHECK(auc(codes, truth, view) ==
          doctest::Approx(brute_force_auc(codes, truth, view)).epsilon(1e-14));
  }
}

TEST_CASE("images of many pixels are counted pixel by pixel") {
  const Random random(3, 2);
  const std::size_t pixels = 700003;  // several parts, tables and sorted runs, a remainder of each
  std::vector<std::int8_t> codes(pixels);
  Bytes truth(pixels), view(pixels);
  Confusion expected;
  for (std::size_t i = 0; i < pixels; ++i) {
    codes[i] = static_cast<std::int8_t>(static_cast<int>(random.below(4 * i, 256)) - 128);
    truth[i] = random.below(4 * i + 1, 3) == 0 ? 255 : 0;
    view[i] = random.below(4 * i + 2, 5) == 0 ? 0 : 7;
    if (view[i] == 0) continue;
    Index& count = truth[i] != 0
                       ? (codes[i] > 5 ? expected.true_positive : expected.false_negative)
                       : (codes[i] > 5 ? expected.false_positive : expected.true_negative);
    ++count;
  }
  CHECK(confusion<std::int8_t>(codes, std::int8_t{5}, truth, view) == expected);
  // The same scores as floats are ranked by sorting.
  const std::vector<float> floats(codes.begin(), codes.end());
  CHECK(confusion<float>(floats, 5.0f, truth, view) == expected);
  CHECK(auc(codes, truth, view) == auc(floats, truth, view));
}

// Spread, crowded, tied and of all magnitudes.
TEST_CASE("floats of every distribution rank as all pairs do") {
  const Random random(3, 3);
  using Scores = float (*)(const Random&, std::uint64_t);
  const Scores kinds[] = {
      [](const Random& r, std::uint64_t i) { return static_cast<float>(r.normal(i)); },
      [](const Random& r, std::uint64_t i) {  // neighbours, but for a few
        const auto near = 0.5f + static_cast<float>(r.below(i, 300)) * 0x1p-24f;
        return i % 97 == 0 ? -near : near;
      },
      [](const Random& r, std::uint64_t i) { return r.below(i, 3) == 0 ? 1.0f : -2.0f; },
      [](const Random& r, std::uint64_t i) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(r.below(i, 0x7f800001)) |
                                    static_cast<std::uint32_t>(i % 2 << 31));
      }};
  for (const Scores score : kinds)
    for (const std::uint64_t share : {2, 40, 1500}) {  // one in so many is in the truth
      std::vector<float> scores;
      Bytes truth;
      for (std::uint64_t i = 0; i < 2500; ++i) {
        scores.push_back(score(random, 2 * i));
        truth.push_back(i % share == 0 ? 1 : 0);
      }
      CHECK(
          auc(scores, truth) ==
          doctest::Approx(brute_force_auc(scores, truth, Bytes(scores.size(), 1))).epsilon(1e-13));
    }
}

TEST_CASE("the area ranks by order alone: perfect, reversed, constant, infinite") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(auc<float>({-infinity, -1e-38f, 1e-38f, infinity}, {0, 0, 1, 1}) == 1);
  CHECK(auc<float>({3, 2, 1, 0}, {0, 0, 1, 1}) == 0);
  CHECK(auc<float>({2, 2, 2, 2}, {0, 1, 1, 1}) == 0.5);
  CHECK(auc<std::int8_t>({-128, 127}, {0, 1}) == 1);
}

TEST_CASE("cases without a class are defined as documented") {
  const Confusion nothing = confusion(Bytes{0, 0}, Bytes{0, 0});
  CHECK((nothing.dice() == 1 && nothing.jaccard() == 1 && nothing.accuracy() == 1));
  CHECK((std::isnan(nothing.sensitivity()) && nothing.specificity() == 1));
  CHECK(confusion(Bytes{1, 0}, Bytes{0, 0}).dice() == 0);
  CHECK(std::isnan(confusion(Bytes{1}, Bytes{1}).specificity()));
  CHECK(std::isnan(Confusion{}.accuracy()));
  CHECK(std::isnan(auc<float>({1, 2}, {1, 1})));
  CHECK(std::isnan(auc<std::int8_t>({1, 2}, {0, 0})));
  CHECK(std::isnan(auc<float>({}, {})));
}

TEST_CASE("sizes that differ and scores that are no numbers are refused") {
  CHECK_THROWS_AS(confusion(Bytes{1}, Bytes{1, 0}), Error);
  CHECK_THROWS_AS(auc<float>({1, 2}, {1, 0}, {1}), Error);
  const std::vector<float> bad{0, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_AS(auc<float>(bad, {1, 0}), Error);
  CHECK_THROWS_AS(confusion<float>(bad, 0.0f, Bytes{1, 0}), Error);
}

TEST_CASE("pooled figures are those of all pixels together") {
  SegmentationScorer<float> scorer(0);
  const std::vector<float> a{1, -1, 2}, b{5, 4};
  scorer.add("a", a, Bytes{1, 0, 0});
  scorer.add("b", b, Bytes{1, 0}, Bytes{0, 1});
  CHECK(scorer.images()[0].auc == 0.5);
  CHECK(std::isnan(scorer.images()[1].auc));  // its only positive is outside the field of view
  const SegmentationScore pooled = scorer.pooled();
  CHECK(pooled.counts == Confusion{1, 2, 1, 0});
  CHECK(pooled.auc == doctest::Approx(1.0 / 3));
}

TEST_CASE("the pooled area counts pairs across images, whichever image has which class") {
  const Random random(5, 7);
  SegmentationScorer<float> scorer(0);
  std::vector<float> scores;
  Bytes truth;
  for (std::uint64_t image = 0; image < 4; ++image) {
    const auto first = static_cast<std::ptrdiff_t>(scores.size());
    for (std::uint64_t i = 0; i < 60; ++i) {
      const std::uint64_t at = 2 * (60 * image + i);
      scores.push_back(static_cast<float>(random.below(at, 40)) + static_cast<float>(image));
      // The second image has no positive, the third no negative.
      truth.push_back(image == 1 ? 0 : image == 2 ? 1 : random.below(at + 1, 3) == 0);
    }
    scorer.add("image", std::vector<float>(scores.begin() + first, scores.end()),
               Bytes(truth.begin() + first, truth.end()));
  }
  CHECK(scorer.pooled().auc ==
        doctest::Approx(brute_force_auc(scores, truth, Bytes(scores.size(), 1))).epsilon(1e-14));
}

TEST_CASE(
    "the area is exact for any spread of scores: outliers, denormals, many ties, few negatives") {
  const Random random(3, 3);
  const float infinity = std::numeric_limits<float>::infinity(),
              most = std::numeric_limits<float>::max(),
              least = std::numeric_limits<float>::denorm_min();
  const std::vector<std::vector<float>> extremes{
      {}, {1e30f, -1e30f}, {infinity, -infinity}, {most, -most}, {least, -least, 0.0f}};
  const float scales[] = {1.0f, 1e-40f, 1e-3f, 3e37f};
  for (const auto& extreme : extremes)
    for (const float scale : scales)
      for (const std::uint64_t rarity : {2u, 9u})
        for (const bool rare_positives : {false, true}) {
          std::vector<float> scores;
          Bytes truth;
          for (std::uint64_t i = 0; i < 300; ++i) {
            const std::uint64_t at = 3 * i;
            const bool extremely = !extreme.empty() && random.below(at, 9) == 0;
            const float score = extremely ? extreme[random.below(at + 1, extreme.size())]
                                          : static_cast<float>(random.normal(at + 1)) * scale;
            scores.push_back(i % 4 == 0 && i > 0 ? scores.back() : score);
            truth.push_back((random.below(at + 2, rarity) == 0) == rare_positives ? 1 : 0);
          }
          REQUIRE(auc(scores, truth) ==
                  doctest::Approx(brute_force_auc(scores, truth, Bytes(300, 1))).epsilon(1e-14));
        }
}

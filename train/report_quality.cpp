#include <algorithm>
#include <sstream>

#include "integrad/train/comparison.h"
#include "integrad/train/format.h"
#include "integrad/train/html.h"
#include "integrad/train/report_sections.h"
#include "integrad/train/resize.h"

namespace integrad::report {

namespace {

/// Pictures are shown at most this large, which keeps the page small enough to mail.
constexpr Index kShownSide = 480;
/// Below this, pixels are shown as squares.
constexpr Index kSmallSide = 200;

constexpr Arithmetic kArithmetics[] = {Arithmetic::floating, Arithmetic::fake_quant,
                                       Arithmetic::integer};

void score_row(std::ostream& out, const std::string& name, const SegmentationScore& score,
               bool main) {
  out << "<tr" << (main ? " class=\"main\"" : "") << "><td>" << escape_html(name) << "</td>";
  const Confusion& counts = score.counts;
  for (const double value : {counts.dice(), counts.jaccard(), counts.accuracy(),
                             counts.sensitivity(), counts.specificity(), score.auc})
    out << "<td>" << format_fixed(value, 4) << "</td>";
  out << "</tr>\n";
}

constexpr std::string_view kScoreHead =
    "<thead><tr><th></th><th>Dice</th><th>Jaccard</th><th>Accuracy</th><th>Sensitivity</th>"
    "<th>Specificity</th><th>AUC</th></tr></thead>\n";

struct Shown {
  Index height, width;
  explicit Shown(const Shape& shape) : height(shape.height()), width(shape.width()) {
    const Index side = std::max(height, width);
    if (side <= kShownSide) return;
    height = std::max<Index>(1, height * kShownSide / side);
    width = std::max<Index>(1, width * kShownSide / side);
  }
};

void figure(std::ostream& out, const Image& picture, const std::string& caption) {
  const Shape& shape = picture.shape();
  const bool small = std::max(shape.height(), shape.width()) < kSmallSide;
  out << "<figure><img" << (small ? " class=\"small\"" : "") << " width=\"" << shape.width()
      << "\" height=\"" << shape.height() << "\" alt=\"" << caption << "\" src=\""
      << png_data_uri(picture) << "\"><figcaption>" << caption << "</figcaption></figure>\n";
}

void legend(std::ostream& out) {
  out << "<p class=\"legend\">";
  const auto entry = [&](const Colour& colour, std::string_view meaning) {
    out << "<span><i style=\"background:" << to_hex(colour) << "\"></i>" << meaning << "</span>";
  };
  entry(kFound, "in the truth and found");
  entry(kFalse, "found, but not in the truth");
  entry(kMissed, "in the truth, but missed");
  out << "</p>\n";
}

}  // namespace

std::string quality(const ReportInput& input) {
  if (input.evaluations.empty()) return "";
  std::ostringstream out;
  out << "<section id=\"quality\">\n<h2>Quality</h2>\n<p class=\"note\">All pixels of "
      << format_count(std::ssize(input.samples))
      << " test images together. Fake-quantised is the forward pass of quantisation-aware "
         "training; integer is what the device computes.</p>\n<div class=\"scroll\"><table>\n"
      << kScoreHead << "<tbody>\n";
  for (const Arithmetic arithmetic : kArithmetics)
    if (const Evaluation* evaluation = find(input, arithmetic))
      score_row(out, std::string(heading_of(arithmetic)), evaluation->pooled,
                arithmetic == Arithmetic::integer);
  out << "</tbody></table></div>\n";
  for (const Arithmetic arithmetic : {Arithmetic::integer, Arithmetic::floating}) {
    const Evaluation* evaluation = find(input, arithmetic);
    if (evaluation == nullptr) continue;
    out << "<details><summary>Each image, " << heading_of(arithmetic)
        << "</summary><div class=\"scroll\"><table>\n"
        << kScoreHead << "<tbody>\n";
    for (const SegmentationScore& score : evaluation->images)
      score_row(out, score.name, score, false);
    out << "</tbody></table></div></details>\n";
  }
  out << "</section>\n";
  return out.str();
}

std::string pictures(const ReportInput& input) {
  const auto count =
      static_cast<std::size_t>(std::clamp<Index>(input.pictures, 0, std::ssize(input.samples)));
  if (count == 0) return "";
  std::ostringstream out;
  out << "<section id=\"pictures\">\n<h2>Pictures</h2>\n";
  legend(out);
  for (std::size_t i = 0; i < count; ++i) {
    const Sample& sample = input.samples[i];
    const Shown shown(sample.image.shape());
    const Image image = resize_box(sample.image, shown.height, shown.width);
    const Image truth = resize_box_mask(sample.mask, shown.height, shown.width);
    out << "<div class=\"row\">\n";
    figure(out, image, escape_html(sample.name));
    figure(out, show_truth(image, truth), "Truth");
    for (const Arithmetic arithmetic : {Arithmetic::floating, Arithmetic::integer}) {
      const Evaluation* evaluation = find(input, arithmetic);
      if (evaluation == nullptr) continue;
      const Image mask = resize_box_mask(evaluation->masks[i], shown.height, shown.width);
      figure(out, show_prediction(image, truth, mask),
             std::string(heading_of(arithmetic)) + ", Dice " +
                 format_fixed(evaluation->images[i].counts.dice(), 4));
    }
    out << "</div>\n";
  }
  out << "</section>\n";
  return out.str();
}

}  // namespace integrad::report

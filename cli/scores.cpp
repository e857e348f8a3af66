#include "integrad/cli/scores.h"

#include <cmath>
#include <sstream>

#include "integrad/cli/table.h"

namespace integrad::cli {

namespace {

const std::vector<std::string> kFigures{"Dice",        "Jaccard",     "accuracy",
                                        "sensitivity", "specificity", "AUC"};

std::vector<double> figures_of(const SegmentationScore& score) {
  const Confusion& c = score.counts;
  return {c.dice(), c.jaccard(), c.accuracy(), c.sensitivity(), c.specificity(), score.auc};
}

std::vector<std::string> cells(const std::string& name, const std::vector<double>& figures) {
  std::vector<std::string> row{name};
  for (const double figure : figures) row.push_back(cell(figure, 4));
  return row;
}

/// The mean of the images' figures; an image without a figure (no vessel, no AUC) is left out.
std::vector<double> mean_of(const std::vector<SegmentationScore>& images) {
  std::vector<double> sums(kFigures.size(), 0), counts(kFigures.size(), 0);
  for (const SegmentationScore& image : images) {
    const std::vector<double> figures = figures_of(image);
    for (std::size_t i = 0; i < figures.size(); ++i)
      if (!std::isnan(figures[i])) {
        sums[i] += figures[i];
        counts[i] += 1;
      }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] /= counts[i];  // 0 / 0: none
  return sums;
}

std::string extent(const ScoreTable& table) {
  return table.within_field_of_view ? "pixels in the field of view" : "all pixels";
}

Table table_of(const std::string& first) {
  std::vector<std::string> header{first};
  header.insert(header.end(), kFigures.begin(), kFigures.end());
  return Table(header, 1);
}

void add_markdown(std::ostream& out, const std::vector<std::string>& row) {
  out << "|";
  for (const std::string& text : row) out << " " << text << " |";
  out << "\n";
}

}  // namespace

void print(std::ostream& out, const ScoredModel& what, const ScoreTable& table, bool per_image) {
  const std::size_t images = table.rows.front().images.size();
  out << what.data << "\n"
      << images << " " << what.part << " images, " << extent(table) << " pooled\n";
  Table pooled = table_of("arithmetic");
  for (const ScoreRow& row : table.rows) pooled.add(cells(row.name, figures_of(row.pooled)));
  out << pooled;
  if (!per_image) return;
  for (const ScoreRow& row : table.rows) {
    Table each = table_of(row.name);
    for (const SegmentationScore& image : row.images)
      each.add(cells(image.name, figures_of(image)));
    each.add(cells("mean", mean_of(row.images)));
    out << "\n" << each;
  }
}

std::string to_markdown(const ScoredModel& what, const std::vector<ScoreTable>& tables) {
  std::ostringstream out;
  out << what.data << "; " << tables.front().rows.front().images.size() << " " << what.part
      << " images, a vessel where the probability exceeds one half.\n";
  for (const ScoreTable& table : tables) {
    out << "\n";
    std::vector<std::string> header{extent(table)};
    header.insert(header.end(), kFigures.begin(), kFigures.end());
    add_markdown(out, header);
    out << "|---|";
    for (std::size_t i = 0; i < kFigures.size(); ++i) out << "--:|";
    out << "\n";
    for (const ScoreRow& row : table.rows)
      add_markdown(out, cells(row.name + ", pooled", figures_of(row.pooled)));
    for (const ScoreRow& row : table.rows)
      add_markdown(out, cells(row.name + ", mean of the images", mean_of(row.images)));
  }
  return out.str();
}

}  // namespace integrad::cli

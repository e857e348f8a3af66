#include "integrad/train/training_log.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

#include "integrad/tensor/files.h"

namespace integrad {

namespace {

constexpr const char* kHeader = "epoch,learning_rate,loss,test_dice,test_auc";
constexpr std::uint64_t kMaxLogBytes = std::uint64_t{1} << 28;

std::string shortest(double value) {
  if (std::isnan(value)) return "";
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

double parse(const std::string& text) {
  if (text.empty()) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  require(end.ec == std::errc() && end.ptr == text.data() + text.size(), "'", text,
          "' is not a number");
  return value;
}

}  // namespace

void save_log(const std::filesystem::path& path, const std::vector<EpochLog>& rows) {
  std::string text = std::string(kHeader) + "\n";
  for (const EpochLog& row : rows)
    text += std::to_string(row.epoch) + "," + shortest(row.learning_rate) + "," +
            shortest(row.loss) + "," + shortest(row.test_dice) + "," + shortest(row.test_auc) +
            "\n";
  write_file_atomically(path, text);
}

std::vector<EpochLog> load_log(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kMaxLogBytes);
  std::istringstream stream(std::string(bytes.begin(), bytes.end()));
  return with_context(path.string(), [&] {
    std::string line;
    require(std::getline(stream, line) && line == kHeader, "the first line is not ", kHeader);
    std::vector<EpochLog> rows;
    while (std::getline(stream, line)) {
      std::istringstream cells(line);
      double values[5];
      for (double& value : values) {
        std::string cell;
        std::getline(cells, cell, ',');
        value = parse(cell);
      }
      require(values[0] >= 1 && values[0] < 1e9, "row ", rows.size() + 1, " has no epoch");
      rows.push_back({static_cast<Index>(values[0]), values[1], values[2], values[3], values[4]});
    }
    return rows;
  });
}

}  // namespace integrad

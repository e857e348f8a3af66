#pragma once
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace integrad::cli {

/// Rows of text in columns as wide as they need; the first `left` columns are flush left, the
/// others, numbers, flush right.
class Table {
 public:
  Table(std::vector<std::string> header, std::size_t left)
      : rows_{std::move(header)}, left_(left) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  friend std::ostream& operator<<(std::ostream& out, const Table& table);

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t left_;
};

/// Anything printable as a cell.
template <class T>
std::string cell(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}
/// With so many decimals; "-" for what is not a number.
std::string cell(double value, int decimals);

}  // namespace integrad::cli

#include "integrad/quant/c_stage.h"

#include <algorithm>
#include <sstream>

#include "integrad/quant/c_call.h"
#include "integrad/quant/reach.h"

namespace integrad {

namespace {

std::string text_of(const integrad_window& w) {
  std::string text = "(integrad_window){";
  for (const std::int32_t part : {w.kernel, w.stride, w.dilation, w.pad_before, w.pad_after})
    text += (text.back() == '{' ? "" : ", ") + std::to_string(part);
  return text + "}";
}

// The row of an input of `height` rows up to which (or, `kept`, from which) it is read by rows up
// to (from) `row` of a reader.
std::string reached(const Reach& reach, const std::string& row, Index height, bool kept) {
  if (reach.kind == Reach::Kind::same) return row;
  const bool spreads = reach.kind == Reach::Kind::spread;
  return std::string(spreads ? "integrad_spread_rows_" : "integrad_rows_") +
         (kept ? "kept(" : "needed(") + text_of(reach.window) + ", " + row + ", " +
         std::to_string(height) + ")";
}

template <class... Parts>
std::string joined(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

std::string folded(const std::vector<std::string>& values, const std::string& function) {
  std::string text = values.front();
  for (std::size_t i = 1; i < values.size(); ++i)
    text = joined(function, "(", text, ", ", values[i], ")");
  return text;
}

std::string plus(const std::string& base, const std::string& offset) {
  return offset == "0" ? base : base + " + " + offset;
}

}  // namespace

std::string StagePrinter::address(int step) const {
  if (step == 0) return "input";
  if (step == plan_.size() - 1) return "output";
  return plus("arena", std::to_string(plan_.step(step).codes));
}

std::string StagePrinter::band(int step) const {
  return "band_" + std::to_string(step);
}

std::string StagePrinter::end(int step) const {
  return "end_" + std::to_string(step);
}

std::string StagePrinter::row_size(int step) const {
  return std::to_string(row_size_of(node(step).shape));
}

void StagePrinter::print_call(const Stage& stage, int step, std::string_view indent,
                              std::ostream& out) const {
  const Step& s = plan_.step(step);
  const bool streams = stage.streams();
  const std::string size = row_size(step);
  const std::string begin = streams ? band(step) + ".end" : "0";
  const auto after = [&](const std::string& row) { return streams ? begin + " * " + row : "0"; };
  const bool whole = reach_of(node(step).operation).kind == Reach::Kind::whole;
  CallPlaces places;
  for (int input : s.inputs) {
    const bool inside = within(stage, input);
    const std::string row = row_size(input);
    places.rows.push_back(inside ? "integrad_band_rows(&" + band(input) + ")"
                                 : "integrad_all_rows(" + address(input) + ")");
    places.codes.push_back(
        inside ? joined("integrad_row(", places.rows.back(), ", ", begin, ", ", row, ")")
               : plus(address(input), whole ? "0" : after(row)));
  }
  const auto winners = [&](int pool) {
    return plus("(uint8_t*)arena", std::to_string(plan_.step(pool).winners));
  };
  if (std::holds_alternative<quantized::MaxUnpool>(node(step).operation))
    places.winner_rows = "integrad_all_winners(" + winners(s.inputs[1]) + ")";
  places.winners = "NULL";
  if (s.winners >= 0)
    places.winners = plus(
        winners(step),
        after(std::to_string(winner_row_size(std::get<quantized::MaxPool>(node(step).operation)))));
  places.output = streams ? "integrad_band_next(&" + band(step) + ", " + size + ")" : address(step);
  places.begin = begin;
  places.end = streams ? end(step) : std::to_string(rows_of(node(step).shape));
  places.count = streams ? "(" + places.end + " - " + begin + ") * " + size
                         : std::to_string(node(step).shape.elements());
  const std::string id = std::to_string(s.node);
  out << indent << "MODEL_BEGIN_LAYER(" << id << ");\n"
      << indent << kernel_call(program_, s.node, places) << "\n"
      << indent << "MODEL_END_LAYER(" << id << ");\n"
      << indent << "MODEL_TRACE_CODES(" << id << ", " << after(size) << ", " << places.count << ", "
      << places.output << ");\n";
}

void StagePrinter::print_ends(const Stage& stage, std::ostream& out) const {
  const Index rounds = rows_of(node(stage.last).shape);
  std::vector<std::string> lines;
  // What the last round asks for, to know which layers it has to complete besides.
  std::vector<Index> asked(static_cast<std::size_t>(plan_.size()), 0);
  for (int step = stage.last; step >= stage.first; --step) {
    const Index height = rows_of(node(step).shape);
    Index& most = asked[static_cast<std::size_t>(step)];
    std::vector<std::string> needs;
    for (int reader = step + 1; reader <= stage.last; ++reader)
      for (int input : plan_.step(reader).inputs) {
        if (input != step) continue;
        const Reach reach = reach_of(node(reader).operation);
        std::string need = reached(reach, end(reader), height, false);
        if (needs.empty() || needs.back() != need) needs.push_back(std::move(need));
        const Index reader_end = asked[static_cast<std::size_t>(reader)];
        most = std::max<Index>(most, rows_needed(reach, static_cast<std::int32_t>(reader_end),
                                                 static_cast<std::int32_t>(height)));
      }
    std::string value;
    if (needs.empty()) {
      value = step == stage.last ? "round + 1"
                                 : "integrad_rows_due(round, " + std::to_string(rounds) + ", " +
                                       std::to_string(height) + ")";
    } else {
      value = folded(needs, "integrad_larger");
      if (most < height) value = joined("round == ", rounds - 1, " ? ", height, " : ", value);
    }
    most = height;
    lines.push_back("    const int32_t " + end(step) + " = " + value + ";\n");
  }
  for (const std::string& line : lines) out << line;
}

void StagePrinter::print_drop(const Stage& stage, int step, std::ostream& out) const {
  const Index height = rows_of(node(step).shape);
  if (plan_.step(step).rows == height) return;
  std::vector<std::string> kept{band(step) + ".end"};
  for (int reader = step + 1; reader <= stage.last; ++reader) {
    const std::vector<int>& inputs = plan_.step(reader).inputs;
    const bool unpools = std::holds_alternative<quantized::MaxUnpool>(node(reader).operation);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] == step && !(unpools && i == 1))
        kept.push_back(
            reached(reach_of(node(reader).operation), band(reader) + ".end", height, true));
  }
  out << "      integrad_band_drop(&" << band(step) << ", " << folded(kept, "integrad_smaller")
      << ", " << row_size(step) << ");\n";
}

void StagePrinter::print_function(int index, std::ostream& out) const {
  const Stage& stage = this->stage(index);
  if (!stage.streams()) return;
  out << "\n/* " << node(stage.first).name << " to " << node(stage.last).name
      << ", row by row. A band holds the rows that are still read. */\n"
      << "static void stage_" << index
      << "(const int8_t* input, int8_t* output, int8_t* arena) {\n";
  for (int step = stage.first; step <= stage.last; ++step)
    out << "  integrad_band " << band(step) << " = {" << address(step) << ", 0, 0}; /* "
        << node(step).name << ": " << plan_.step(step).rows << " of " << rows_of(node(step).shape)
        << " rows */\n";
  out << "  int32_t round;\n  (void)input;\n  (void)output;\n  for (round = 0; round < "
      << rows_of(node(stage.last).shape) << "; ++round) {\n";
  print_ends(stage, out);
  for (int step = stage.first; step <= stage.last; ++step) {
    out << "    if (" << band(step) << ".end < " << end(step) << ") { /* " << node(step).name
        << " */\n";
    print_drop(stage, step, out);
    print_call(stage, step, "      ", out);
    out << "      " << band(step) << ".end = " << end(step) << ";\n    }\n";
  }
  out << "  }\n}\n";
}

void StagePrinter::print_statements(int index, std::ostream& out) const {
  const Stage& stage = this->stage(index);
  if (stage.streams()) {
    out << "  stage_" << index << "(input, output, arena);\n";
    return;
  }
  out << "  /* " << node(stage.first).name << " */\n";
  print_call(stage, stage.first, "  ", out);
}

}  // namespace integrad

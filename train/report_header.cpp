#include <sstream>

#include "integrad/train/format.h"
#include "integrad/train/html.h"
#include "integrad/train/report_sections.h"

namespace integrad::report {

namespace {

struct Figure {
  std::string value, meaning;
  std::string_view kind;  // "good", "bad" or nothing
};

std::vector<Figure> headline(const ReportInput& input) {
  std::vector<Figure> figures;
  if (const Evaluation* integer = find(input, Arithmetic::integer))
    figures.push_back(
        {format_fixed(integer->pooled.counts.dice(), 4),
         "Dice of the integer model on " + format_count(std::ssize(input.samples)) + " test images",
         ""});
  if (input.verification) {
    const VerifyReport& verified = *input.verification;
    figures.push_back({format_count(verified.differences),
                       "differing bytes among " + format_count(verified.bytes) + " compared",
                       verified.differences == 0 ? "good" : "bad"});
  }
  if (input.program != nullptr)
    figures.push_back(
        {format_bytes(footprint(*input.program).flash_bytes), "the model: weights and tables", ""});
  return figures;
}

std::string sentence(const ReportInput& input) {
  std::ostringstream text;
  const Evaluation* floating = find(input, Arithmetic::floating);
  const Evaluation* integer = find(input, Arithmetic::integer);
  if (integer == nullptr) return "";
  text << "In 8-bit integers the model reaches a Dice score of "
       << format_fixed(integer->pooled.counts.dice(), 4);
  if (floating != nullptr)
    text << " (in float: " << format_fixed(floating->pooled.counts.dice(), 4) << ")";
  if (input.program != nullptr)
    text << ", takes " << format_bytes(footprint(*input.program).flash_bytes);
  if (!input.verification)
    text << ", and was not yet compared with the C program";
  else if (input.verification->differences == 0)
    text << ", and the C program computes exactly what training computed: not one of "
         << format_count(input.verification->bytes) << " bytes differs";
  else
    text << ", but the C program does not compute what training computed: "
         << format_count(input.verification->differences) << " of "
         << format_count(input.verification->bytes) << " bytes differ";
  text << ".";
  return text.str();
}

}  // namespace

Index parameters(const QGraph& program) {
  Index count = 0;
  for (const QNode& node : program.nodes)
    if (const LinearTables* tables = tables_of(node.operation))
      count += tables->weight.size() + std::ssize(tables->bias);
  return count;
}

std::string header(const ReportInput& input) {
  std::ostringstream out;
  out << "<header>\n<h1>" << escape_html(input.title) << "</h1>\n";
  if (const std::string text = sentence(input); !text.empty())
    out << "<p class=\"lead\">" << text << "</p>\n";
  out << "<div class=\"figures\">\n";
  for (const Figure& figure : headline(input))
    out << "<div class=\"figure\"><b" << (figure.kind.empty() ? "" : " class=\"") << figure.kind
        << (figure.kind.empty() ? "" : "\"") << ">" << figure.value << "</b><span>"
        << figure.meaning << "</span></div>\n";
  out << "</div>\n";
  if (!input.facts.empty()) {
    out << "<dl class=\"facts\">\n";
    for (const NamedText& fact : input.facts)
      out << "<dt>" << escape_html(fact.name) << "</dt><dd>" << escape_html(fact.text) << "</dd>\n";
    out << "</dl>\n";
  }
  out << "</header>\n";
  return out.str();
}

std::string sizes(const ReportInput& input) {
  if (input.program == nullptr) return "";
  const Footprint size = footprint(*input.program);
  const Shape &in = input.program->nodes.front().shape, &last = input.program->nodes.back().shape;
  std::ostringstream out;
  const auto row = [&](std::string_view name, const std::string& value, std::string_view what) {
    out << "<tr><td>" << name << "</td><td>" << value << "</td><td class=\"left note\">" << what
        << "</td></tr>\n";
  };
  out << "<section id=\"sizes\">\n<h2>Sizes</h2>\n<p class=\"note\">For one image of "
      << in.height() << " \u00d7 " << in.width() << " pixels with " << in.channels()
      << " channels; the result is " << last.height() << " \u00d7 " << last.width() << " \u00d7 "
      << last.channels() << ".</p>\n<div class=\"scroll\"><table><tbody>\n";
  row("Parameters", format_count(parameters(*input.program)),
      "weights and biases, batch norm folded in");
  row("Flash", format_count(size.flash_bytes) + " bytes",
      "int8 weights, int32 biases and scales; without the kernels' code");
  row("Working memory", format_count(size.arena_bytes) + " bytes",
      "the arena in which all layers compute, beside the input and the output image");
  if (input.multiply_accumulates > 0)
    row("Multiply-accumulates", format_count(input.multiply_accumulates), "per image");
  out << "</tbody></table></div>\n</section>\n";
  return out.str();
}

}  // namespace integrad::report

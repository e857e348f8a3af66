#include <sstream>

#include "integrad/train/format.h"
#include "integrad/train/html.h"
#include "integrad/train/report_sections.h"

namespace integrad::report {

namespace {

std::string differences(Index count) {
  return format_count(count) + (count == 1 ? " difference" : " differences");
}

void layers(std::ostream& out, const VerifyReport& verified) {
  out << "<details><summary>Each layer</summary><div class=\"scroll\"><table>\n<thead><tr>"
         "<th>Layer</th><th class=\"left\">Operation</th><th class=\"left\">Output</th>"
         "<th>Bytes compared</th><th>Differences</th></tr></thead>\n<tbody>\n";
  for (const LayerTally& layer : verified.layers)
    out << "<tr><td>" << escape_html(layer.name) << "</td><td class=\"left\">"
        << escape_html(layer.operation) << "</td><td class=\"left\">" << layer.shape << "</td><td>"
        << format_count(layer.bytes) << "</td><td class=\""
        << (layer.differences == 0 ? "good" : "bad") << "\">" << format_count(layer.differences)
        << "</td></tr>\n";
  out << "</tbody></table></div></details>\n";
}

void counts(std::ostream& out, const VerifyReport& verified) {
  if (verified.counts.empty()) return;
  const auto per_unit = [](double value) { return "<td>" + format_fixed(value, 2) + "</td>"; };
  out << "<details><summary>Instructions on emulated cores</summary>\n<p class=\"note\">For the "
         "first image, as QEMU executes them: instructions, not cycles of a real core.</p>"
         "<div class=\"scroll\"><table>\n<thead><tr><th>Layer</th><th>MACs</th>";
  for (const InstructionCount& count : verified.counts)
    out << "<th>" << escape_html(count.path) << "</th><th>per MAC, or per output without MACs</th>";
  out << "</tr></thead>\n<tbody>\n";
  for (std::size_t id = 1; id < verified.layers.size(); ++id) {
    const LayerTally& layer = verified.layers[id];
    out << "<tr><td>" << escape_html(layer.name) << "</td><td>"
        << (layer.macs > 0 ? format_count(layer.macs) : "\u2013") << "</td>";
    for (const InstructionCount& count : verified.counts)
      out << "<td>" << format_count(count.layers[id]) << "</td>"
          << per_unit(instructions_per_unit(layer, count.layers[id]));
    out << "</tr>\n";
  }
  const Index macs = verified.macs();
  out << "<tr><td>All layers</td><td>" << format_count(macs) << "</td>";
  for (const InstructionCount& count : verified.counts)
    out << "<td>" << format_count(count.total()) << "</td>"
        << per_unit(static_cast<double>(count.total()) / static_cast<double>(macs));
  out << "</tr>\n</tbody></table></div></details>\n";
}

}  // namespace

std::string verification(const ReportInput& input) {
  if (!input.verification) return "";
  const VerifyReport& verified = *input.verification;
  std::ostringstream out;
  out << "<section id=\"verification\">\n<h2>Verification</h2>\n<p><b class=\""
      << (verified.differences == 0 ? "good" : "bad") << "\">" << differences(verified.differences)
      << "</b> in " << format_count(verified.bytes) << " bytes.</p>\n<p class=\"note\">"
      << format_count(verified.images) << (verified.images == 1 ? " image went" : " images went")
      << " through the forward pass of quantisation-aware training and through "
      << format_count(std::ssize(verified.paths))
      << " other ways to compute the same: the integer runner, and the emitted C program as "
         "different compilers translate it for this machine and for emulated cores. Traced "
         "programs are compared after every layer, the "
         "others at the output.</p>\n<ul>\n";
  for (const std::string& path : verified.paths) out << "<li>" << escape_html(path) << "</li>\n";
  out << "</ul>\n";
  if (verified.first) {
    const Divergence& first = *verified.first;
    out << "<p class=\"bad\">First difference: " << escape_html(first.path) << ", image "
        << first.image << ", layer " << escape_html(first.layer) << ", row " << first.y
        << ", column " << first.x << ", channel " << first.channel << ": expected "
        << first.expected << ", got " << first.got << ".</p>\n";
  }
  layers(out, verified);
  counts(out, verified);
  out << "</section>\n";
  return out.str();
}

}  // namespace integrad::report

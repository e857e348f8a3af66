#pragma once
#include <string>

#include "integrad/train/report.h"

/// The parts of a report's page, each complete HTML, empty when the input has nothing for it.
namespace integrad::report {

/// Colours and layout for light and dark, wide and narrow.
std::string_view style();
/// A whole page of that style around the content, which is HTML.
std::string page(const std::string& title, const std::string& content);

std::string header(const ReportInput& input);
std::string quality(const ReportInput& input);
std::string pictures(const ReportInput& input);
std::string training(const ReportInput& input);
std::string sizes(const ReportInput& input);
std::string verification(const ReportInput& input);
std::string settings(const ReportInput& input);
std::string reproduction(const ReportInput& input);

/// Null when the input has no evaluation of this arithmetic.
const Evaluation* find(const ReportInput& input, Arithmetic arithmetic);
/// Weights and biases.
Index parameters(const QGraph& program);
/// "Float", "Fake-quantised", "Integer (int8)"
std::string_view heading_of(Arithmetic arithmetic);

}  // namespace integrad::report

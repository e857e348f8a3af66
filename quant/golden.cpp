#include "integrad/quant/golden.h"

#include <algorithm>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <utility>

#include "integrad/quant/golden_cases.h"
#include "integrad/tensor/error.h"

namespace integrad {
namespace golden {
namespace {

struct Operator {
  std::string_view name;
  RunCase run;
  RunCase run_dsp = nullptr;  // null: quant/c/dsp has no kernel for it
};

constexpr Operator kOperators[] = {
    {"add_s8", run_add, run_add_dsp},
    {"avgpool_s8", run_average_pool},
    {"conv1x1_s8", run_conv, run_conv_dsp},
    {"conv_s8", run_conv, run_conv_dsp},
    {"dwconv_s8", run_depthwise, run_depthwise_dsp},
    {"fc_s8", run_fully_connected},
    {"logistic_s8", run_logistic},
    {"maxpool_s8", run_max_pool, run_max_pool_dsp},
    {"mul_s8", run_multiply},
    {"quantize_f32_s8", run_quantize},
    {"quantize_multiplier", run_quantize_multiplier},
    {"requantize", run_requantize},
    {"requantize_s8", run_requantize_codes},
    {"resize_bilinear_s8", run_resize_bilinear},
    {"resize_nearest_s8", run_resize_nearest},
    {"softmax_s8", run_softmax},
    {"tconv_s8", run_transposed_conv},
};

const char* rounding_name(integrad_rounding rounding) {
  return rounding == INTEGRAD_ROUNDING_DOUBLE ? "double rounding" : "single rounding";
}

template <class T>
std::string print(T value) {
  std::ostringstream text;
  text << std::setprecision(17) << +value;
  return text.str();
}

void note_first(std::optional<GoldenDifference>& first, GoldenDifference difference) {
  if (!first) first = std::move(difference);
}

}  // namespace

template <class T>
void Recorder::compare(const GoldenCase& c, std::string_view what, integrad_rounding rounding,
                       const GoldenArray<T>& expected, const std::vector<T>& actual) {
  require(expected.values.size() == actual.size(), what, " must have ", actual.size(),
          " elements; it is ", expected.shape);
  report_.compared_bytes += static_cast<Index>(actual.size() * sizeof(T));
  for (std::size_t i = 0; i < actual.size(); ++i) {
    // Bit for bit: 0 and -0 differ here, equal NaNs do not.
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
    if (std::memcmp(&expected.values[i], &actual[i], sizeof(T)) == 0) continue;
    ++report_.differences;
    note_first(report_.first_difference,
               {c.name(), std::string(what) + ", " + rounding_name(rounding), static_cast<Index>(i),
                print(expected.values[i]), print(actual[i])});
  }
}

template void Recorder::compare(const GoldenCase&, std::string_view, integrad_rounding,
                                const GoldenArray<std::int8_t>&, const std::vector<std::int8_t>&);
template void Recorder::compare(const GoldenCase&, std::string_view, integrad_rounding,
                                const GoldenArray<std::int32_t>&, const std::vector<std::int32_t>&);
template void Recorder::compare(const GoldenCase&, std::string_view, integrad_rounding,
                                const GoldenArray<float>&, const std::vector<float>&);

void Recorder::derived(const GoldenCase& c, std::string_view what, Index position,
                       std::int64_t expected, std::int64_t actual) {
  ++report_.derivations;
  if (expected == actual) return;
  ++report_.derivation_differences;
  note_first(report_.first_difference,
             {c.name(), std::string(what), position, print(expected), print(actual)});
}

void Recorder::derived(const GoldenCase& c, std::string_view what, integrad_scale expected,
                       integrad_scale actual, Index position) {
  derived(c, std::string(what) + " multiplier", position, expected.multiplier, actual.multiplier);
  derived(c, std::string(what) + " shift", position, expected.shift, actual.shift);
}

void Recorder::refuse(const GoldenCase& c, std::string reason) {
  // The second rounding meets the same obstacle.
  for (const GoldenRefusal& each : report_.refusals)
    if (each.case_name == c.name() && each.reason == reason) return;
  report_.refusals.push_back({c.name(), std::move(reason)});
}

}  // namespace golden

GoldenReport run_golden(const std::filesystem::path& directory,
                        std::optional<integrad_rounding> rounding, GoldenKernels kernels) {
  std::error_code error;
  std::vector<std::filesystem::path> indexes;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".idx") indexes.push_back(entry->path());
  require(!error, directory.string(), ": cannot be read: ", error.message());
  require(!indexes.empty(), directory.string(), ": holds no golden vectors (<operator>.idx)");
  std::sort(indexes.begin(), indexes.end());

  std::vector<integrad_rounding> roundings{INTEGRAD_ROUNDING_DOUBLE, INTEGRAD_ROUNDING_SINGLE};
  if (rounding) roundings = {*rounding};

  GoldenReport report;
  for (const auto& index : indexes) {
    const std::string name = index.stem().string();
    const auto* found =
        std::find_if(std::begin(golden::kOperators), std::end(golden::kOperators),
                     [&](const golden::Operator& candidate) { return candidate.name == name; });
    require(found != std::end(golden::kOperators), index.string(), ": no operator is called '",
            name, "'");
    const golden::RunCase run = kernels == GoldenKernels::dsp ? found->run_dsp : found->run;
    if (run == nullptr) continue;
    const GoldenFile file = read_golden(index);
    GoldenOperatorReport result;
    result.op = name;
    result.cases = static_cast<Index>(file.cases.size());
    golden::Recorder recorder(result, kernels);
    for (const GoldenCase& c : file.cases)
      for (const integrad_rounding mode : roundings) {
        try {
          run(c, mode, recorder);
        } catch (const Error& error) {
          fail(c.where(), error.what());
        }
      }
    report.operators.push_back(std::move(result));
  }
  return report;
}

Index GoldenReport::cases() const {
  Index sum = 0;
  for (const auto& each : operators) sum += each.cases;
  return sum;
}
Index GoldenReport::compared_bytes() const {
  Index sum = 0;
  for (const auto& each : operators) sum += each.compared_bytes;
  return sum;
}
Index GoldenReport::differences() const {
  Index sum = 0;
  for (const auto& each : operators) sum += each.differences + each.derivation_differences;
  return sum;
}
Index GoldenReport::refusals() const {
  Index sum = 0;
  for (const auto& each : operators) sum += static_cast<Index>(each.refusals.size());
  return sum;
}

std::string to_string(const GoldenReport& report) {
  std::ostringstream text;
  for (const auto& each : report.operators) {
    text << std::left << std::setw(20) << each.op << std::right << std::setw(6) << each.cases
         << " cases" << std::setw(10) << each.compared_bytes << " bytes" << std::setw(8)
         << each.derivations << " derived" << std::setw(6)
         << each.differences + each.derivation_differences << " differences\n";
    if (const auto& first = each.first_difference)
      text << "  first: case '" << first->case_name << "', " << first->what << ", element "
           << first->position << ": expected " << first->expected << ", got " << first->actual
           << "\n";
    for (const auto& refusal : each.refusals)
      text << "  refused: case '" << refusal.case_name << "': " << refusal.reason << "\n";
  }
  text << report.cases() << " cases, " << report.compared_bytes() << " bytes, "
       << report.differences() << " differences\n";
  return text.str();
}

}  // namespace integrad

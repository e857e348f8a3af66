#pragma once
#include <string>
#include <string_view>

#include "integrad/quant/verify.h"

namespace integrad {

/// A verification's result as JSON: paths, images, bytes, differences, layers, and where there
/// are any the counted instructions and the first difference.
std::string to_json(const VerifyReport& report);

/// Reads it back. The text may be hostile: throws Error naming the field that is missing, of the
/// wrong kind, negative, or does not add up (the layers' bytes and differences are the totals).
VerifyReport verify_report_from_json(std::string_view text);

}  // namespace integrad

// What nearly every file includes of the standard library; see IntegradBuildTime.cmake.
#if defined(__GNUC__) && !defined(__clang__)
// gcc 12's false alarms about strings (its bug 105651): what it has read before is judged without the
// command line's -Wno-restrict.
#pragma GCC diagnostic ignored "-Wrestrict"
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// The structure that the pages promise, checked on every file. Each rule is first shown a file that
// breaks it.
#include <doctest/doctest.h>

#include "../support/source_rules.h"

using namespace integrad::testing;

namespace {

const std::vector<SourceFile>& project() {
  static const std::vector<SourceFile> files = project_files(INTEGRAD_SOURCE_DIR);
  return files;
}

std::string in_project(const std::string& path) {
  for (const SourceFile& file : project())
    if (file.path == path) return file.text;
  return {};
}

// A file of one #include line, put together so that this file has no such line itself.
SourceFile including(const char* path, const char* header) {
  return {path, std::string("#pragma once\n#") + "include " + header + "\n"};
}

template <class Rule>
void check_project(Rule rule) {
  for (const SourceFile& file : project())
    for (const std::string& complaint : rule(file)) FAIL_CHECK(complaint);
}

}  // namespace

TEST_CASE("the files of the project are found") {
  int sources = 0;
  bool this_one = false;
  for (const SourceFile& file : project()) {
    sources += is_source(file) ? 1 : 0;
    this_one = this_one || file.path == "tests/structure/structure_test.cpp";
    CHECK_FALSE(file.path.starts_with("build"));
  }
  CHECK(this_one);
  CHECK(sources > 100);
}

TEST_CASE("folders include only those before them") {
  CHECK(folder_order(including("nn/a.h", "\"integrad/quant/lower.h\"")).size() == 1);
  CHECK(folder_order(including("quant/c/a.h", "\"../../train/files.h\"")).size() == 1);
  CHECK(folder_order(including("tensor/a.cpp", "\"integrad/tests/support/a.h\"")).size() == 1);
  CHECK(folder_order(including("quant/a.h", "\"integrad/nn/graph.h\"")).empty());
  CHECK(folder_order(including("quant/c/a.h", "\"arith.h\"")).empty());
  check_project(folder_order);
}

TEST_CASE("the core includes no third-party header but Eigen and OpenMP") {
  CHECK(foreign_headers(including("nn/a.cpp", "<nlohmann/json.hpp>")).size() == 1);
  CHECK(foreign_headers(including("tensor/a.cpp", "<zlib.h>")).size() == 1);
  CHECK(foreign_headers(including("quant/a.cpp", "<Eigen/Core>")).size() == 1);
  CHECK(foreign_headers(including("autograd/a.cpp", "<Eigen/Core>")).empty());
  CHECK(foreign_headers(including("tensor/a.cpp", "<omp.h>")).empty());
  CHECK(foreign_headers(including("train/a.cpp", "<zlib.h>")).empty());
  check_project(foreign_headers);
}

TEST_CASE(
    "only kernels/simd and dsp/lanes.h use intrinsics; the former shares no inline function") {
  CHECK(intrinsics(including("tensor/kernels/a.cpp", "<immintrin.h>")).size() == 1);
  CHECK(intrinsics(including("quant/runner.cpp", "<arm_neon.h>")).size() == 1);
  CHECK(intrinsics(including("quant/kernels/a.cpp", "<immintrin.h>")).size() == 1);
  CHECK(intrinsics(including("tensor/kernels/simd/a.cpp", "<immintrin.h>")).empty());
  CHECK(intrinsics(including("quant/c/dsp/conv.h", "<arm_acle.h>")).size() == 1);
  CHECK(intrinsics(including("quant/c/dsp/lanes.h", "<arm_acle.h>")).empty());
  CHECK(intrinsics(including("quant/kernels/simd/a.cpp", "<immintrin.h>")).empty());
  check_project(intrinsics);

  const char* wide = "tensor/kernels/simd/avx2.cpp";
  CHECK(shared_inline_functions(including(wide, "<algorithm>")).size() == 1);
  CHECK(shared_inline_functions(including(wide, "\"integrad/tensor/shape.h\"")).size() == 1);
  CHECK(shared_inline_functions(including("quant/kernels/simd/avx2.cpp", "<vector>")).size() == 1);
  CHECK(shared_inline_functions(including(wide, "<immintrin.h>")).empty());
  CHECK(shared_inline_functions(including("tensor/a.cpp", "<algorithm>")).empty());
  check_project(shared_inline_functions);
}

TEST_CASE("no file names a folder of one machine") {
  CHECK(machine_paths({"docs/a.md", std::string("see /ho") + "me/someone/data"}).size() == 1);
  CHECK(machine_paths({"a.cpp", std::string("open(\"/t") + "mp/x\")"}).size() == 1);
  CHECK(machine_paths({"docs/a.md", "see data/home/someone"}).empty());
  check_project(machine_paths);
}

TEST_CASE("no merge was left unsettled") {
  CHECK(unsettled_merges({"docs/a.md", "one\n" + std::string(7, '<') + " main\n"}).size() == 1);
  CHECK(unsettled_merges({"docs/a.md", std::string(7, '>') + " branch\n"}).size() == 1);
  CHECK(unsettled_merges({"docs/a.md", "a <<<<<<< b\n======="}).empty());
  check_project(unsettled_merges);
}

TEST_CASE("the headers that tests share define each type once") {
  const SourceFile a{"tests/support/a.h", "namespace n {\nclass Draw {\n};\n}\n"};
  CHECK(types_defined_twice({a, {"tests/support/b.h", "\nstruct Draw : Base {\n};\n"}}) ==
        std::vector<std::string>{"tests/support/a.h and tests/support/b.h both define Draw"});
  CHECK(types_defined_twice({a, {"tests/support/b.h", "\nclass Draw;\nstruct Drawn {\n"}}).empty());
  CHECK(types_defined_twice({a, {"tests/a_test.cpp", "\nclass Draw {\n"}}).empty());
  for (const std::string& complaint : types_defined_twice(project())) FAIL_CHECK(complaint);
}

TEST_CASE("a page's link to a line leads to what it names") {
  const auto read = [](const std::string& path) {
    return std::string(path == "quant/a.h" ? "int b;\nint name(int);\n" : "");
  };
  CHECK(line_links({"docs/a.md", "[`name`](../quant/a.h#L2)"}, read).empty());
  CHECK(line_links({"docs/a.md", "[`name`](../quant/a.h#L1)"}, read) ==
        std::vector<std::string>{"docs/a.md: quant/a.h line 1 does not hold name; these do: 2"});
  CHECK(line_links({"docs/a.md", "[`name`](../quant/b.h#L2)"}, read).size() == 1);
  check_project([&](const SourceFile& page) {
    return page.path.ends_with(".md") ? line_links(page, in_project) : std::vector<std::string>{};
  });
}

TEST_CASE("what trains without images is all there") {
  const auto read = [](const std::string& path) {
    if (path == "train/a.cpp") return including("", "\"integrad/train/b.h\"").text;
    return std::string(path == "train/b.cpp" ? "int b;\n" : "");
  };
  CHECK(missing_of_training({"CMakeLists.txt", "set(training a\n  b)"}, read).empty());
  CHECK(missing_of_training({"CMakeLists.txt", "set(training a)"}, read).size() == 1);
  CHECK(missing_of_training({"CMakeLists.txt", "set(training b c)"}, read).size() == 1);
  CHECK(missing_of_training({"CMakeLists.txt", "set(trainer a)"}, read).size() == 1);
  const std::string path = "tests/CMakeLists.txt";
  for (const std::string& complaint : missing_of_training({path, in_project(path)}, in_project))
    FAIL_CHECK(complaint);
}

TEST_CASE("files are small: none above 400 lines, half of them below 150") {
  CHECK(count_lines({"a.h", "one\ntwo\n"}) == 2);
  CHECK(median({7, 1, 5}) == 5);
  std::vector<long> counts;
  for (const SourceFile& file : project()) {
    if (!is_source(file)) continue;
    counts.push_back(count_lines(file));
    CHECK_MESSAGE(counts.back() <= 400, file.path);
  }
  CHECK(median(counts) < 150);
}

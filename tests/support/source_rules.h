#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace integrad::testing {

/// A file of the project as the rules see it.
struct SourceFile {
  std::string path;  ///< relative to the project: "tensor/kernels/box.cpp"
  std::string text;
};

/// The project's own text files, sorted by path: sources, scripts, CMake files and pages; no build
/// folders, no test data.
std::vector<SourceFile> project_files(const std::filesystem::path& root);

/// Each rule returns what a file breaks, one line each; empty when it obeys.

/// tensor < autograd < nn < quant < train < cli: no include of a later folder.
std::vector<std::string> folder_order(const SourceFile& file);
/// The core includes nothing foreign but the standard library, POSIX, OpenMP and, below quant,
/// Eigen.
std::vector<std::string> foreign_headers(const SourceFile& file);
/// Instruction sets by name only in the files that are compiled for them (kernels/simd/), and in
/// the benchmark that compares ways to use them.
std::vector<std::string> intrinsics(const SourceFile& file);
/// A file compiled for a wide instruction set includes no header that other files share: the linker
/// may keep its copy of an inline function, and the program then stops on lesser processors.
std::vector<std::string> shared_inline_functions(const SourceFile& file);
/// No folder that exists on somebody's machine only.
std::vector<std::string> machine_paths(const SourceFile& file);

/// No line that a merge left to be settled.
std::vector<std::string> unsettled_merges(const SourceFile& file);
/// A page's link to a line, [`name`](path#L12), leads to a line that holds the name. `read` gives
/// the text of a file of the project, empty when there is none.
std::vector<std::string> line_links(const SourceFile& page,
                                    const std::function<std::string(const std::string&)>& read);

/// The headers that tests share, all in one namespace, define no type twice: programs with two of
/// one name link, and run the functions of either.
std::vector<std::string> types_defined_twice(const std::vector<SourceFile>& files);

/// The files of train/ that a build without images compiles, `set(training ...)` in `cmake`,
/// include no header of a file of train/ that is not among them. `read` as for line_links().
std::vector<std::string> missing_of_training(
    const SourceFile& cmake, const std::function<std::string(const std::string&)>& read);

bool is_source(const SourceFile& file);
long count_lines(const SourceFile& file);
/// The middle one of the counts; not empty.
long median(std::vector<long> counts);

}  // namespace integrad::testing

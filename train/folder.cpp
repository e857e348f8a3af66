#include "integrad/train/folder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "integrad/tensor/parallel.h"
#include "integrad/train/resize.h"

namespace integrad {

namespace {

namespace fs = std::filesystem;

std::string folder_called(const fs::path& folder) {
  return "folder '" + folder.string() + "'";
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// The pattern for one image, given by its path relative to the folder.
std::string companion(const std::string& pattern, const std::string& image) {
  const fs::path path(image);
  const std::string parent = path.parent_path().generic_string();
  return replaced(replaced(pattern, "{dir}", parent.empty() ? "" : parent + "/"), "{stem}",
                  path.stem().string());
}

bool has_image_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::array<std::string_view, 5> kKnown{".png", ".jpg", ".jpeg", ".pgm", ".ppm"};
  return std::find(kKnown.begin(), kKnown.end(), extension) != kKnown.end();
}

std::vector<std::string> find_images(const fs::path& folder, const FolderOptions& options) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error), end;
  require(!error, folder_called(folder), ": cannot be read: ", error.message());
  while (entry != end) {
    const std::string name = entry->path().lexically_relative(folder).generic_string();
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && has_image_extension(entry->path()) &&
        matches_pattern(options.image_pattern, name))
      found.push_back(name);
    entry.increment(error);
    require(!error, folder_called(folder), ": cannot be read: ", error.message());
  }
  std::set<std::string> companions;
  for (const std::string& image : found)
    for (const std::string* pattern : {&options.mask_pattern, &options.field_of_view_pattern})
      if (const std::string other = companion(*pattern, image); other != image)
        companions.insert(other);
  std::erase_if(found, [&](const std::string& name) { return companions.contains(name); });
  std::sort(found.begin(), found.end());
  require(!found.empty(), folder_called(folder), ": holds no image that fits '",
          options.image_pattern, "'");
  return found;
}

Image load_mask(const fs::path& path, const fs::path& image_path, const Image& image,
                const FolderOptions& options) {
  Image mask = load_image(path, 1, options.limits);
  require(mask.shape() == image.shape().with(3, 1), "mask '", path.string(), "' is ",
          mask.shape().width(), " x ", mask.shape().height(), ", image '", image_path.string(),
          "' ", image.shape().width(), " x ", image.shape().height());
  const int highest = *std::max_element(mask.begin(), mask.end());
  require(highest == 0 || highest > options.mask_threshold, "mask '", path.string(),
          "' holds values up to ", highest, ", none above the mask threshold ",
          options.mask_threshold, "; lower the threshold");
  for (std::uint8_t& v : mask.values()) v = v > options.mask_threshold ? 1 : 0;
  return mask;
}

Sample load_sample(const fs::path& folder, const std::string& name, const FolderOptions& options) {
  const fs::path image_path = folder / name;
  const fs::path mask_path = folder / companion(options.mask_pattern, name);
  const fs::path view_path = folder / companion(options.field_of_view_pattern, name);
  std::error_code ignored;
  require(fs::exists(mask_path, ignored), "image '", image_path.string(), "' has no mask: '",
          mask_path.string(), "' is missing");
  Sample sample;
  sample.name = fs::path(name).replace_extension().generic_string();
  sample.image = load_image(image_path, 3, options.limits);
  sample.mask = load_mask(mask_path, image_path, sample.image, options);
  if (fs::exists(view_path, ignored))
    sample.field_of_view = load_mask(view_path, image_path, sample.image, options);
  else
    sample.field_of_view = Image(sample.mask.shape(), 1);
  if (options.height > 0) {
    sample.image = resize_box(sample.image, options.height, options.width);
    sample.mask = resize_box_mask(sample.mask, options.height, options.width);
    sample.field_of_view = resize_box_mask(sample.field_of_view, options.height, options.width);
  }
  return sample;
}

/// Which of the sorted samples are for testing.
std::vector<bool> choose_test(const std::vector<Sample>& samples, const fs::path& folder,
                              const FolderOptions& options) {
  std::vector<bool> test(samples.size(), false);
  auto mark = [&](const std::string& pattern) {
    bool any = false;
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (matches_pattern(pattern, samples[i].name)) any = test[i] = true;
    return any;
  };
  for (const std::string& pattern : options.test)
    require(mark(pattern), folder_called(folder), ": no image fits the test pattern '", pattern,
            "'");
  if (!options.test.empty()) return test;
  bool by_name = false;
  for (const char* pattern : {"test_*", "test/**", "**/test_*", "**/test/**"})
    by_name |= mark(pattern);
  if (by_name) return test;
  const auto count = static_cast<std::size_t>(
      std::ceil(options.test_fraction * static_cast<double>(samples.size()) - 1e-9));
  std::fill(test.end() - static_cast<std::ptrdiff_t>(count), test.end(), true);
  return test;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  // fits[j]: the pattern so far fits the first j characters. Time is the product of the lengths.
  std::vector<bool> fits(text.size() + 1, false);
  fits[0] = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      const bool any = i + 1 < pattern.size() && pattern[i + 1] == '*';
      if (any) ++i;
      for (std::size_t j = 1; j <= text.size(); ++j)
        fits[j] = fits[j] || (fits[j - 1] && (any || text[j - 1] != '/'));
    } else {
      for (std::size_t j = text.size(); j > 0; --j)
        fits[j] = fits[j - 1] && text[j - 1] == pattern[i];
      fits[0] = false;
    }
  }
  return fits[text.size()];
}

Dataset load_folder(const fs::path& folder, const FolderOptions& options) {
  require((options.height == 0) == (options.width == 0) && options.height >= 0 &&
              options.width >= 0 &&
              std::max(options.height, options.width) <= options.limits.max_side,
          "images are resized to a height and a width of at most ", options.limits.max_side,
          "; got ", options.height, " and ", options.width);
  require(options.test_fraction >= 0 && options.test_fraction <= 1,
          "the test fraction lies in 0..1; got ", options.test_fraction);
  require(options.mask_threshold >= 0 && options.mask_threshold < 255,
          "the mask threshold lies in 0..254; got ", options.mask_threshold);
  const std::vector<std::string> names = find_images(folder, options);
  std::vector<Sample> samples(names.size());
  parallel_chunks(static_cast<Index>(names.size()), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    samples[at] = load_sample(folder, names[at], options);
  });
  const std::vector<bool> test = choose_test(samples, folder, options);
  Dataset dataset;
  for (std::size_t i = 0; i < samples.size(); ++i)
    (test[i] ? dataset.test : dataset.train).push_back(std::move(samples[i]));
  dataset.description = "folder " + folder.filename().string() + ", images " +
                        options.image_pattern + ", masks " + options.mask_pattern;
  return dataset;
}

}  // namespace integrad

#include "integrad/train/decathlon.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"
#include "integrad/train/decathlon_index.h"
#include "integrad/train/nifti.h"
#include "integrad/train/resize.h"

namespace integrad {

namespace {

namespace fs = std::filesystem;

constexpr Index kLargestSlice = 4096;

/// NAME of "NAME.nii" or "NAME.nii.gz"; empty for other files, and for the hidden ones that some
/// archives hold.
std::string volume_name(const fs::path& path) {
  const std::string file = path.filename().string();
  for (const std::string_view ending : {".nii.gz", ".nii"})
    if (file.ends_with(ending) && !file.starts_with("."))
      return file.substr(0, file.size() - ending.size());
  return {};
}

void require_named(const char* what, std::int32_t number,
                   const std::map<std::int32_t, std::string>& names) {
  std::string known;
  for (const auto& [each, name] : names)
    known += (known.empty() ? "" : ", ") + std::to_string(each) + " " + name;
  require(names.empty() || names.contains(number), "there is no ", what, " ", number,
          " in the task's dataset.json; it has ", known);
}

std::vector<fs::path> listed_volumes(const fs::path& folder, const DecathlonIndex& index) {
  std::vector<fs::path> paths;
  for (const std::string& file : index.images) {
    require(!volume_name(file).empty(), "dataset.json in '", folder.string(), "': '", file,
            "' is no .nii or .nii.gz file");
    paths.push_back(folder / "imagesTr" / file);
  }
  std::ranges::sort(paths);
  const auto twice = std::ranges::adjacent_find(paths);
  require(twice == paths.end(), "dataset.json in '", folder.string(), "': '",
          twice == paths.end() ? "" : twice->filename().string(), "' is listed twice");
  return paths;
}

std::vector<fs::path> volumes_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (!volume_name(entry->path()).empty()) found.push_back(entry->path());
  require(!error, "folder '", folder.string(), "': cannot be read: ", error.message());
  require(!found.empty(), "folder '", folder.string(), "': holds no .nii or .nii.gz file");
  std::ranges::sort(found);
  return found;
}

/// A volume's values as bytes: the 1st percentile and below 0, the 99th and above 255.
class Window {
 public:
  Window(const Volume& volume, Index modality) {
    const auto count =
        static_cast<std::size_t>(volume.extents[0] * volume.extents[1] * volume.extents[2]);
    const auto begin = volume.voxels.begin() +
                       static_cast<std::ptrdiff_t>(count) * static_cast<std::ptrdiff_t>(modality);
    std::vector<float> values(begin, begin + static_cast<std::ptrdiff_t>(count));
    const auto percentile = [&](std::size_t percent) {
      const auto place = values.begin() + static_cast<std::ptrdiff_t>((count - 1) * percent / 100);
      std::nth_element(values.begin(), place, values.end());
      return static_cast<double>(*place);
    };
    low_ = percentile(1);
    high_ = percentile(99);
  }
  std::uint8_t operator()(float value) const {
    if (high_ <= low_) return 0;
    const double share = (static_cast<double>(value) - low_) / (high_ - low_);
    return static_cast<std::uint8_t>(std::floor(255 * std::clamp(share, 0.0, 1.0) + 0.5));
  }

 private:
  double low_ = 0, high_ = 0;
};

/// Rows and columns of a slice across an axis, from the voxel's place in it.
struct Cut {
  std::int32_t axis;
  Index height(const Volume& v) const { return v.extents[axis == 2 ? 1 : 2]; }
  Index width(const Volume& v) const { return v.extents[axis == 0 ? 1 : 0]; }
  Index slices(const Volume& v) const { return v.extents[static_cast<std::size_t>(axis)]; }
  float at(const Volume& v, Index slice, Index row, Index column, Index modality) const {
    if (axis == 0) return v.at(slice, column, row, modality);
    if (axis == 1) return v.at(column, slice, row, modality);
    return v.at(column, row, slice, modality);
  }
};

/// Scaled down to fit the square, if need be, and put in its middle.
Image in_square(const Image& slice, Index size, bool mask) {
  const Index height = slice.shape().height(), width = slice.shape().width();
  const Index larger = std::max(height, width);
  const auto fitted = [&](Index side) {
    return larger <= size ? side : std::max<Index>(1, (2 * side * size + larger) / (2 * larger));
  };
  const Index h = fitted(height), w = fitted(width), channels = slice.shape().channels();
  const Image fit = h == height && w == width ? slice
                    : mask                    ? resize_box_mask(slice, h, w)
                                              : resize_box(slice, h, w);
  Image square(Shape{1, size, size, channels});
  for (Index y = 0; y < h; ++y)
    std::copy_n(fit.data() + y * w * channels, w * channels,
                square.data() + ((y + (size - h) / 2) * size + (size - w) / 2) * channels);
  return square;
}

struct LabelledVolume {
  std::string name;
  Volume image, label;
};

LabelledVolume load_volume(const fs::path& path, const fs::path& labels,
                           const DecathlonOptions& options) {
  LabelledVolume volume{volume_name(path), load_nifti(path), {}};
  fs::path label = labels / path.filename();
  std::error_code ignored;
  if (!fs::exists(label, ignored))
    label = labels / (volume.name + (path.extension() == ".gz" ? ".nii" : ".nii.gz"));
  volume.label = load_nifti(label);
  const auto& e = volume.image.extents;
  const auto& l = volume.label.extents;
  require(std::equal(e.begin(), e.begin() + 3, l.begin()) && l[3] == 1, "label '", label.string(),
          "': has ", l[0], " x ", l[1], " x ", l[2], " x ", l[3], " voxels, its image ", e[0],
          " x ", e[1], " x ", e[2]);
  require(options.modality < e[3], "volume '", path.string(), "': has ", e[3],
          " modalities; there is no number ", options.modality);
  for (const float value : volume.label.voxels)
    require(value >= 0 && value == std::floor(value), "label '", label.string(),
            "': labels are whole numbers; one is ", value);
  return volume;
}

/// A volume's slices as bytes, at their own extents: what is kept of it, a fraction of its floats.
struct Slices {
  Index height = 0, width = 0;
  std::vector<Sample> samples;  // grey in one channel; without a field of view
};

Slices slices_of(const LabelledVolume& volume, const DecathlonOptions& options) {
  const Cut cut{options.axis};
  const Window window(volume.image, options.modality);
  Slices slices{cut.height(volume.image), cut.width(volume.image), {}};
  const Shape shape{1, slices.height, slices.width, 1};
  for (Index slice = 0; slice < cut.slices(volume.image); ++slice) {
    Sample sample{volume.name + "/" + std::to_string(slice), Image(shape), Image(shape), {}};
    for (Index y = 0; y < slices.height; ++y)
      for (Index x = 0; x < slices.width; ++x) {
        sample.image(0, y, x, 0) = window(cut.at(volume.image, slice, y, x, options.modality));
        const float label = cut.at(volume.label, slice, y, x, 0);
        sample.mask(0, y, x, 0) =
            options.label == 0 ? label > 0 : label == static_cast<float>(options.label);
      }
    if (!options.foreground_only || std::ranges::count(sample.mask.values(), 1) > 0)
      slices.samples.push_back(std::move(sample));
  }
  return slices;
}

/// The slice in the middle of a square, in three channels.
Sample squared(const Sample& slice, Index size) {
  const Image grey = in_square(slice.image, size, false);
  Sample sample{slice.name, Image(grey.shape().with(3, 3)), in_square(slice.mask, size, true),
                Image(grey.shape(), std::uint8_t{1})};
  for (Index i = 0; i < grey.size(); ++i) std::fill_n(sample.image.data() + 3 * i, 3, grey[i]);
  return sample;
}

/// The volumes' numbers, dealt out by the seed: to train on, and to test on, in ascending order.
struct Parts {
  std::vector<std::size_t> train, test;
};
Parts split(std::size_t volumes, const DecathlonOptions& options) {
  const Random random(options.seed, 0x6465636174686c6e);
  std::vector<std::size_t> order(volumes);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::pair(random.uniform(static_cast<std::uint64_t>(i)), i);
  });
  const std::size_t tested = (volumes + 4) / 5;
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(tested);
  Parts parts{{middle, order.end()}, {order.begin(), middle}};
  if (options.hold_out) {
    const auto quarter = static_cast<std::ptrdiff_t>((parts.train.size() + 3) / 4);
    parts.test.assign(parts.train.begin(), parts.train.begin() + quarter);
    parts.train.erase(parts.train.begin(), parts.train.begin() + quarter);
  }
  std::ranges::sort(parts.train);
  std::ranges::sort(parts.test);
  return parts;
}

}  // namespace

bool is_decathlon(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "imagesTr", ignored) &&
         fs::is_directory(folder / "labelsTr", ignored);
}

Dataset load_decathlon(const fs::path& folder, const DecathlonOptions& options) {
  require(options.axis >= 0 && options.axis <= 2, "slices are cut across axis 0, 1 or 2; got ",
          options.axis);
  require(options.modality >= 0 && options.label >= 0,
          "modality and label are numbers from 0 on; got ", options.modality, " and ",
          options.label);
  require(options.size >= 0 && options.size <= kLargestSlice, "slices have 1 to ", kLargestSlice,
          " pixels a side, or 0 for their own; got ", options.size);
  const std::optional<DecathlonIndex> index = read_decathlon_index(folder);
  if (index.has_value()) {
    require_named("modality", options.modality, index->modalities);
    if (options.label != 0) require_named("label", options.label, index->labels);
  }
  const std::vector<fs::path> paths = index.has_value() && !index->images.empty()
                                          ? listed_volumes(folder, *index)
                                          : volumes_in(folder / "imagesTr");
  const Parts parts = split(paths.size(), options);
  std::vector<std::size_t> wanted = parts.train;
  wanted.insert(wanted.end(), parts.test.begin(), parts.test.end());
  require(!parts.train.empty(), "folder '", folder.string(), "': ", paths.size(),
          " volumes are too few to split");
  std::vector<Slices> volumes(wanted.size());
  parallel_chunks(static_cast<Index>(wanted.size()), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    volumes[at] = slices_of(load_volume(paths[wanted[at]], folder / "labelsTr", options), options);
  });
  Index size = options.size;
  if (size == 0) {
    for (const Slices& volume : volumes) size = std::max({size, volume.height, volume.width});
    size = (size + 31) / 32 * 32;
    require(size <= kLargestSlice, "slices have up to ", size, " pixels a side: give --size");
  }
  Dataset dataset;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    std::vector<Sample>& part = i < parts.train.size() ? dataset.train : dataset.test;
    for (const Sample& slice : volumes[i].samples) part.push_back(squared(slice, size));
    volumes[i] = {};
  }
  const std::string counts = std::to_string(parts.train.size()) + " volumes train, " +
                             std::to_string(parts.test.size()) + " test";
  const std::string side = std::to_string(size);
  const auto named = [&](const std::map<std::int32_t, std::string>& names, std::int32_t number) {
    const auto found = names.find(number);
    return found == names.end() ? std::string() : ", " + found->second;
  };
  const std::string name =
      index.has_value() && !index->name.empty() ? index->name : "in " + folder.filename().string();
  const std::string chosen =
      index.has_value() ? named(index->modalities, options.modality) +
                              (options.label != 0 ? named(index->labels, options.label) : "")
                        : "";
  dataset.description = "Decathlon task " + name + chosen + ", " + counts +
                        (options.hold_out ? " (held out of the training part)" : "") + ", axis " +
                        std::to_string(options.axis) + ", " + side + " x " + side;
  return dataset;
}

}  // namespace integrad

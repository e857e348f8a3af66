#include <algorithm>
#include <iomanip>
#include <iostream>

#include "integrad/cli/data_flags.h"
#include "integrad/train/overlay.h"
#include "integrad/train/scratch_folder.h"
#include "integrad/train/synthetic.h"

namespace integrad::cli {

namespace {

/// Per cent of the pixels that are set, over all samples.
double share(const std::vector<Sample>& samples, const Image Sample::*mask) {
  Index set = 0, pixels = 0;
  for (const Sample& sample : samples) {
    const Image& image = sample.*mask;
    set += image.size() - std::count(image.begin(), image.end(), std::uint8_t{0});
    pixels += image.size();
  }
  return pixels == 0 ? 0 : 100.0 * static_cast<double>(set) / static_cast<double>(pixels);
}

std::string sizes(const std::vector<Sample>& samples) {
  if (samples.empty()) return "-";
  const auto text = [](const Sample& sample) {
    return std::to_string(sample.image.shape().height()) + "x" +
           std::to_string(sample.image.shape().width());
  };
  std::string smallest = text(samples.front());
  for (const Sample& sample : samples)
    if (text(sample) != smallest) return "differing";
  return smallest;
}

class DataSynthetic final : public Command {
 public:
  std::string name() const override { return "data synthetic"; }
  std::string summary() const override { return "Make photographs of artificial retinas"; }
  std::string example() const override {
    return "integrad data synthetic --out photos --size 96 --train 24 --test 8 --seed 1";
  }
  void declare(Options& options) override {
    options.add("--out", out_, "A new or empty folder");
    options.require("--out");
    options.add("--size", size_, "Pixels a side, 32 to 4096");
    options.add("--train", train_, "Images to train on");
    options.add("--test", test_, "Images to test on");
  }
  int run(const Settings& settings) override {
    require_empty_folder(out_, "give --out a new one");
    const Dataset dataset = make_synthetic(settings.seed, size_, train_, test_);
    ScratchFolder scratch(out_);
    write_dataset(scratch.path(), dataset);
    scratch.move_into_target();
    if (!settings.quiet)
      std::cout << dataset.description << "\n  " << dataset.train.size() << " to train on, "
                << dataset.test.size() << " to test on, in " << out_.string() << "\n";
    return 0;
  }

 private:
  std::filesystem::path out_;
  Index size_ = 96, train_ = 24, test_ = 8;
};

class DataShow final : public Command {
 public:
  std::string name() const override { return "data show"; }
  std::string summary() const override { return "Say what a data set holds"; }
  std::string example() const override {
    return "integrad data show --data photos --out sheet.png";
  }
  void declare(Options& options) override {
    data_.declare(options);
    options.add("--out", out_, "Also draw all images and their masks into this PNG file");
  }
  int run(const Settings&) override {
    const Dataset dataset = data_.load();
    std::cout << dataset.description << "\n"
              << "part   images  size        set in mask  in field of view\n";
    const std::pair<const char*, const std::vector<Sample>&> parts[] = {{"train", dataset.train},
                                                                        {"test", dataset.test}};
    for (const auto& [part, samples] : parts)
      std::cout << std::left << std::setw(6) << part << std::right << std::setw(7) << samples.size()
                << "  " << std::left << std::setw(10) << sizes(samples) << std::right << std::fixed
                << std::setprecision(2) << std::setw(11) << share(samples, &Sample::mask) << " %"
                << std::setw(16) << share(samples, &Sample::field_of_view) << " %\n";
    if (!out_.empty()) {
      std::vector<Sample> all = dataset.train;
      all.insert(all.end(), dataset.test.begin(), dataset.test.end());
      save_png(out_, contact_sheet(all));
      std::cout << "drawn in " << out_.string() << "\n";
    }
    return 0;
  }

 private:
  DataFlags data_;
  std::filesystem::path out_;
};

}  // namespace

std::unique_ptr<Command> make_data_synthetic() {
  return std::make_unique<DataSynthetic>();
}
std::unique_ptr<Command> make_data_show() {
  return std::make_unique<DataShow>();
}

}  // namespace integrad::cli

// What models/ holds must be what this program makes of it.
#include <doctest/doctest.h>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/temporary_folder.h"

using namespace integrad;

TEST_CASE("a published model's C and .tflite are what export prints of it today") {
  if (!have_program()) return;
  const std::string published = INTEGRAD_SOURCE_DIR "/models/qsegment-chase";
  const TemporaryFolder folder;
  for (const std::string format : {"c", "tflite"}) {
    CAPTURE(format);
    const std::string fresh = (folder / format).string();
    const ProgramResult exported =
        run_integrad({"export", "--model", published + "/int8.safetensors", "--format", format,
                      "--size", "64", "--out", fresh, "--quiet"});
    INFO(exported.errors);
    REQUIRE(exported.exit_code == 0);
    INFO("integrad export --size 64 renews models/qsegment-chase/" << format);
    CHECK(contents(fresh) == contents(published + "/" + format));
  }
}

TEST_CASE("a published model's card names the weights that are there") {
  if (!have_program()) return;
  for (const std::string name : {"qsegment-chase", "qsegment-chase-8-20"}) {
    const std::string published = INTEGRAD_SOURCE_DIR "/models/" + name;
    const std::string card = content(published + "/README.md");
    for (const char* file : {"float.safetensors", "int8.safetensors"}) {
      const ProgramResult info = run_integrad({"info", "--model", published + "/" + file});
      REQUIRE(info.exit_code == 0);
      std::size_t digests = 0;
      for (std::size_t at = info.out.find("SHA-256 "); at != std::string::npos;
           at = info.out.find("SHA-256 ", at + 1), ++digests) {
        const std::string digest = info.out.substr(at + 8, 64);
        CAPTURE(digest);
        CHECK(card.find("`" + digest + "`") != std::string::npos);
      }
      CHECK(digests > 0);
    }
  }
}
